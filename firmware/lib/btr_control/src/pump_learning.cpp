#include "btr/control/pump_learning.h"

#include <algorithm>

namespace btr::control {

float next_boost_k(const BathSettings& settings, float boost_k, bool pump_alone, float rise_k) {
    const bool in_vain = pump_alone && rise_k < settings.progress_min_k;
    return in_vain ? std::min(settings.boost_max_k, boost_k + settings.step_up_k)
                   : std::max(0.0F, boost_k - settings.step_down_k);
}

void PumpLearning::update(Millis now_ms, const BathSettings& settings, std::optional<float> bath_c, bool heater_on,
                          bool pump_on) {
    if (!bath_c) {
        cycle_.reset();
        return;
    }
    const bool pump_alone = pump_on && !heater_on;
    if (!cycle_) {
        cycle_ = Cycle{now_ms, *bath_c, true};
        return;
    }
    cycle_->pump_alone = cycle_->pump_alone && pump_alone;
    if (now_ms - cycle_->start_ms < settings.post_interval_ms) return;
    boost_k_ = next_boost_k(settings, boost_k_, cycle_->pump_alone, *bath_c - cycle_->bath_c);
    cycle_ = Cycle{now_ms, *bath_c, true};
}

}  // namespace btr::control
