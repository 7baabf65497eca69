#pragma once
// The connection to a real broker: libmosquitto in a thread of its own. Whatever it hears waits in a bounded queue for
// the device's thread, and nothing that the device's thread calls here waits for the network.
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "btr/hal/hal.h"
#include "btr/host/options.h"

struct mosquitto;

namespace btr::host {

struct LinkEvent {
    enum class Kind : std::uint8_t { connected, disconnected, refused, message, overflow };

    Kind kind;
    std::string topic;
    std::string text;  // the bytes of a message; otherwise why
    bool retained = false;
};

class MqttLink : public Link {
public:
    static constexpr std::size_t kMostWaiting = 64;       // messages for the device; more are dropped, and told
    static constexpr std::size_t kMostBytes = 16 * 1024;  // of one message; the rest is cut off
    static constexpr int kMostUnsent = 256;               // messages of the device

    explicit MqttLink(BrokerOptions broker);
    ~MqttLink() override;
    MqttLink(const MqttLink&) = delete;
    MqttLink& operator=(const MqttLink&) = delete;

    // Connects in the background, and again after every loss. A will without a topic is none. Returns what cannot be,
    // such as certificates that cannot be read.
    std::optional<std::string> start(const Message& will, std::vector<std::string> subscriptions);
    // Sends what is under way, for at most two seconds, and says goodbye, so that the will is not sent.
    void stop();

    // For the device's thread: the next event. The device is connected once it has taken that event.
    std::optional<LinkEvent> next();
    bool is_connected() const override { return is_connected_; }
    bool publish(const Message& message) override;

    // Out: the connection breaks without a goodbye, and does not come back before the cable is in.
    void set_cable(bool is_in) { is_cable_in_ = is_in; }

private:
    struct Callbacks;

    // of the network thread
    void run();
    bool serve();  // one connection, from its start to its end; whether it ever was one
    void say_goodbye();
    void answered(int code);
    void sent();
    void heard(const char* topic, const void* bytes, std::size_t length, bool retained);
    void lose(const char* why);

    BrokerOptions broker_;
    std::vector<std::string> subscriptions_;
    mosquitto* client_;
    std::thread thread_;
    std::mutex mutex_;
    std::deque<LinkEvent> events_;           // under mutex_
    std::atomic<int> unsent_{0};
    std::atomic<bool> is_online_{false};     // as the network thread sees it
    std::atomic<bool> is_connected_{false};  // as the device was told
    std::atomic<bool> is_cable_in_{true};
    std::atomic<bool> is_stopping_{false};
};

}  // namespace btr::host
