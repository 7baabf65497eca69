#include "btr/control/settings.h"

#include <algorithm>
#include <cmath>

namespace btr::control {

namespace {

using S = BathSettings;

constexpr float S::* kFloats[] = {
    &S::target_c,       &S::hysteresis_k,         &S::tank_max_c,     &S::delta_on_min_k,
    &S::delta_on_max_k, &S::nominal_hysteresis_k, &S::delta_gamma,    &S::step_up_k,
    &S::step_down_k,    &S::boost_max_k,          &S::progress_min_k, &S::difference_gamma,
};

std::int32_t at_most(std::int32_t value, Millis most) {
    return static_cast<std::int32_t>(std::clamp<Millis>(value, 0, most));
}

}  // namespace

BathSettings within_caps(BathSettings settings) {
    for (float S::* member : kFloats) {  // a NaN would pass any comparison with a limit
        if (!std::isfinite(settings.*member)) settings.*member = BathSettings{}.*member;
    }
    settings.out_max_c = std::min(settings.out_max_c, static_cast<std::int32_t>(caps::kBathMaxC));
    settings.tank_max_c = std::min(settings.tank_max_c, caps::kTankMaxC);
    settings.min_on_ms = at_most(settings.min_on_ms, caps::kGuardMaxMs);
    settings.min_off_ms = at_most(settings.min_off_ms, caps::kGuardMaxMs);
    return settings;
}

float effective_target_c(const BathSettings& settings) {
    return std::min(settings.target_c, static_cast<float>(settings.out_max_c) - kBelowLimitK);
}

float effective_hysteresis_k(const BathSettings& settings) { return std::max(settings.hysteresis_k, 0.1F); }

}  // namespace btr::control
