#pragma once
// Keeping the bath close behind the core (protocol: control, n-curve).
#include "btr/control/settings.h"
#include "btr/control/wish.h"

namespace btr::control {

// The core may be this much warmer than the bath before the bath is heated, in K; it grows with the core's temperature
// from 2 % of max_difference to all of it.
float allowed_difference_k(const BathSettings& settings, float core_c);

// Heats while the core is below its range or ahead of the bath by more than allowed, and preheats the tank up to D_on.
// Without a valid core nothing is wanted, not even preheating: the original takes -127 of an unplugged probe for a cold
// core and heats for ever (H7).
Wish ncurve_wish(const BathSettings& settings, const ControlInput& input);

}  // namespace btr::control
