#include "original_bath.h"

#include <algorithm>

#include "btr/control/ncurve_mode.h"
#include "btr/control/pump_learning.h"
#include "btr/control/pump_thresholds.h"

namespace btr::test {

void OriginalBath::tick(Millis now_ms, float core_c, float bath_c, float tank_c) {
    if (lock_ends_ms_ && now_ms >= *lock_ends_ms_) {
        lock_ends_ms_.reset();
        locked_ = false;
        set_heater(now_ms, false);
    }
    if (last_cycle_ms_ && now_ms - *last_cycle_ms_ < settings_.post_interval_ms) return;
    last_cycle_ms_ = now_ms;
    if (!stopped_) control(now_ms, core_c, bath_c, tank_c);
}

void OriginalBath::learn(float bath_c) {
    if (last_bath_c_) {
        boost_k_ = control::next_boost_k(settings_, boost_k_, pump_ && !heater_, bath_c - *last_bath_c_);
    }
    last_bath_c_ = bath_c;
}

void OriginalBath::control(Millis now_ms, float core_c, float bath_c, float tank_c) {
    if (bath_c >= static_cast<float>(settings_.out_max_c)) {
        locked_ = pump_ = false;
        set_heater(now_ms, false);
        return;
    }
    learn(bath_c);
    const bool tank_ok = tank_c > -10.0F && tank_c < 120.0F;
    const float gap_k = tank_ok ? tank_c - bath_c : 0.0F;
    const control::PumpThresholds thresholds = control::pump_thresholds(settings_, core_c, boost_k_);
    bool heat = false;
    bool pump = false;
    if (settings_.setpoint_enabled) {
        const float target_c = control::effective_target_c(settings_);
        const float hysteresis_k = control::effective_hysteresis_k(settings_);
        const bool low = bath_c < target_c - hysteresis_k;
        const bool cold_tank = tank_c < target_c + thresholds.on_k;
        heat = low && tank_ok;
        pump = bath_c <= target_c + hysteresis_k && tank_ok && gap_k > (low && cold_tank ? 0.5F : thresholds.on_k);
    } else {
        const bool wanted = core_c < static_cast<float>(settings_.in_min_c) ||
                            core_c - bath_c > control::allowed_difference_k(settings_, core_c);
        heat = wanted || (tank_ok && gap_k < thresholds.on_k);
        pump = wanted && tank_ok && (gap_k > thresholds.on_k || (gap_k > thresholds.off_k && pump_));
    }
    if (locked_) heat = heater_;
    if (!tank_ok || tank_c >= settings_.tank_max_c) set_heater(now_ms, heat = false);
    if (tank_ok && gap_k >= control::gap_limit_k(settings_, thresholds)) {
        set_heater(now_ms, heat = false);
        pump = true;
    }
    const Millis kept_ms = now_ms - heater_changed_ms_;
    if (kept_ms >= (heater_ ? settings_.min_on_ms : settings_.min_off_ms)) set_heater(now_ms, heat);
    pump_ = pump;
}

}  // namespace btr::test
