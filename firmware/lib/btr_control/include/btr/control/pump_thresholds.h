#pragma once
// The tank-bath gaps, in K, at which pumping pays (protocol: control, pump thresholds).
#include <optional>

#include "btr/control/settings.h"

namespace btr::control {

struct PumpThresholds {
    float on_k = 0.0F;   // the pump may start above this gap
    float off_k = 0.0F;  // and stops below this one; at least 0.5
};

// Where the core is between in_min and in_max, 0..1; 0 when it is not known, so that the pump starts early.
float core_position(const BathSettings& settings, std::optional<float> core_c);

PumpThresholds pump_thresholds(const BathSettings& settings, std::optional<float> core_c, float boost_k);

// From this gap on the heater is off and the pump forced: max(5, 1.6 D_on + hyst_nom).
float gap_limit_k(const BathSettings& settings, const PumpThresholds& thresholds);

}  // namespace btr::control
