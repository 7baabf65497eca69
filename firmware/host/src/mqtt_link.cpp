#include "btr/host/mqtt_link.h"

#include <mosquitto.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "btr/host/pace.h"
#include "btr/sched/backoff.h"

namespace btr::host {

namespace {

constexpr int kKeepaliveS = 15;
constexpr int kLoopMs = 50;
constexpr auto kIdle = std::chrono::milliseconds(20);
constexpr Millis kFirstRetryMs = kSecond;
constexpr Millis kLongestRetryMs = 5 * kSecond;
constexpr Millis kConnectMs = 10 * kSecond;
constexpr Millis kFlushMs = 2 * kSecond;
constexpr Millis kGoodbyeMs = kSecond;

}  // namespace

// What libmosquitto calls, always in the network thread.
struct MqttLink::Callbacks {
    static MqttLink& link(void* self) { return *static_cast<MqttLink*>(self); }
    static void on_connect(mosquitto*, void* self, int code) { link(self).answered(code); }
    static void on_publish(mosquitto*, void* self, int) { link(self).sent(); }
    static void on_message(mosquitto*, void* self, const mosquitto_message* message) {
        const auto length = static_cast<std::size_t>(message->payloadlen);
        link(self).heard(message->topic, message->payload, length, message->retain);
    }
};

MqttLink::MqttLink(BrokerOptions broker) : broker_(std::move(broker)) {
    mosquitto_lib_init();
    client_ = mosquitto_new(broker_.client_id.c_str(), true, this);
    // its own thread calls the loop, so publishing must wake that and never write by itself
    mosquitto_threaded_set(client_, true);
    mosquitto_connect_callback_set(client_, Callbacks::on_connect);
    mosquitto_publish_callback_set(client_, Callbacks::on_publish);
    mosquitto_message_callback_set(client_, Callbacks::on_message);
}

MqttLink::~MqttLink() {
    stop();
    mosquitto_destroy(client_);
    mosquitto_lib_cleanup();
}

std::optional<std::string> MqttLink::start(const Message& will, std::vector<std::string> subscriptions) {
    subscriptions_ = std::move(subscriptions);
    if (!broker_.user.empty()) {
        const char* password = broker_.password.empty() ? nullptr : broker_.password.c_str();
        mosquitto_username_pw_set(client_, broker_.user.c_str(), password);
    }
    if (!broker_.ca_file.empty()) {
        const char* file = broker_.ca_file.c_str();
        if (mosquitto_tls_set(client_, file, nullptr, nullptr, nullptr, nullptr) != MOSQ_ERR_SUCCESS) {
            return broker_.ca_file + ": the certificates cannot be read";
        }
    }
    if (will.topic != nullptr && will.topic[0] != '\0') {
        mosquitto_will_set(client_, will.topic, static_cast<int>(will.length), will.payload, will.qos, will.retained);
    }
    thread_ = std::thread(&MqttLink::run, this);
    return std::nullopt;
}

void MqttLink::stop() {
    if (!thread_.joinable()) return;
    const Pace clock(1.0);
    while (is_connected_ && unsent_ > 0 && clock.now_ms() < kFlushMs) std::this_thread::sleep_for(kIdle);
    is_stopping_ = true;
    thread_.join();
    is_connected_ = false;
}

std::optional<LinkEvent> MqttLink::next() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (events_.empty()) return std::nullopt;
    LinkEvent event = std::move(events_.front());
    events_.pop_front();
    if (event.kind == LinkEvent::Kind::connected) is_connected_ = is_online_.load();
    if (event.kind == LinkEvent::Kind::disconnected) is_connected_ = false;
    return event;
}

bool MqttLink::publish(const Message& message) {
    if (!is_connected_ || unsent_ >= kMostUnsent) return false;
    ++unsent_;
    const int result = mosquitto_publish(client_, nullptr, message.topic, static_cast<int>(message.length),
                                         message.payload, message.qos, message.retained);
    if (result != MOSQ_ERR_SUCCESS) --unsent_;
    return result == MOSQ_ERR_SUCCESS;
}

void MqttLink::run() {
    const Pace clock(1.0);
    sched::Backoff backoff(kFirstRetryMs, kLongestRetryMs);
    std::random_device random;
    while (!is_stopping_) {
        if (!is_cable_in_ || !backoff.may_try(clock.now_ms())) {
            std::this_thread::sleep_for(kIdle);
            continue;
        }
        if (serve()) backoff.succeeded();
        backoff.failed(clock.now_ms(), random());
    }
}

bool MqttLink::serve() {
    const Pace clock(1.0);
    int result = mosquitto_connect_async(client_, broker_.host.c_str(), broker_.port, kKeepaliveS);
    while (result == MOSQ_ERR_SUCCESS && !is_stopping_) {
        const bool is_too_slow = !is_online_ && clock.now_ms() > kConnectMs;
        if (!is_cable_in_ || is_too_slow) shutdown(mosquitto_socket(client_), SHUT_RDWR);
        result = mosquitto_loop(client_, kLoopMs, 1);
    }
    const bool was_online = is_online_;
    if (result == MOSQ_ERR_SUCCESS) {
        say_goodbye();
    } else {
        lose(mosquitto_strerror(result));
    }
    return was_online;
}

void MqttLink::say_goodbye() {
    const Pace clock(1.0);
    mosquitto_disconnect(client_);
    while (clock.now_ms() < kGoodbyeMs && mosquitto_loop(client_, kLoopMs, 1) == MOSQ_ERR_SUCCESS) {
    }
}

void MqttLink::answered(int code) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (code != 0) {
        events_.push_back({LinkEvent::Kind::refused, "", mosquitto_connack_string(code)});
        return;
    }
    for (const std::string& topic : subscriptions_) mosquitto_subscribe(client_, nullptr, topic.c_str(), 1);
    is_online_ = true;
    events_.push_back({LinkEvent::Kind::connected, "", ""});
}

void MqttLink::sent() {
    // a message from before a loss may be confirmed after it, when it is not counted any more
    if (unsent_ > 0) --unsent_;
}

void MqttLink::heard(const char* topic, const void* bytes, std::size_t length, bool retained) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (events_.size() > kMostWaiting) return;
    if (events_.size() == kMostWaiting) {
        events_.push_back({LinkEvent::Kind::overflow, "", "messages came faster than the device takes them"});
        return;
    }
    const std::string text(static_cast<const char*>(bytes), std::min(length, kMostBytes));
    events_.push_back({LinkEvent::Kind::message, topic, text, retained});
}

void MqttLink::lose(const char* why) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool was_online = is_online_.exchange(false);
    is_connected_ = false;
    unsent_ = 0;
    if (was_online) events_.push_back({LinkEvent::Kind::disconnected, "", why});
}

}  // namespace btr::host
