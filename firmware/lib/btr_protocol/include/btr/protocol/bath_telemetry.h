#pragma once
// What a bath says every post_interval: the original's channels, and with extensions what stands around them.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/hal.h"
#include "btr/protocol/text.h"

namespace btr::protocol {

constexpr std::size_t kMostTelemetryBytes = 1600;  // with six outlets and every extension; a test holds it to that

// The bits of `faults` by name, lowest first; a bit keeps its meaning for ever.
constexpr std::array<const char*, 10> kBathFaultKeys = {
    "core_probe",  "tank_probe",    "outlet_probe", "outlets_disagree", "no_gain",
    "relay_stuck", "heater_max_on", "settings",     "safe_mode",        "store",
};

// One consistent moment. A temperature that may not be used is absent.
struct BathTelemetry {
    Millis taken_ms = 0;                // since boot
    std::optional<std::int64_t> utc_s;  // nothing: the clock never synchronised
    std::optional<float> core_c;
    std::optional<float> tank_c;
    std::array<std::optional<float>, kMaxOutlets> outlets_c;
    std::size_t outlet_count = 0;
    bool heater = false;
    bool pump = false;
    bool aeration = false;
    bool emergency = false;

    // From here on with extensions only.
    std::uint32_t seq = 0;
    const char* mode = "";
    const char* reason = "";
    float boost_k = 0.0F;
    float delta_on_k = 0.0F;
    std::array<std::int64_t, 3> locks_ms{};  // heater, pump, aeration; 0: no lock
    std::uint32_t faults = 0;                // bits of kBathFaultKeys; one without a name is told by its number
    std::uint32_t dropped = 0;               // messages and commands that were not taken since boot
    bool late = false;                       // kept over an outage
};

// False when it does not fit.
bool encode_bath_telemetry(const BathTelemetry& telemetry, bool extensions, TextBuffer& into);

}  // namespace btr::protocol
