#include <cmath>

#include "btr/control/settings_codec.h"

namespace btr::control {
namespace {

using S = BathSettings;

constexpr double kBathMaxC = static_cast<double>(caps::kBathMaxC);
constexpr double kTankMaxC = static_cast<double>(caps::kTankMaxC);
constexpr double kGuardMaxMs = static_cast<double>(caps::kGuardMaxMs);
constexpr double kDayMs = static_cast<double>(24 * kHour);

constexpr SettingsTable kTable = {{
    {"post_interval", "ms", &S::post_interval_ms, 5000, 110000},
    {"temp_limitout_max", "degC", &S::out_max_c, 30, kBathMaxC},
    {"temp_limitin_max", "degC", &S::in_max_c, 30, 100},
    {"temp_limitout_min", "degC", &S::out_min_c, 0, 60},
    {"temp_limitin_min", "degC", &S::in_min_c, 0, 60},
    {"temp_maxdif", "K", &S::max_difference_k, 1, 40},
    {"aeration_timer.enabled", "", &S::aeration_enabled},
    {"aeration_timer.interval", "ms", &S::aeration_interval_ms, 10000, kDayMs},
    {"aeration_timer.duration", "ms", &S::aeration_duration_ms, 1000, kDayMs},
    {"safety.tank_temp_max", "degC", &S::tank_max_c, 40, kTankMaxC},
    {"heater_guard.min_on_ms", "ms", &S::min_on_ms, 0, kGuardMaxMs},
    {"heater_guard.min_off_ms", "ms", &S::min_off_ms, 0, kGuardMaxMs},
    {"pump_adaptive.delta_on_min", "K", &S::delta_on_min_k, 1, 30},
    {"pump_adaptive.delta_on_max", "K", &S::delta_on_max_k, 2, 60},
    {"pump_adaptive.hyst_nom", "K", &S::nominal_hysteresis_k, 0.5, 15},
    {"pump_adaptive.ncurve_gamma", "", &S::delta_gamma, 0.2, 5},
    {"pump_learning.step_up", "K", &S::step_up_k, 0, 5},
    {"pump_learning.step_down", "K", &S::step_down_k, 0, 5},
    {"pump_learning.max", "K", &S::boost_max_k, 0, 30},
    {"pump_learning.progress_min", "K", &S::progress_min_k, 0, 5},
    {"curves.in_diff_ncurve_gamma", "", &S::difference_gamma, 0.2, 5},
    {"bath_setpoint.enabled", "", &S::setpoint_enabled},
    {"bath_setpoint.target", "degC", &S::target_c, static_cast<double>(kLeastTargetC), kBathMaxC},
    {"bath_setpoint.hyst", "K", &S::hysteresis_k, 0.1, 10},
    {"control.enabled", "", &S::control_enabled},
}};

struct CrossRule {
    const char* path;
    const char* reason;
    bool (*holds)(const S&);
};

// Those of Home Assistant, but for the target: it may be as high as the limit, because the original's own defaults are
// (65 and 65) and control caps it (effective_target_c). A pause of the aeration that is shorter than its run is no
// mistake: the original counts `interval` from the end of a run.
constexpr CrossRule kCrossRules[] = {
    {"bath_setpoint.target", "target_above_limit",
     [](const S& s) { return s.target_c <= static_cast<float>(s.out_max_c); }},
    {"temp_limitout_min", "outlet_limits_crossed", [](const S& s) { return s.out_min_c < s.out_max_c; }},
    {"temp_limitin_min", "core_limits_crossed", [](const S& s) { return s.in_min_c < s.in_max_c; }},
    {"safety.tank_temp_max", "tank_below_bath_limit",
     [](const S& s) { return s.tank_max_c > static_cast<float>(s.out_max_c); }},
    {"pump_adaptive.delta_on_min", "pump_thresholds_crossed",
     [](const S& s) { return s.delta_on_min_k <= s.delta_on_max_k; }},
    {"pump_adaptive.hyst_nom", "pump_hysteresis_too_wide",
     [](const S& s) { return s.nominal_hysteresis_k < (s.delta_on_min_k + s.delta_on_max_k) / 2.0F; }},
};

bool is_in_bounds(const protocol::SettingRow<S>& row, const S& settings) {
    if (const auto* whole = std::get_if<std::int32_t S::*>(&row.member)) {
        const double value = settings.**whole;
        return value >= row.low && value <= row.high;
    }
    if (const auto* real = std::get_if<float S::*>(&row.member)) {
        // as the 32-bit float that 0.1 has become; what is not a number is in no bounds
        const float value = settings.**real;
        return value >= static_cast<float>(row.low) && value <= static_cast<float>(row.high);
    }
    return true;
}

}  // namespace

const SettingsTable& settings_table() { return kTable; }

void check_settings(const BathSettings& settings, protocol::Problems& problems) {
    for (const auto& row : kTable) {
        if (!is_in_bounds(row, settings)) {
            problems.add(row.path, "out_of_range");
        }
    }
    for (const CrossRule& rule : kCrossRules) {
        if (!rule.holds(settings)) {
            problems.add(rule.path, rule.reason);
        }
    }
}

}  // namespace btr::control
