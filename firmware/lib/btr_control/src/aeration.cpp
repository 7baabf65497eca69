#include "btr/control/aeration.h"

namespace btr::control {

namespace {

Millis phase_ms(bool on, const BathSettings& settings) {
    return on ? settings.aeration_duration_ms : settings.aeration_interval_ms;
}

}  // namespace

void AerationTimer::restore(Millis now_ms, bool on, Millis elapsed_ms, const BathSettings& settings) {
    if (on && elapsed_ms >= phase_ms(true, settings)) {
        elapsed_ms -= phase_ms(true, settings);
        on = false;
    }
    is_on_ = on;
    changed_ms_ = now_ms - elapsed_ms;
}

void AerationTimer::tick(Millis now_ms, const BathSettings& settings) {
    if (settings.aeration_enabled && now_ms - changed_ms_ >= phase_ms(is_on_, settings)) set(now_ms, !is_on_);
}

void AerationTimer::set(Millis now_ms, bool on) {
    if (on != is_on_) changed_ms_ = now_ms;
    is_on_ = on;
}

void SoftMotor::update(Millis now_ms, bool on) {
    const Millis passed_ms = last_ms_ ? now_ms - *last_ms_ : 0;
    const float step = static_cast<float>(passed_ms) / static_cast<float>(kRampMs);
    set(now_ms, on ? std::min(1.0F, duty_ + step) : std::max(0.0F, duty_ - step));
}

void SoftMotor::stop_at_once(Millis now_ms) { set(now_ms, 0.0F); }

void SoftMotor::set(Millis now_ms, float duty) {
    last_ms_ = now_ms;
    duty_ = duty;
    motor_.set(duty);
}

}  // namespace btr::control
