#pragma once
// The vocabulary of one bath: outputs, reasons, faults, and what may be seen and kept of it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/hal.h"
#include "btr/hal/time.h"

namespace btr::control {

enum Output : std::size_t { kHeater, kPump, kAeration, kOutputs };

enum class Action : std::uint8_t { on, off, automatic, hold_off };

// Why the outputs are as they are; the key that telemetry carries in `reason`, most urgent first.
enum class Reason : std::uint8_t {
    emergency,
    safe_mode,        // three watchdog resets (F14), or settings missing or bad (F15)
    fault_latched,    // heating without gain, relay stuck (F8, F9)
    bath_over_limit,
    bath_invalid,
    tank_invalid,
    tank_over_limit,
    gap_too_wide,
    heater_max_on,    // F10: longest time without a pause
    manual,
    core_invalid,     // n-curve without a core probe
    switched_off,     // automatic control is off
    heating,
    preheating,
    pumping,
    satisfied,
    guard,            // a wish waits for the heater's minimum on or off time
};
const char* key_of(Reason reason);

// What automatic control goes by; the key that telemetry carries in `mode`.
enum class Mode : std::uint8_t { setpoint, n_curve, off };
const char* key_of(Mode mode);

// Bit set of telemetry's `faults`; a bit keeps its meaning for ever.
enum Fault : std::uint32_t {
    kFaultCoreProbe = 1U << 0,
    kFaultTankProbe = 1U << 1,
    kFaultOutletProbe = 1U << 2,      // one or more outlets bad
    kFaultOutletsDisagree = 1U << 3,  // F7
    kFaultNoGain = 1U << 4,           // F8, latched
    kFaultRelayStuck = 1U << 5,       // F9, latched
    kFaultHeaterMaxOn = 1U << 6,
    kFaultSettings = 1U << 7,         // defaults in use with outputs off
    kFaultSafeMode = 1U << 8,
    kFaultStore = 1U << 9,            // the store does not take what must survive
};

enum class Refusal : std::uint8_t {
    none,
    emergency,
    tank_invalid,
    tank_over_limit,
    bath_invalid,
    bath_over_limit,
    fault_latched,
    heater_needs_pause,
    safe_mode,
    not_stored,  // an emergency release that cannot be written stays engaged
};
const char* key_of(Refusal refusal);

// A probe as judged: the value only if it may be used (F5).
struct JudgedProbe {
    std::optional<float> temp_c;  // used by control
    float raw_c = 0.0F;           // as read, for the record; 0 before the first sample
    bool present = false;
};

struct BathView {  // everything that telemetry tells; one consistent moment
    JudgedProbe core;
    JudgedProbe tank;
    std::array<JudgedProbe, kMaxOutlets> outlets;
    std::size_t outlet_count = 0;
    std::optional<float> bath_c;      // median that control uses
    std::optional<float> hottest_c;   // what safety uses (F7)
    std::array<bool, kOutputs> on{};
    std::array<std::optional<Millis>, kOutputs> lock_left_ms;  // nothing: no lock
    bool emergency = false;
    Mode mode = Mode::setpoint;
    Reason reason = Reason::satisfied;
    std::uint32_t faults = 0;
    float boost_k = 0.0F;
    float delta_on_k = 0.0F;
};

// What survives a reset; written by the device around it when `revision()` has changed.
struct BathMemory {
    bool emergency = false;
    float boost_k = 0.0F;
    std::uint32_t latched_faults = 0;
    bool aeration_on = false;
    std::optional<std::int64_t> aeration_changed_utc_s;  // phase of the timer
    // Time on since the heater's last full pause (F10) in begun half hours, rounded up so that no reset adds to it.
    std::uint8_t heated_half_hours = 0;
};

}  // namespace btr::control
