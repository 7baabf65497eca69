#pragma once
// Aeration: a timer whose phase survives a restart, and a motor that starts and stops softly.
#include <algorithm>
#include <optional>

#include "btr/control/settings.h"
#include "btr/hal/hal.h"

namespace btr::control {

// On for `aeration_duration`, off for `aeration_interval`, each counted from the last change.
class AerationTimer {
public:
    explicit AerationTimer(Millis now_ms) : changed_ms_(now_ms) {}

    // Goes on where it was `elapsed_ms` after its last change: remaining = interval - elapsed. A phase that would have
    // ended meanwhile counts as ended in time.
    void restore(Millis now_ms, bool on, Millis elapsed_ms, const BathSettings& settings);
    // Changes when the phase is over; nothing while the timer is disabled.
    void tick(Millis now_ms, const BathSettings& settings);
    // By hand or by safety; starts a phase when it is a change.
    void set(Millis now_ms, bool on);

    bool is_on() const { return is_on_; }
    Millis changed_ms() const { return changed_ms_; }

private:
    Millis changed_ms_;
    bool is_on_ = false;
};

class SoftMotor {
public:
    static constexpr Millis kRampMs = 2000;  // from rest to full speed and back

    explicit SoftMotor(PwmOutput& motor) : motor_(motor) { motor_.set(0.0F); }
    SoftMotor(const SoftMotor&) = delete;
    SoftMotor& operator=(const SoftMotor&) = delete;

    void update(Millis now_ms, bool on);
    void stop_at_once(Millis now_ms);

private:
    void set(Millis now_ms, float duty);

    PwmOutput& motor_;
    std::optional<Millis> last_ms_;
    float duty_ = 0.0F;
};

}  // namespace btr::control
