#pragma once
// Holding the bath at a target temperature (protocol: control, setpoint).
#include "btr/control/settings.h"
#include "btr/control/wish.h"

namespace btr::control {

// The band within which outputs keep their state. It ends below the hard limit, whatever target and hysteresis say:
// with the original's defaults (65, 0.8, limit 65) every heating would else run into the limit.
struct Band {
    float low_c, high_c;
};
Band setpoint_band(const BathSettings& settings);

// Below the band: heat, and pump once the tank is warmer than the bath. Above: nothing. Within: as they are, but heat
// that the tank holds is used before new heat is made: in the lower half the pump may start above D_on, and it stops
// when the tank has no more to give. (In the upper half it would start again right after the band was left upwards.)
Wish setpoint_wish(const BathSettings& settings, const ControlInput& input);

}  // namespace btr::control
