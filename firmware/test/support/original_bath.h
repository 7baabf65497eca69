#pragma once
// The original controller's rules, plainly: one decision per post_interval on readings as they come, a lock without end
// at duration 0, guards in the way of every stop, nothing remembered. What our tests measure ours against.
#include <array>
#include <optional>

#include "btr/control/settings.h"

namespace btr::test {

class OriginalBath {
public:
    OriginalBath(const control::BathSettings& settings, Millis now_ms)
        : settings_(settings), heater_changed_ms_(now_ms) {}

    void heater_on(Millis now_ms, Millis duration_ms) {
        set_heater(now_ms, true);
        lock_ends_ms_ = duration_ms ? std::optional<Millis>(now_ms + duration_ms) : std::nullopt;
        locked_ = true;
    }
    void emergency() {
        stopped_ = true;
        heater_ = pump_ = false;
    }
    // Runs the cycle when it is due; readings in degC, unjudged.
    void tick(Millis now_ms, float core_c, float bath_c, float tank_c);

    bool heater() const { return heater_; }
    bool pump() const { return pump_; }

private:
    void control(Millis now_ms, float core_c, float bath_c, float tank_c);
    void learn(float bath_c);
    void set_heater(Millis now_ms, bool on) {
        if (on != heater_) heater_changed_ms_ = now_ms;
        heater_ = on;
    }

    control::BathSettings settings_;
    Millis heater_changed_ms_;
    std::optional<Millis> last_cycle_ms_;
    std::optional<float> last_bath_c_;
    std::optional<Millis> lock_ends_ms_;
    float boost_k_ = 0.0F;
    bool heater_ = false, pump_ = false, locked_ = false, stopped_ = false;
};

}  // namespace btr::test
