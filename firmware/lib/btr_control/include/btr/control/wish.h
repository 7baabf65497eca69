#pragma once
// What automatic control is told, and what it wants. Every mode is a function from the one to the other.
#include <optional>

#include "btr/control/bath_state.h"
#include "btr/control/pump_thresholds.h"

namespace btr::control {

struct ControlInput {
    float bath_c = 0.0F;          // median of the outlets; without one nothing is asked of a mode
    std::optional<float> tank_c;  // nothing: invalid
    std::optional<float> core_c;  // nothing: invalid
    PumpThresholds thresholds;
    bool heater_on = false;  // as they are now, for hysteresis
    bool pump_on = false;
};

struct Wish {
    bool heat = false;
    bool pump = false;
    Reason reason = Reason::satisfied;  // heating, preheating, pumping, satisfied, core_invalid or switched_off
};

}  // namespace btr::control
