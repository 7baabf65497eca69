#pragma once
#include <array>
#include <cstdint>
#include <random>

#include "btr/hal/hal.h"
#include "btr/host/fault_script.h"

namespace btr::host {

// Plausible readings of a node around a cell of a known temperature, the same as demo/battery_logic.py's `Sensors`.
//
// With `vents` a cell above 110 degC opens: gas, smoke and heat reach the node, and stay for minutes. Without it the
// air stays as it is, so that nothing but the temperature tells.
class BatterySensors {
public:
    explicit BatterySensors(bool vents, std::uint32_t seed = 1) : vents_(vents), random_(seed) {}

    // `since_last_s` after the readings before; the first ones come before the SGP41 has conditioned.
    RawBattery read(float cell_c, float since_last_s);

private:
    void let_pass(float cell_c, float seconds);
    float noise(float deviation) { return deviation * normal_(random_); }

    bool vents_;
    std::mt19937 random_;
    std::normal_distribution<float> normal_;
    float on_s_ = 0.0F;
    float air_c_ = 23.4F;
    float smoke_chip_c_ = 24.6F;
    float gas_ = 0.0F;  // 0..1
};

// The readings with the faults of that moment in them.
void spoil(RawBattery& readings, const FaultScript& faults, Millis now_ms);

}  // namespace btr::host
