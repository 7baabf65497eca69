#pragma once
// A battery node on the network: readings, grading, indication, settings and messages in one object without hardware.
// src/battery/main.cpp and host/battery_main.cpp only feed it.
#include <array>
#include <cstddef>
#include <cstdint>

#include "btr/hal/hal.h"

namespace btr::battery {

struct BatteryIdentity {
    const char* id;            // topics are btr/<id>/..., without legacy topics
    const char* firmware;      // version
    const char* reset_reason;  // key: power_on, software, watchdog, brownout, panic, unknown
    bool legacy_topics;        // `sensor` and `statue` without a prefix; no register, availability, ack
    bool extensions;           // false: the original's fields alone
};

class BatteryDevice {
public:
    BatteryDevice(const BatteryIdentity& identity, Store& store, Link& link, const WallClock& clock);
    void begin(Millis now_ms);
    // One sample of all sensors, every 500 ms. Judges, grades, publishes or keeps for later (F20).
    void sample(Millis now_ms, const RawBattery& readings);
    // Buttons, buzzer pattern, pages, expiry of overrides, late messages; every 50 ms or faster.
    const Indication& tick(Millis now_ms, bool button_pressed);
    void on_connected(Millis now_ms);
    void on_message(Millis now_ms, const char* topic, const std::uint8_t* payload, std::size_t length, bool retained);
    // Topics to subscribe to (QoS 1); null where there is none. The last will has an empty topic in legacy mode.
    std::array<const char*, 2> subscriptions() const;
    Message will() const;
};

}  // namespace btr::battery
