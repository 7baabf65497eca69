#pragma once
// What both devices have in common around their logic: what they were told, and the way to the network.
#include <array>
#include <atomic>

#include "btr/esp32/clock.h"
#include "btr/esp32/mqtt_link.h"
#include "btr/esp32/nvs_store.h"
#include "btr/esp32/serial_console.h"
#include "btr/esp32/stored_provisioning.h"
#include "btr/esp32/system.h"
#include "btr/esp32/updates.h"
#include "btr/esp32/wifi.h"

namespace btr::esp32 {

class Node {
public:
    explicit Node(Commission commission);

    Store& store() { return store_; }
    MqttLink& link() { return link_; }
    const WallClock& clock() const { return clock_; }
    const protocol::Provisioning& told() const { return told_; }
    const char* id() const { return id_.c_str(); }
    const char* ip_address() const { return wifi_.ip_address(); }
    // Before start(); asked before those that were provisioned.
    void add_time_server(std::string_view host) { clock_.add_server(host); }
    void remember(const protocol::ProbeRoles& roles);

    // Starts the network task and the post task. Topics and last will have to live on.
    void start(const std::array<const char*, 2>& topics, const Message& will);
    // Hands the device what the network has for it.
    template <typename Device>
    void deliver(Millis now_ms, Device& device) {
        if (link_.has_connected()) {
            device.on_connected(now_ms);
        }
        protocol::Post post;
        while (link_.receive(post)) {
            device.on_message(now_ms, post.topic, post.payload, post.length, post.is_retained);
        }
    }
    // For the trial of a new firmware.
    void note_sensors(bool do_answer) { sensors_answer_ = do_answer; }

private:
    static void network_task(void* node);
    static void post_task(void* node);

    NvsStore store_;
    StoredProvisioning stored_{store_};
    protocol::Provisioning told_;   // at boot; what esp-mqtt, lwIP and the radio point into
    protocol::Provisioning draft_;  // what the console changes
    protocol::FixedText<32> id_;
    NtpClock clock_;
    MqttLink link_;
    Wifi wifi_;
    Updates updates_;
    SerialConsole console_;
    std::atomic<bool> sensors_answer_{false};
    std::array<const char*, 2> topics_{};
    Message will_{};
};

}  // namespace btr::esp32
