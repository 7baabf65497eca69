#pragma once
// A bath controller on the network: settings, messages, stored state and BathControl in one object without hardware.
// src/bath/main.cpp and host/bath_main.cpp only feed it.
//
// Without extensions it sends what the original sends and hears what the original hears. Where safety demands it, it
// then still does otherwise:
//   - `on` without a duration, or with a longer one, holds for the longest lease, not for ever (H11);
//   - settings are refused as a whole when one is wrong, and applied without a restart, which the register then tells
//     as after one (H12, F15); beyond the compiled-in caps, and for `wifi` and `mqtt`, they are refused (H13, S4);
//   - the stop, latched faults and the learned boost survive a reset and a change of settings (H9, F12);
//   - retained, oversized and too many messages are ignored (F17); `id`, `expires` and `hold_off` are understood.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/control/bath_control.h"
#include "btr/control/bath_desk.h"
#include "btr/control/bath_keeper.h"
#include "btr/control/bath_reporter.h"
#include "btr/control/settings_codec.h"
#include "btr/hal/hal.h"
#include "btr/sched/reset_guard.h"
#include "btr/sched/timer.h"

namespace btr::control {

// The texts live as long as the device; what ip_address points to may change while it is not connected.
struct BathIdentity {
    const char* root;          // topic root, "compostlab/v2"; with the code at most 100 bytes
    const char* code;          // device code
    const char* firmware;      // version
    const char* reset_reason;  // key: power_on, software, watchdog, brownout, panic, unknown
    const char* ip_address;    // at connect; "0.0.0.0" without network
    bool extensions;           // false: the original protocol
};

class BathDevice {
public:
    // Without the link for that long, what is on by hand is switched off and back to automatic control (F10).
    static constexpr Millis kLinkGraceMs = 30 * kSecond;
    // How long the register waits for the clock: one without the time reads like one of a device that booted offline.
    static constexpr Millis kClockGraceMs = 20 * kSecond;

    BathDevice(const BathIdentity& identity, const BathHardware& hardware, Store& store, Link& link,
               const WallClock& clock);
    BathDevice(const BathDevice&) = delete;
    BathDevice& operator=(const BathDevice&) = delete;

    // Reads the store and starts with outputs off; in safe mode after three resets by the watchdog (F14). Once, before
    // anything else. What is not in the store counts as stopped (F12) and without settings (F15): see commission().
    void begin(Millis now_ms);
    // Control, safety, publishing; call every 50 ms or faster.
    void tick(Millis now_ms);
    void on_connected(Millis now_ms);
    // Any bytes. `retained` commands are ignored and counted.
    void on_message(Millis now_ms, const char* topic, const std::uint8_t* payload, std::size_t length, bool retained);
    // What to subscribe to (QoS 1), and the last will; both live as long as the device. Empty topics where there is
    // none: no will without extensions, nothing at all with a code that is too long.
    const char* command_topic() const { return topic(Leaf::response); }
    Message will() const;

    // From here on after begin() only.
    const BathView& view() const { return control_->view(); }
    const BathSettings& settings() const { return control_->settings(); }
    const TimeServers& time_servers() const { return config_.time_servers; }
    const protocol::Inbox& inbox() const { return desk_->inbox(); }
    std::size_t kept() const { return reporter_.kept(); }

private:
    enum class Leaf : std::size_t { telemetry, registration, availability, ack, response };
    static constexpr std::size_t kLeaves = 5;
    static constexpr std::size_t kMostTopicBytes = 128;

    const char* topic(Leaf leaf) const { return topics_[static_cast<std::size_t>(leaf)].c_str(); }
    void watch_link(Millis now_ms);
    void send(Millis now_ms, std::optional<std::int64_t> utc_s);
    bool send_online();
    bool send_register(Millis now_ms, std::optional<std::int64_t> utc_s);
    void send_answers(Millis now_ms);

    BathIdentity identity_;
    BathHardware hardware_;
    Link& link_;
    const WallClock& clock_;
    std::array<protocol::FixedText<kMostTopicBytes>, kLeaves> topics_;
    sched::ResetGuard guard_;
    BathKeeper keeper_;
    BathReporter reporter_;
    BathConfig config_;
    std::optional<BathControl> control_;
    std::optional<BathDesk> desk_;
    sched::Timer without_link_;
    sched::Timer register_due_;
    bool must_say_online_ = false;
    bool has_connected_ = false;
    bool registered_without_clock_ = false;
};

// The defaults, but for a target at which nothing heats: nobody has chosen one yet. What a new bath begins with, and
// what changes are merged into when the settings are lost: the first one ends that fault, whatever it is about, and
// must not heat a bath of 37 degC to the original's 65.
BathConfig without_heat();

// What provisioning on the spot does, and no message can: writes first settings and a stop that is released. Returns
// whether a reset would find both.
bool commission(Store& store, const BathConfig& config);

}  // namespace btr::control
