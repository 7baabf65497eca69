// The golden messages that both ends agree on: what is published, byte for byte, and what the integration sends.
#include <doctest/doctest.h>

#include <string>

#include "battery_node.h"
#include "fixture.h"

using namespace btr;
using test::get;
using test::Node;
using test::text_of;

namespace {

std::optional<float> number_of(const cJSON* object, const char* name) {
    const cJSON* item = get(object, name);
    return cJSON_IsNumber(item) ? std::optional(static_cast<float>(item->valuedouble)) : std::nullopt;
}

template <typename T>
std::optional<T> whole_of(const cJSON* item) {
    return cJSON_IsNumber(item) ? std::optional(static_cast<T>(item->valuedouble)) : std::nullopt;
}

RawBattery readings_of(const cJSON* object) {
    RawBattery raw;
    raw.ambient_c = number_of(object, "ambient_c");
    raw.humidity_percent = number_of(object, "humidity_percent");
    raw.internal_c = number_of(object, "internal_c");
    raw.internal_fault = whole_of<std::uint8_t>(get(object, "internal_fault")).value_or(0);
    for (std::size_t channel = 0; channel < kGasChannels; ++channel) {
        raw.gas_adc[channel] =
            whole_of<std::uint16_t>(cJSON_GetArrayItem(get(object, "gas_adc"), static_cast<int>(channel)));
    }
    raw.voc_raw = whole_of<std::uint16_t>(get(object, "voc_raw"));
    raw.voc_index = number_of(object, "voc_index");
    raw.smoke_ir = whole_of<std::uint32_t>(get(object, "smoke_ir"));
    raw.smoke_chip_c = number_of(object, "smoke_chip_c");
    return raw;
}

// Does what the case tells, and compares what the last step sent.
void play(const cJSON* test_case) {
    const battery::BatteryIdentity identity{"cell-7", "1.2.0", "watchdog", cJSON_IsTrue(get(test_case, "legacy")) != 0,
                                            cJSON_IsFalse(get(test_case, "extensions")) == 0};
    Node node(identity, whole_of<Millis>(get(test_case, "boot_ms")).value_or(0));
    const cJSON* step = nullptr;
    cJSON_ArrayForEach(step, get(test_case, "steps")) {
        node.link.sent.clear();
        node.clock.now_utc_s = whole_of<std::int64_t>(get(step, "utc_s"));
        node.now_ms = node.started_ms + whole_of<Millis>(get(step, "up_ms")).value_or(0);
        if (const cJSON* readings = get(step, "readings")) {
            for (int left = whole_of<int>(get(step, "times")).value_or(1); left > 0; --left) {
                node.link.sent.clear();
                node.device.sample(node.now_ms, readings_of(readings));
                node.now_ms += battery::kSamplePeriodMs;
            }
        } else if (get(step, "payload") != nullptr) {
            node.hear(text_of(step, "topic"), text_of(step, "payload"));
        } else {
            node.link.connected = cJSON_IsFalse(get(step, "connected")) == 0;
            if (node.link.connected) {
                node.device.on_connected(node.now_ms);
            }
        }
    }
    const cJSON* expected = get(test_case, "sent");
    REQUIRE(node.link.sent.size() == static_cast<std::size_t>(cJSON_GetArraySize(expected)));
    std::size_t index = 0;
    const cJSON* message = nullptr;
    cJSON_ArrayForEach(message, expected) {
        const test::Sent& sent = node.link.sent[index++];
        CHECK(sent.topic == text_of(message, "topic"));
        CHECK(sent.payload == text_of(message, "payload"));
        CHECK(sent.retained == (cJSON_IsTrue(get(message, "retained")) != 0));
    }
}

}  // namespace

TEST_CASE("the node publishes the golden messages, byte for byte") {
    const test::Fixture golden("protocol/device_battery.json");
    REQUIRE(golden.root() != nullptr);
    int cases = 0;
    const cJSON* test_case = nullptr;
    cJSON_ArrayForEach(test_case, golden.list("cases")) {
        CAPTURE(text_of(test_case, "name"));
        play(test_case);
        ++cases;
    }
    CHECK(cases >= 10);
}

TEST_CASE("every correction that the integration sends is understood") {
    const test::Fixture encoded("protocol/encode.json");
    REQUIRE(encoded.root() != nullptr);
    int understood = 0;
    const cJSON* test_case = nullptr;
    cJSON_ArrayForEach(test_case, encoded.list("cases")) {
        const cJSON* publish = get(test_case, "publish");
        if (text_of(test_case, "encoder") != "correction" || publish == nullptr) {
            continue;
        }
        const std::string topic = text_of(publish, "topic");
        const battery::BatteryIdentity identity{"cell-7", "1.2.0", "power_on", topic == "statue", true};
        Node node(identity);
        node.sample();
        node.order("danger");
        node.hear("statue", "danger");
        node.hear(topic, text_of(publish, "payload"));
        CAPTURE(topic);
        CHECK(protocol::key_of(node.device.shown()) == text_of(get(test_case, "args"), "level"));
        CHECK(node.device.inbox().total() == 1);  // the order for the other kind of topic
        ++understood;
    }
    CHECK(understood >= 3);
}
