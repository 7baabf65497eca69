// What the node says of a sample (protocol 1.1 and 1.3).
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "battery_node.h"

using namespace btr;
using btr::protocol::BatteryChannel;
using btr::protocol::BatteryTelemetry;
using btr::protocol::FixedText;
using btr::protocol::kMostTelemetryBytes;

namespace {

std::string encoded(const BatteryTelemetry& sample, bool extensions) {
    FixedText<kMostTelemetryBytes> text;
    REQUIRE(encode_battery_telemetry(sample, extensions, text));
    return text.c_str();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

BatteryTelemetry documented() {
    BatteryTelemetry sample;
    sample.now_ms = 1234567;
    sample.set(BatteryChannel::temp_ambient_c, 25.5F);
    sample.set(BatteryChannel::temp_internal_c, 32.1F);
    sample.set(BatteryChannel::humidity_percent, 45.2F);
    sample.set(BatteryChannel::mq2_ppm, 15.3F);
    sample.set(BatteryChannel::mq4_ppm, 12.1F);
    sample.set(BatteryChannel::mq8_ppm, 8.5F);
    sample.set(BatteryChannel::mq7_ppm, 22.0F);
    sample.set(BatteryChannel::voc_index, 285.0F);
    sample.set(BatteryChannel::max30105_smoke, 120.0F);
    sample.set(BatteryChannel::max30105_temp_c, 33.5F);
    return sample;
}

}  // namespace

TEST_CASE("without extensions the message is the original's, byte for byte") {
    CHECK(encoded(documented(), false) ==
          R"({"timestamp_ms":1234567,"temp_ambient_c":25.50,"temp_internal_c":32.10,"humidity_percent":45.20,)"
          R"("mq2_ppm":15.3,"mq4_ppm":12.1,"mq8_ppm":8.5,"mq7_ppm":22.0,"voc_index":285.0,)"
          R"("max30105_smoke":120,"max30105_temp_c":33.50,"status":"NORMAL"})");
}

TEST_CASE("with extensions the original's fields come first, unchanged") {
    const std::string original = encoded(documented(), false);
    const std::string ours = encoded(documented(), true);
    CHECK(ours.substr(0, original.size() - 1) == original.substr(0, original.size() - 1));
    CHECK(ours.substr(original.size() - 1) ==
          R"(,"seq":0,"uptime_s":0,"local_status":"NORMAL","override":null,"fault":0,"voc_raw":null,)"
          R"("gas_ready":false,"rate_c_per_s":null,"utc":"unsynced"})");
}

TEST_CASE("H15 the longest message fits into the 512-byte buffer of legacy mode") {
    BatteryTelemetry longest;
    longest.now_ms = 0xFFFFFFFF;
    longest.uptime_s = longest.seq = longest.fault = 0xFFFFFFFF;
    longest.utc_s = 253402300799;  // the end of the year 9999
    longest.status = longest.local_status = battery::Level::warning;
    longest.override_level = battery::Level::warning;
    for (std::size_t channel = 0; channel < protocol::kBatteryChannels; ++channel) {
        longest.set(static_cast<BatteryChannel>(channel), -999999.0F);
    }
    const std::string message = encoded(longest, true);
    CHECK(message.size() <= 511);
    CHECK(message.size() > 470);  // it is the longest indeed
    CHECK(encoded(longest, false).size() <= 511);
}

TEST_CASE("what is no number is null, never nan, and nothing is longer than thought") {
    for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(), 3e38F, 1e6F}) {
        BatteryTelemetry sample = documented();
        sample.set(BatteryChannel::temp_internal_c, value);
        CHECK(has(encoded(sample, true), R"("temp_internal_c":null,)"));
    }
}

TEST_CASE("timestamp_ms wraps where the original's does") {
    BatteryTelemetry sample = documented();
    sample.now_ms = (Millis{1} << 32) + 17;
    CHECK(has(encoded(sample, false), R"({"timestamp_ms":17,)"));
}

TEST_CASE("F20 a node tells sequence, uptime, clock and a bad channel as null with its fault") {
    test::Node node;
    node.stay(10 * kSecond);
    node.raw.internal_c = 988.79F;
    node.clock.now_utc_s = 1767225600;
    node.sample();
    const std::string told = node.link.last("btr/cell-7/sensor");
    CHECK(has(told, R"("temp_internal_c":null,)"));
    CHECK(has(told, R"("fault":2,)"));
    CHECK(has(told, R"("seq":20,"uptime_s":10,)"));
    CHECK(has(told, R"("rate_c_per_s":null,)"));
    CHECK(has(told, R"("utc":1767225600})"));
    CHECK(has(told, R"("gas_ready":false)"));
    CHECK(has(node.link.payloads("btr/cell-7/sensor").front(), R"("utc":"unsynced"})"));
}

TEST_CASE("a node without extensions tells what the sensors say, as the original, and its own grade of it") {
    test::Node node(test::kLegacy);
    node.stay(10 * kSecond);
    node.raw.internal_c = 988.79F;
    node.raw.voc_raw = std::uint16_t{37355};
    node.sample();
    CHECK(has(node.link.last("sensor"), R"("temp_internal_c":988.79,)"));
    CHECK(has(node.link.last("sensor"), R"("voc_index":285.0,)"));
    CHECK(has(node.link.last("sensor"), R"("status":"NORMAL"})"));
    node.raw.internal_c = 75.0F;
    node.stay(3 * kSecond);
    CHECK(has(node.link.last("sensor"), R"("status":"DANGER"})"));
    CHECK(!has(node.link.last("sensor"), "seq"));
}

TEST_CASE("H1 the node's status is its own grade: one channel at 75 degC is DANGER, 95 % humidity is not") {
    test::Node node;
    node.raw.humidity_percent = 95.0F;
    node.stay(kMinute);
    CHECK(has(node.link.last("btr/cell-7/sensor"), R"("status":"NORMAL")"));
    node.raw.internal_c = 75.0F;
    node.stay(3 * kSecond);
    CHECK(has(node.link.last("btr/cell-7/sensor"), R"("status":"DANGER")"));
    CHECK(has(node.link.last("btr/cell-7/sensor"), R"("local_status":"DANGER","override":null)"));
}
