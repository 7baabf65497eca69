#pragma once
// Learns by how much the pump's threshold must be raised (protocol: control, learning).
#include <optional>

#include "btr/control/settings.h"

namespace btr::control {

// The boost after a control cycle in which the bath rose by `rise_k`.
float next_boost_k(const BathSettings& settings, float boost_k, bool pump_alone, float rise_k);

// Control decides at every tick, but learns in cycles of post_interval, as the original: the steps and progress_min
// are meant for one such interval.
class PumpLearning {
public:
    explicit PumpLearning(float boost_k) : boost_k_(boost_k) {}

    // `bath_c` is nothing while control may not act on the bath (emergency, invalid, over its limit): what it did then
    // teaches nothing, and the next cycle counts as the first. `heater_on`, `pump_on`: since the last call.
    void update(Millis now_ms, const BathSettings& settings, std::optional<float> bath_c, bool heater_on, bool pump_on);
    float boost_k() const { return boost_k_; }

private:
    struct Cycle {
        Millis start_ms;
        float bath_c;
        bool pump_alone;
    };
    std::optional<Cycle> cycle_;
    float boost_k_;
};

}  // namespace btr::control
