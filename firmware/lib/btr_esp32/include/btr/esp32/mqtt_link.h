#pragma once
// esp-mqtt behind two mailboxes. Every call of esp-mqtt may block for as long as a connection attempt lasts, since its
// task holds the lock meanwhile (mqtt_client.c, esp_mqtt_task): so the control task only ever touches the mailboxes.
#include <mqtt_client.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "btr/esp32/mailbox.h"
#include "btr/hal/hal.h"
#include "btr/protocol/post.h"
#include "btr/protocol/provisioning.h"
#include "btr/sched/backoff.h"

namespace btr::esp32 {

class MqttLink final : public Link {
public:
    // Of the control task.
    bool is_connected() const override { return is_connected_; }
    bool publish(const Message& message) override;
    // Whether the broker has been reached since the last call.
    bool has_connected() { return is_new_.exchange(false); }
    // The next message, valid until the next call; false when there is none.
    bool receive(protocol::Post& into);

    // Of the post task, which may be held up for seconds. Provisioning, topics and last will have to live on.
    void begin(const protocol::Provisioning& provisioning, const char* client_id,
               const std::array<const char*, 2>& topics, const Message& will);
    // Connects again when it is time to, and hands on what was published.
    void tick(Millis now_ms, bool has_network);

private:
    static void on_event(void* link, esp_event_base_t base, std::int32_t id, void* event);
    void on_data(const esp_mqtt_event_t& event);

    esp_mqtt_client_handle_t client_ = nullptr;
    std::array<const char*, 2> topics_{};
    std::atomic<bool> is_connected_{false};
    std::atomic<bool> is_new_{false};
    sched::Backoff pause_{2 * kSecond, 2 * kMinute};

    Mailbox<16 * 1024> outgoing_;
    Mailbox<8 * 1024> incoming_;
    protocol::PostBuffer packed_;    // of the control task
    protocol::PostBuffer received_;  // of the control task
    protocol::PostBuffer arrived_;   // of the task of esp-mqtt
    protocol::PostBuffer sending_;   // of the post task
    bool is_sending_ = false;
};

}  // namespace btr::esp32
