#pragma once
// A whole battery node between a scripted broker, clock and store.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "battery_story.h"
#include "btr/battery/battery_device.h"
#include "cut_store.h"

namespace btr::test {

struct Sent {
    std::string topic, payload;
    int qos;
    bool retained;
};

class LinkLog final : public Link {
public:
    bool is_connected() const override { return connected; }
    bool publish(const Message& message) override {
        if (!connected || !takes) {
            return false;
        }
        sent.push_back({message.topic, std::string(message.payload, message.length), message.qos, message.retained});
        return true;
    }
    // What was sent to a topic, oldest first.
    std::vector<std::string> payloads(std::string_view topic) const {
        std::vector<std::string> found;
        for (const Sent& message : sent) {
            if (message.topic == topic) {
                found.push_back(message.payload);
            }
        }
        return found;
    }
    std::string last(std::string_view topic) const {
        const std::vector<std::string> found = payloads(topic);
        return found.empty() ? std::string() : found.back();
    }

    bool connected = true;
    bool takes = true;
    std::vector<Sent> sent;
};

class SetClock final : public WallClock {
public:
    std::optional<std::int64_t> utc_s() const override { return now_utc_s; }
    std::optional<std::int64_t> now_utc_s;
};

constexpr battery::BatteryIdentity kOurs{"cell-7", "1.2.0", "power_on", false, true};
constexpr battery::BatteryIdentity kLegacy{"cell-7", "1.2.0", "power_on", true, false};

// Samples every 500 ms and ticks every 50 ms, on its own time.
class Node {
public:
    explicit Node(const battery::BatteryIdentity& identity = kOurs, Millis start_ms = 0)
        : device(identity, store, link, clock), now_ms(start_ms), started_ms(start_ms) {
        device.begin(start_ms);
    }

    // One sample and the ten ticks that follow it.
    void sample() {
        device.sample(now_ms, raw);
        for (int tick = 0; tick < 10; ++tick) {
            shown = device.tick(now_ms, is_pressed);
            buzzed += shown.buzzer ? 1 : 0;
            now_ms += 50;
        }
    }
    void stay(Millis span_ms) {
        for (const Millis until_ms = now_ms + span_ms; now_ms < until_ms;) {
            sample();
        }
    }
    void press(Millis span_ms) {
        is_pressed = true;
        stay(span_ms);
        is_pressed = false;
        stay(battery::kSamplePeriodMs);
    }
    void hear(std::string_view topic, std::string_view payload, bool retained = false) {
        device.on_message(now_ms, std::string(topic).c_str(), reinterpret_cast<const std::uint8_t*>(payload.data()),
                          payload.size(), retained);
    }
    void order(std::string_view payload) { hear("btr/cell-7/statue", payload); }
    void configure(std::string_view payload) { hear("btr/cell-7/config", payload); }
    std::string line(std::size_t index) const { return shown.lines[index].data(); }

    CutStore store;
    LinkLog link;
    SetClock clock;
    battery::BatteryDevice device;
    RawBattery raw = quiet_readings();
    Indication shown;
    Millis now_ms;
    Millis started_ms;
    bool is_pressed = false;
    int buzzed = 0;  // ticks with the buzzer on
};

}  // namespace btr::test
