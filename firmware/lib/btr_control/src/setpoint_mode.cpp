#include "btr/control/setpoint_mode.h"

#include <algorithm>

namespace btr::control {

namespace {

constexpr float kWorthPumpingK = 0.5F;  // the gap below which pumping brings nothing, from the original

Wish wish_of(bool heat, bool pump) {
    return {heat, pump, heat ? Reason::heating : (pump ? Reason::pumping : Reason::satisfied)};
}

}  // namespace

Band setpoint_band(const BathSettings& settings) {
    const float target_c = effective_target_c(settings);
    const float hysteresis_k = effective_hysteresis_k(settings);
    const float highest_c = static_cast<float>(settings.out_max_c) - kBelowLimitK;
    return {target_c - hysteresis_k, std::min(target_c + hysteresis_k, highest_c)};
}

Wish setpoint_wish(const BathSettings& settings, const ControlInput& input) {
    const Band band = setpoint_band(settings);
    if (!input.tank_c || input.bath_c > band.high_c) return {};
    const float gap_k = *input.tank_c - input.bath_c;
    if (input.bath_c < band.low_c) {
        const bool cold_tank = *input.tank_c < effective_target_c(settings) + input.thresholds.on_k;
        return wish_of(true, gap_k > (cold_tank ? kWorthPumpingK : input.thresholds.on_k));
    }
    const bool lower_half = input.bath_c < (band.low_c + band.high_c) / 2.0F;
    const bool pump = input.pump_on ? gap_k > kWorthPumpingK : lower_half && gap_k > input.thresholds.on_k;
    return wish_of(input.heater_on, pump);
}

}  // namespace btr::control
