#include "btr/control/bath_state.h"

namespace btr::control {

const char* key_of(Reason reason) {
    switch (reason) {
        case Reason::emergency: return "emergency";
        case Reason::safe_mode: return "safe_mode";
        case Reason::fault_latched: return "fault_latched";
        case Reason::bath_over_limit: return "bath_over_limit";
        case Reason::bath_invalid: return "bath_invalid";
        case Reason::tank_invalid: return "tank_invalid";
        case Reason::tank_over_limit: return "tank_over_limit";
        case Reason::gap_too_wide: return "gap_too_wide";
        case Reason::heater_max_on: return "heater_max_on";
        case Reason::manual: return "manual";
        case Reason::core_invalid: return "core_invalid";
        case Reason::switched_off: return "switched_off";
        case Reason::heating: return "heating";
        case Reason::preheating: return "preheating";
        case Reason::pumping: return "pumping";
        case Reason::satisfied: return "satisfied";
        case Reason::guard: return "guard";
    }
    return "";
}

const char* key_of(Mode mode) {
    switch (mode) {
        case Mode::setpoint: return "setpoint";
        case Mode::n_curve: return "n_curve";
        case Mode::off: return "off";
    }
    return "";
}

const char* key_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::none: return "none";
        case Refusal::emergency: return "emergency";
        case Refusal::tank_invalid: return "tank_invalid";
        case Refusal::tank_over_limit: return "tank_over_limit";
        case Refusal::bath_invalid: return "bath_invalid";
        case Refusal::bath_over_limit: return "bath_over_limit";
        case Refusal::fault_latched: return "fault_latched";
        case Refusal::heater_needs_pause: return "heater_needs_pause";
        case Refusal::safe_mode: return "safe_mode";
        case Refusal::not_stored: return "not_stored";
    }
    return "";
}

}  // namespace btr::control
