// Random messages and readings, with fixed seeds: nothing crashes, and nothing that is said hides a hard rule.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>

#include "battery_node.h"

using namespace btr;
using battery::Level;
using test::Node;

namespace {

class Chance {
public:
    explicit Chance(unsigned seed) : random_(seed) {}
    int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(random_); }
    bool one_in(int count) { return below(count) == 0; }
    float between(float low, float high) { return std::uniform_real_distribution<float>(low, high)(random_); }

private:
    std::mt19937 random_;
};

const std::string kMessages[] = {
    "normal",
    "warning",
    R"({"level":"normal","ttl_s":60})",
    R"({"level":"normal","id":"a1","expires":4102444800})",
    R"({"id":"c1","config":{"internal_danger_c":80,"rate_danger_c_per_s":1,"rate_warm_c":40,"rate_rise_k":30}})",
    R"({"config":{"smoke_limit":2000,"internal_warning_c":75,"gas_ratio":5}})",
    R"({"config":{"internal_danger_c":40,"internal_warning_c":35}})",
    R"({"config":{"internal_danger_c":1000,"smoke_limit":1e9}})",
};

std::string random_message(Chance& chance) {
    std::string message = kMessages[chance.below(8)];
    if (chance.one_in(2)) {
        return message;
    }
    for (int edits = chance.below(6); edits >= 0; --edits) {
        const auto at = static_cast<std::size_t>(chance.below(static_cast<int>(message.size()) + 1));
        const std::string bytes(1, static_cast<char>(chance.below(256)));
        chance.one_in(2) ? message.insert(at, bytes) : message.replace(at, 1, bytes);
    }
    return message;
}

const char* random_topic(Chance& chance) {
    constexpr const char* kTopics[] = {"btr/cell-7/statue", "btr/cell-7/config", "btr/cell-7/sensor", "statue", ""};
    return kTopics[chance.one_in(10) ? chance.below(5) : chance.below(2)];
}

std::optional<float> random_reading(Chance& chance) {
    constexpr float kOdd[] = {988.79F, -242.02F, 0.0F, 85.0F, 200.0F, 60.0F, 1e30F};
    switch (chance.below(12)) {
        case 0: return std::nullopt;
        case 1: return std::nanf("");
        case 2: return std::numeric_limits<float>::infinity();
        case 3: return kOdd[chance.below(7)];
        default: return chance.between(-60.0F, 260.0F);
    }
}

template <typename T>
std::optional<T> random_count(Chance& chance, int end) {
    return chance.one_in(10) ? std::nullopt : std::optional<T>(static_cast<T>(chance.below(end)));
}

RawBattery random_readings(Chance& chance) {
    RawBattery raw;
    raw.internal_c = random_reading(chance);
    raw.ambient_c = random_reading(chance);
    raw.humidity_percent = random_reading(chance);
    raw.voc_index = random_reading(chance);
    raw.smoke_chip_c = random_reading(chance);
    raw.internal_fault = static_cast<std::uint8_t>(chance.one_in(8) ? chance.below(256) : 0);
    for (auto& adc : raw.gas_adc) {
        adc = random_count<std::uint16_t>(chance, 65536);
    }
    raw.voc_raw = random_count<std::uint16_t>(chance, 65536);
    raw.smoke_ir = random_count<std::uint32_t>(chance, 300000);
    return raw;
}

void chatter(Node& node, Chance& chance) {
    for (int messages = chance.below(4); messages > 0; --messages) {
        node.hear(random_topic(chance), random_message(chance), chance.one_in(20));
    }
    node.link.connected = !chance.one_in(10);
    node.link.takes = !chance.one_in(10);
    if (chance.one_in(50)) {
        node.device.on_connected(node.now_ms);
    }
    if (node.link.sent.size() > 50) {
        node.link.sent.clear();
    }
}

bool is_printable(const Indication& shown) {
    for (const auto& line : shown.lines) {
        const std::string text = line.data();
        for (const char character : text) {
            if (character < ' ' || character > '~') {
                return false;
            }
        }
    }
    return true;
}

}  // namespace

TEST_CASE("H15 thousands of random messages and readings: no crash, no nan, nothing longer than its buffer") {
    Chance chance(42);
    Node node;
    std::size_t sent = 0;
    for (int step = 0; step < 6000; ++step) {
        node.raw = random_readings(chance);
        chatter(node, chance);
        node.is_pressed = chance.one_in(5);
        node.sample();
        CHECK(is_printable(node.shown));
        for (const test::Sent& message : node.link.sent) {
            const bool is_register = message.topic == "btr/cell-7/register";
            CHECK(message.payload.size() < (is_register ? 1024U : 512U));
            CHECK(message.payload.find("nan") == std::string::npos);
            CHECK(message.payload.find("inf") == std::string::npos);
        }
        sent += node.link.sent.size();
        node.link.sent.clear();
    }
    CHECK(sent > 6000);
    CHECK(node.device.inbox().total() > 1000);
    CHECK(node.device.settings().internal_danger_c <= 80.0F);
}

TEST_CASE("F3 H3 whatever was read before and whatever is said, a hard rule's pattern ends in DANGER") {
    for (unsigned seed = 0; seed < 1500; ++seed) {
        Chance chance(seed);
        Node node(test::kOurs, seed % 2 == 0 ? 0 : (Millis{1} << 32) - 10 * kSecond);
        const auto sample = [&] {
            chatter(node, chance);
            node.sample();
        };
        for (int before = chance.below(40); before > 0; --before) {
            node.raw = random_readings(chance);
            sample();
        }
        const int pattern = chance.below(4);
        node.raw.internal_fault = 0;
        // The pattern at what the caps leave of the rule: 80 degC, 1 degC/s above 40 degC, a count of 2000.
        if (pattern == 0) {
            const float hot_c = chance.between(80.0F, 200.0F);
            for (int step = 0; step < 10; ++step) {
                node.raw.internal_c = hot_c;
                sample();
            }
        } else if (pattern == 1) {
            for (int step = 0; step < 10; ++step) {
                node.raw.internal_c = chance.between(80.0F, 850.0F);
                sample();
            }
        } else if (pattern == 2) {
            for (int step = 0; step < 30; ++step) {
                node.raw.internal_c = 40.5F;
                sample();
            }
            const float rate_c_per_s = chance.between(1.02F, 20.0F);
            for (int step = 0; step < 12; ++step) {
                *node.raw.internal_c += 0.5F * rate_c_per_s;
                sample();
            }
        } else {
            node.raw.smoke_ir = 2001U + static_cast<std::uint32_t>(chance.below(200000));
            for (int step = 0; step < 5; ++step) {
                sample();
            }
        }
        CAPTURE(seed);
        CAPTURE(pattern);
        CHECK(node.device.shown() == Level::danger);
        CHECK(node.shown.light.red == 255);
        node.link.connected = node.link.takes = true;
        node.order("normal");
        node.sample();
        CHECK(node.link.last("btr/cell-7/sensor").find(R"("status":"DANGER")") != std::string::npos);
    }
}
