#pragma once
// What may be set on a bath, with the original's names in the comments (protocol: table of settings), and what may not.
#include <cstdint>

#include "btr/hal/time.h"

namespace btr::control {

// Compiled in: no message and no file lifts these (F16).
namespace caps {
constexpr float kBathMaxC = 80.0F;           // temp_limitout_max
constexpr float kTankMaxC = 95.0F;           // safety.tank_temp_max
constexpr Millis kHeaterMaxOnMs = 4 * kHour;  // F10
constexpr Millis kLeaseMaxMs = 10 * kMinute;  // F10
constexpr Millis kGuardMaxMs = 10 * kMinute;  // heater_guard: no guard keeps a heater on longer
}  // namespace caps

struct BathSettings {
    std::int32_t post_interval_ms = 60000;  // post_interval, 5 000..110 000
    std::int32_t out_max_c = 65;            // temp_limitout_max
    std::int32_t out_min_c = 25;            // temp_limitout_min
    std::int32_t in_max_c = 70;             // temp_limitin_max
    std::int32_t in_min_c = 25;             // temp_limitin_min
    std::int32_t max_difference_k = 13;     // temp_maxdif
    bool setpoint_enabled = true;           // bath_setpoint.enabled
    float target_c = 65.0F;                 // bath_setpoint.target
    float hysteresis_k = 0.8F;              // bath_setpoint.hyst
    bool aeration_enabled = true;           // aeration_timer.enabled
    std::int32_t aeration_interval_ms = 300000;  // aeration_timer.interval
    std::int32_t aeration_duration_ms = 300000;  // aeration_timer.duration
    float tank_max_c = 90.0F;               // safety.tank_temp_max
    std::int32_t min_on_ms = 30000;         // heater_guard.min_on_ms
    std::int32_t min_off_ms = 30000;        // heater_guard.min_off_ms
    float delta_on_min_k = 6.0F;            // pump_adaptive.delta_on_min
    float delta_on_max_k = 25.0F;           // pump_adaptive.delta_on_max
    float nominal_hysteresis_k = 3.0F;      // pump_adaptive.hyst_nom
    float delta_gamma = 1.3F;               // pump_adaptive.ncurve_gamma
    float step_up_k = 0.5F;                 // pump_learning.step_up
    float step_down_k = 0.2F;               // pump_learning.step_down
    float boost_max_k = 10.0F;              // pump_learning.max
    float progress_min_k = 0.05F;           // pump_learning.progress_min
    float difference_gamma = 2.0F;          // curves.in_diff_ncurve_gamma
    bool control_enabled = true;            // control.enabled, ours: off leaves manual commands, safety and aeration
};

// The settings as control takes them whoever checked them before: no limit above its cap, no guard above its longest,
// and the default where a number is not finite (F16).
BathSettings within_caps(BathSettings settings);

constexpr float kLeastTargetC = 20.0F;  // bath_setpoint.target: no heat but in a cold room

constexpr float kBelowLimitK = 0.2F;  // how far regular heating stays below the hard limit, from the original

// As control uses them: the original's caps on target (out_max - 0.2) and hysteresis (at least 0.1).
float effective_target_c(const BathSettings& settings);
float effective_hysteresis_k(const BathSettings& settings);

}  // namespace btr::control
