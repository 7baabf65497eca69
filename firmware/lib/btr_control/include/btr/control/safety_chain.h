#pragma once
// What must not happen, most urgent first (protocol: control, priority). Everything in this table ends up in one
// forced-off of the heater that no lock and no guard can delay (H10).
#include <optional>

#include "btr/control/bath_state.h"
#include "btr/control/settings.h"

namespace btr::control {

struct SafetyInput {
    bool emergency = false;
    bool outputs_barred = false;       // safe mode, or no settings that can be used
    bool fault_latched = false;
    std::optional<float> hottest_c;    // nothing: no valid outlet
    std::optional<float> bath_c;
    std::optional<float> tank_c;
    float bath_max_c = 0.0F;
    float tank_max_c = 0.0F;
    float gap_limit_k = 0.0F;
    bool heater_needs_pause = false;
};

enum class PumpOrder : std::uint8_t { free, off, on };

// One row: while `holds`, the heater is off.
struct SafetyRule {
    Reason reason;
    Refusal refusal;  // of a manual `on`; none: accepted, and carried out once the rule no longer holds
    PumpOrder pump;
    bool aeration_off;
    bool clears_locks;
    bool (*holds)(const SafetyInput&);
};

struct Verdict {
    const SafetyRule* first = nullptr;      // most urgent rule that holds; nothing: the heater is free
    const SafetyRule* for_pump = nullptr;   // most urgent one that orders the pump
    const SafetyRule* refusing = nullptr;   // most urgent one that refuses the heater
    bool aeration_off = false;
    bool clears_locks = false;

    PumpOrder pump() const { return for_pump ? for_pump->pump : PumpOrder::free; }
    Refusal refusal_of_on(Output output) const;
};

Verdict judge_safety(const SafetyInput& input);

}  // namespace btr::control
