#include "btr/control/ncurve_mode.h"

#include <algorithm>
#include <cmath>

namespace btr::control {

float allowed_difference_k(const BathSettings& settings, float core_c) {
    const auto largest_k = static_cast<float>(settings.max_difference_k);
    const float smallest_k = std::max(0.1F, 0.02F * largest_k);
    return smallest_k + (largest_k - smallest_k) * std::pow(core_position(settings, core_c), settings.difference_gamma);
}

Wish ncurve_wish(const BathSettings& settings, const ControlInput& input) {
    if (!input.core_c) return {false, false, Reason::core_invalid};
    const float core_c = *input.core_c;
    const bool wanted = core_c < static_cast<float>(settings.in_min_c) ||
                        core_c - input.bath_c > allowed_difference_k(settings, core_c);
    if (!input.tank_c) return {wanted, false, wanted ? Reason::heating : Reason::satisfied};

    const float gap_k = *input.tank_c - input.bath_c;
    const float pump_from_k = input.pump_on ? input.thresholds.off_k : input.thresholds.on_k;
    if (wanted) return {true, gap_k > pump_from_k, Reason::heating};
    const bool preheat = gap_k < input.thresholds.on_k;
    return {preheat, false, preheat ? Reason::preheating : Reason::satisfied};
}

}  // namespace btr::control
