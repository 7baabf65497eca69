// Fixed memory: F17, H15.
#include <doctest/doctest.h>

#include <memory>
#include <string_view>

#include "allocations.h"
#include "battery_story.h"
#include "btr/battery/battery_device.h"

using namespace btr;

namespace {

// Takes nothing and keeps nothing.
class NoLink final : public Link {
public:
    bool is_connected() const override { return connected; }
    bool publish(const Message& message) override {
        bytes += message.length;
        return connected;
    }
    bool connected = true;
    std::size_t bytes = 0;
};

class NoStore final : public Store {
public:
    std::size_t read(const char*, std::uint8_t*, std::size_t) override { return 0; }
    bool write(const char*, const std::uint8_t*, std::size_t) override { return false; }
};

class NoClock final : public WallClock {
public:
    std::optional<std::int64_t> utc_s() const override { return std::nullopt; }
};

void hear(battery::BatteryDevice& device, Millis now_ms, const char* topic, std::string_view payload) {
    device.on_message(now_ms, topic, reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size(), false);
}

}  // namespace

TEST_CASE("F17 H15 after set-up a node takes no memory, whatever it reads, hears and misses") {
    NoStore store;
    NoLink link;
    NoClock clock;
    const battery::BatteryIdentity identity{"cell-7", "1.2.0", "power_on", false, true};
    const auto device = std::make_unique<battery::BatteryDevice>(identity, store, link, clock);
    RawBattery raw = test::quiet_readings();
    const int before = test::allocations();
    device->begin(0);
    device->on_connected(0);
    for (Millis now_ms = 0; now_ms < 10 * kMinute; now_ms += 500) {
        link.connected = now_ms < kMinute || now_ms > 8 * kMinute;
        raw.internal_c = now_ms > 5 * kMinute ? 75.0F : 30.0F;
        device->sample(now_ms, raw);
        device->tick(now_ms, now_ms % 7000 < 1000);
        hear(*device, now_ms, "btr/cell-7/statue", R"({"level":"danger","id":"a1","ttl_s":60})");
        hear(*device, now_ms, "btr/cell-7/config", R"({"id":"c1","config":{"smoke_limit":800,"x":[1,2,{"y":"z"}]}})");
        hear(*device, now_ms, "btr/cell-7/statue", "garbage");
    }
    CHECK(test::allocations() == before);
    CHECK(link.bytes > 100000);
}

TEST_CASE("H15 the whole node is one object of known size") {
    // An ESP32-S3 has 512 KiB of RAM; most of the node is five minutes of samples.
    CHECK(sizeof(battery::BatteryDevice) < 80 * 1024);
    CHECK(sizeof(protocol::BatteryTelemetry) <= 104);
    MESSAGE("BatteryDevice: " << sizeof(battery::BatteryDevice)
                              << " bytes, a kept sample: " << sizeof(protocol::BatteryTelemetry));
}
