#pragma once
// A bath controller on the network: settings, messages, stored state and BathControl in one object without hardware.
// src/bath/main.cpp and host/bath_main.cpp only feed it.
#include <cstddef>
#include <cstdint>

#include "btr/hal/hal.h"

namespace btr::control {

struct BathIdentity {
    const char* root;          // topic root, "compostlab/v2"
    const char* code;          // device code
    const char* firmware;      // version
    const char* reset_reason;  // key: power_on, software, watchdog, brownout, panic, unknown
    const char* ip_address;    // at connect; "0.0.0.0" without network
    bool extensions;           // false: the original protocol to the letter
};

class BathDevice {
public:
    BathDevice(const BathIdentity& identity, const BathHardware& hardware, Store& store, Link& link,
               const WallClock& clock);
    // Reads the store and starts with outputs off. `boots_by_watchdog`: how many of the last resets within 10 min were
    // the watchdog's (F14).
    void begin(Millis now_ms);
    // Control, safety, publishing; call every 50 ms or faster.
    void tick(Millis now_ms);
    void on_connected(Millis now_ms);
    // Any bytes. `retained` commands are ignored and counted.
    void on_message(Millis now_ms, const char* topic, const std::uint8_t* payload, std::size_t length, bool retained);
    // What to subscribe to (QoS 1), and the last will; both live as long as the device.
    const char* command_topic() const;
    Message will() const;
};

}  // namespace btr::control
