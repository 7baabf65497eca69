#include "btr/control/pump_thresholds.h"

#include <algorithm>
#include <cmath>

namespace btr::control {

float core_position(const BathSettings& settings, std::optional<float> core_c) {
    const auto low_c = static_cast<float>(settings.in_min_c);
    const auto span_k = static_cast<float>(settings.in_max_c) - low_c;
    if (!core_c || span_k <= 0.0F) return 0.0F;
    return std::clamp((*core_c - low_c) / span_k, 0.0F, 1.0F);
}

PumpThresholds pump_thresholds(const BathSettings& settings, std::optional<float> core_c, float boost_k) {
    const float low_k = settings.delta_on_min_k;
    const float high_k = std::max(low_k, settings.delta_on_max_k);
    const float curve = std::pow(core_position(settings, core_c), settings.delta_gamma);
    const float on_k = std::clamp(low_k + (high_k - low_k) * curve + boost_k, low_k, high_k + settings.boost_max_k);
    const float middle_k = (low_k + high_k) / 2.0F;
    const float kept = middle_k > 0.0F ? 1.0F - settings.nominal_hysteresis_k / middle_k : 0.0F;
    return {on_k, std::max(0.5F, on_k * kept)};
}

float gap_limit_k(const BathSettings& settings, const PumpThresholds& thresholds) {
    return std::max(5.0F, 1.6F * thresholds.on_k + settings.nominal_hysteresis_k);
}

}  // namespace btr::control
