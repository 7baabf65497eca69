#include "btr/esp32/mqtt_link.h"

#include <esp_random.h>

#include <cstring>

namespace btr::esp32 {

using protocol::pack_post;
using protocol::Post;
using protocol::unpack_post;

namespace {

constexpr int kKeepAliveS = 30;
constexpr int kNetworkTimeoutMs = 10000;
constexpr std::uint64_t kOutboxBytes = 24 * 1024;

}  // namespace

bool MqttLink::publish(const Message& message) {
    if (!is_connected_) {
        return false;
    }
    const Post post{message.topic, reinterpret_cast<const std::uint8_t*>(message.payload), message.length, message.qos,
                    message.retained};
    const std::size_t length = pack_post(post, std::strlen(message.topic), packed_);
    return length > 0 && outgoing_.put(packed_.data(), length);
}

bool MqttLink::receive(Post& into) {
    if (incoming_.take(received_.data(), received_.size()) == 0) {
        return false;
    }
    into = unpack_post(received_);
    return true;
}

void MqttLink::begin(const protocol::Provisioning& provisioning, const char* client_id,
                     const std::array<const char*, 2>& topics, const Message& will) {
    using protocol::Item;
    const auto text_or_null = [&provisioning](Item item) {
        return provisioning.is_set(item) ? provisioning.c_str(item) : nullptr;
    };
    const bool has_tls = provisioning.flag(Item::mqtt_tls, false);
    const bool has_will = will.topic != nullptr && will.topic[0] != '\0';
    topics_ = topics;

    esp_mqtt_client_config_t config{};
    config.broker.address.hostname = provisioning.c_str(Item::mqtt_host);
    config.broker.address.transport = has_tls ? MQTT_TRANSPORT_OVER_SSL : MQTT_TRANSPORT_OVER_TCP;
    config.broker.address.port =
        static_cast<std::uint32_t>(provisioning.number(Item::mqtt_port, has_tls ? 8883 : 1883));
    config.broker.verification.certificate = has_tls ? provisioning.certificate().data() : nullptr;
    config.credentials.username = text_or_null(Item::mqtt_user);
    config.credentials.authentication.password = text_or_null(Item::mqtt_password);
    config.credentials.client_id =
        provisioning.is_set(Item::mqtt_client_id) ? provisioning.c_str(Item::mqtt_client_id) : client_id;
    config.session.last_will.topic = has_will ? will.topic : nullptr;
    config.session.last_will.msg = has_will ? will.payload : nullptr;
    config.session.last_will.msg_len = has_will ? static_cast<int>(will.length) : 0;
    config.session.last_will.qos = will.qos;
    config.session.last_will.retain = will.retained ? 1 : 0;
    config.session.keepalive = kKeepAliveS;
    config.network.disable_auto_reconnect = true;  // tick() does it, with a growing pause
    config.network.timeout_ms = kNetworkTimeoutMs;
    config.buffer.size = static_cast<int>(sizeof(protocol::PostBuffer) + 16);
    config.outbox.limit = kOutboxBytes;
    client_ = esp_mqtt_client_init(&config);
    if (client_ != nullptr) {
        esp_mqtt_client_register_event(client_, MQTT_EVENT_ANY, on_event, this);
        esp_mqtt_client_start(client_);
    }
}

void MqttLink::tick(Millis now_ms, bool has_network) {
    if (client_ == nullptr) {
        return;
    }
    if (!is_connected_) {
        // ESP_FAIL while an attempt is still under way.
        if (has_network && pause_.may_try(now_ms) && esp_mqtt_client_reconnect(client_) == ESP_OK) {
            pause_.failed(now_ms, esp_random());
        }
        return;
    }
    pause_.succeeded();
    while (is_sending_ || outgoing_.take(sending_.data(), sending_.size()) > 0) {
        const Post post = unpack_post(sending_);
        is_sending_ = esp_mqtt_client_enqueue(client_, post.topic, reinterpret_cast<const char*>(post.payload),
                                              static_cast<int>(post.length), post.qos, post.is_retained, true) < 0;
        if (is_sending_) {
            return;  // the outbox is full: the same message again, later
        }
    }
}

void MqttLink::on_event(void* link, esp_event_base_t, std::int32_t id, void* event_data) {
    auto& self = *static_cast<MqttLink*>(link);
    const auto& event = *static_cast<const esp_mqtt_event_t*>(event_data);
    if (id == MQTT_EVENT_CONNECTED) {
        for (const char* topic : self.topics_) {
            if (topic != nullptr && topic[0] != '\0') {
                esp_mqtt_client_subscribe_single(event.client, topic, 1);
            }
        }
        self.is_connected_ = true;
        self.is_new_ = true;
    } else if (id == MQTT_EVENT_DISCONNECTED) {
        self.is_connected_ = false;
    } else if (id == MQTT_EVENT_DATA) {
        self.on_data(event);
    }
}

void MqttLink::on_data(const esp_mqtt_event_t& event) {
    // In pieces: longer than any message for this device (F17).
    if (event.topic == nullptr || event.data_len != event.total_data_len) {
        return;
    }
    const Post post{event.topic, reinterpret_cast<const std::uint8_t*>(event.data),
                    static_cast<std::size_t>(event.data_len), event.qos, event.retain};
    const std::size_t length = pack_post(post, static_cast<std::size_t>(event.topic_len), arrived_);
    if (length > 0) {
        incoming_.put(arrived_.data(), length);
    }
}

}  // namespace btr::esp32
