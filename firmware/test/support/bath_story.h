#pragma once
// A bath controller on a broker and a time line: what it hears, what it says, what its relays do.
#include <cJSON.h>

#include <optional>
#include <string>
#include <vector>

#include "bath_bench.h"
#include "btr/control/bath_device.h"
#include "cut_store.h"
#include "fixture.h"

namespace btr::test {

class FakeLink final : public Link {
public:
    struct Sent {
        Millis at_ms;
        std::string topic, payload;
        int qos;
        bool retained;
    };
    bool is_connected() const override { return connected; }
    bool publish(const Message& message) override {
        if (!connected || is_full) {
            return false;
        }
        sent.push_back(
            {now_ms, message.topic, std::string(message.payload, message.length), message.qos, message.retained});
        return true;
    }
    std::vector<Sent> sent;
    bool connected = false;
    bool is_full = false;
    Millis now_ms = 0;
};

class FakeClock final : public WallClock {
public:
    std::optional<std::int64_t> utc_s() const override { return now_s; }
    std::optional<std::int64_t> now_s;
};

constexpr const char* kResponse = "compostlab/v2/CP500/response";
constexpr std::int64_t kStoryUtcS = 1775095200;  // 2026-04-02 02:00:00 UTC

// Time moves in steps of 50 ms; the clock is synchronised from the start.
struct BathStory {
    explicit BathStory(bool extensions = true, bool is_new = false)
        : identity{"compostlab/v2", "CP500", "1.0.0", "power_on", "192.0.2.17", extensions}, probes(0) {
        clock.now_s = kStoryUtcS;
        if (!is_new) {
            control::BathConfig config;
            config.settings.setpoint_enabled = true;
            config.settings.target_c = 60.0F;
            config.settings.aeration_enabled = false;
            control::commission(store, config);
        }
        probes.outlets({40.0F});
        probes.set.core.temp_c = 41.0F;
        probes.set.tank.temp_c = 40.2F;  // cold: the heater is on by itself, the pump is not
    }

    void boot(const char* reset_reason = "power_on") {
        identity.reset_reason = reset_reason;
        heater.set(false);
        pump.set(false);
        motor.set(0.0F);
        link.connected = false;
        device.emplace(identity, BathHardware{heater, pump, motor, probes}, store, link, clock);
        booted_ms = now_ms;
        device->begin(now_ms);
    }
    void connect() {
        link.connected = true;
        link.now_ms = now_ms;
        device->on_connected(now_ms);
    }
    void pass(Millis duration_ms) {
        for (const Millis end_ms = now_ms + duration_ms; now_ms < end_ms;) {
            now_ms += 50;
            link.now_ms = now_ms;
            if (clock.now_s) {
                clock.now_s = kStoryUtcS + now_ms / kSecond;
            }
            device->tick(now_ms);
        }
    }
    // A bath at work: connected, every probe judged, the rest of the heater at boot over.
    static constexpr Millis kSettleMs = 35 * kSecond;
    void start() {
        boot();
        connect();
        pass(kSettleMs);
        link.sent.clear();
    }
    void hear(const std::string& payload, bool retained = false, const char* topic = kResponse) {
        device->on_message(now_ms, topic, reinterpret_cast<const std::uint8_t*>(payload.data()), payload.size(),
                           retained);
    }
    void command(const std::string& members) { hear("{\"commands\":[{" + members + "}]}"); }
    void stop() { command(R"("command":"emergency","action":"on")"); }

    std::vector<FakeLink::Sent> sent(const std::string& leaf) const {
        std::vector<FakeLink::Sent> found;
        for (const auto& message : link.sent) {
            if (message.topic == "compostlab/v2/CP500/" + leaf) {
                found.push_back(message);
            }
        }
        return found;
    }
    // "applied", "refused tank_invalid", ... in the order sent; forgets them.
    std::string answers() {
        std::string told;
        for (const auto& message : sent("ack")) {
            cJSON* root = cJSON_Parse(message.payload.c_str());
            const std::string reason = text_of(root, "reason");
            told += (told.empty() ? "" : "; ") + text_of(root, "id") + " " + text_of(root, "result") +
                    (reason.empty() ? "" : " " + reason);
            cJSON_Delete(root);
        }
        link.sent.clear();
        return told;
    }
    // What was sent in answer by the next tick.
    std::string answer_to(const std::string& members) {
        link.sent.clear();
        command(members);
        pass(50);
        return answers();
    }

    control::BathIdentity identity;
    FakeRelay heater, pump;
    FakeMotor motor;
    FakeProbes probes;
    CutStore store;
    FakeLink link;
    FakeClock clock;
    Millis now_ms = 0;
    Millis booted_ms = 0;
    std::optional<control::BathDevice> device;
};

// A member of the last message as compact JSON; empty when it is not there.
inline std::string member(const FakeLink::Sent& message, const char* name) {
    cJSON* root = cJSON_Parse(message.payload.c_str());
    const cJSON* item = get(root, name);
    const std::string text = item ? print(item) : "";
    cJSON_Delete(root);
    return text;
}

// The value of a channel of telemetry as compact JSON.
inline std::string channel(const FakeLink::Sent& message, const std::string& code) {
    cJSON* root = cJSON_Parse(message.payload.c_str());
    const cJSON* one = nullptr;
    std::string text;
    cJSON_ArrayForEach(one, get(root, "channels")) {
        if (text_of(one, "code") == code) {
            text = print(get(one, "value"));
        }
    }
    cJSON_Delete(root);
    return text;
}

}  // namespace btr::test
