#include "btr/control/bath_control.h"

#include <algorithm>
#include <cmath>

namespace btr::control {

namespace {

constexpr std::uint32_t kLatchable = kFaultNoGain | kFaultRelayStuck;

// Memory from before the checks of today, or of another version, may hold anything.
void discard_nonsense(BathMemory& memory) {
    memory.latched_faults &= kLatchable;
    constexpr auto kMostHeated = static_cast<std::uint8_t>(caps::kHeaterMaxOnMs / BathControl::kHeatedStepMs);
    memory.heated_half_hours = std::min(memory.heated_half_hours, kMostHeated);
    if (!(memory.boost_k >= 0.0F && std::isfinite(memory.boost_k))) memory.boost_k = 0.0F;
    if (memory.aeration_changed_utc_s && *memory.aeration_changed_utc_s < 0) memory.aeration_changed_utc_s.reset();
}

}  // namespace

BathControl::BathControl(const BathHardware& hardware, const std::optional<BathSettings>& settings,
                         const std::optional<BathMemory>& memory, bool safe_mode, Millis now_ms,
                         std::optional<std::int64_t> utc_s)
    : revision_(memory ? 0 : 1),
      settings_(within_caps(settings.value_or(BathSettings{}))),
      safe_mode_(safe_mode),
      has_settings_(settings.has_value()),
      probes_(hardware.probes),
      heater_(hardware.heater, now_ms),
      pump_(hardware.pump, now_ms),
      motor_(hardware.aeration),
      timer_(now_ms),
      phase_remembered_ms_(now_ms) {
    memory_.emergency = true;  // unknown counts as stopped
    if (memory) memory_ = *memory;
    discard_nonsense(memory_);
    learning_ = PumpLearning(memory_.boost_k);
    on_time_ = OnTimeLimit(memory_.heated_half_hours * kHeatedStepMs);
    phase_to_restore_ = memory_.aeration_changed_utc_s.has_value();
    restore_aeration(now_ms, utc_s);
    decide(now_ms);
}

void BathControl::tick(Millis now_ms, std::optional<std::int64_t> utc_s) {
    sense(now_ms);
    watch(now_ms);
    learn(now_ms);
    expire_locks(now_ms);
    restore_aeration(now_ms, utc_s);
    decide(now_ms);
    remember(now_ms, utc_s);
}

Refusal BathControl::command(Millis now_ms, Output output, Action action, Millis duration_ms) {
    if (memory_.emergency) return Refusal::emergency;
    if (action == Action::on) {
        const Refusal refusal = verdict_.refusal_of_on(output);
        if (refusal != Refusal::none) return refusal;
    }
    ManualLock& lock = locks_[output];
    switch (action) {
        case Action::on: lock.hold(now_ms, true, duration_ms); break;
        case Action::off:
            lock.clear();
            switch_off(now_ms, output);
            break;
        case Action::hold_off:
            lock.hold(now_ms, false, duration_ms);
            switch_off(now_ms, output);
            break;
        case Action::automatic:
            lock.clear();
            adopt_state(output);
            break;
    }
    decide(now_ms);
    return Refusal::none;
}

// Off by hand is at once: guards spare the relay, they do not overrule who wants no heat.
void BathControl::switch_off(Millis now_ms, Output output) {
    if (output == kHeater) {
        heater_.force_off(now_ms);
    } else if (output == kPump) {
        pump_.force_off(now_ms);
    } else {
        timer_.set(now_ms, false);
    }
    adopt_state(output);
}

void BathControl::adopt_state(Output output) {
    if (output == kHeater) wish_.heat = heater_.is_on();
    if (output == kPump) wish_.pump = pump_.is_on();
}

void BathControl::engage_emergency(Millis now_ms) {
    if (!memory_.emergency) ++revision_;
    memory_.emergency = true;
    decide(now_ms);
}

void BathControl::release_emergency(Millis now_ms) {
    if (memory_.emergency) ++revision_;
    memory_.emergency = false;
    decide(now_ms);
}

void BathControl::clear_faults(Millis now_ms) {
    if (memory_.latched_faults != 0) ++revision_;
    memory_.latched_faults = 0;
    gain_watch_.reset();
    rest_watch_.reset();
    decide(now_ms);
}

void BathControl::apply(Millis now_ms, const BathSettings& settings) {
    settings_ = within_caps(settings);
    has_settings_ = true;
    if (!settings_.aeration_enabled && !locks_[kAeration].is_held()) timer_.set(now_ms, false);
    decide(now_ms);
}

void BathControl::note_store_failure(bool failed) { store_failed_ = failed; }

void BathControl::expire_locks(Millis now_ms) {
    locks_[kHeater].expire(now_ms);
    locks_[kPump].expire(now_ms);
    // Its timer would finish the phase that the command began, or never with the timer disabled.
    if (locks_[kAeration].expire(now_ms)) timer_.set(now_ms, false);
}

void BathControl::restore_aeration(Millis now_ms, std::optional<std::int64_t> utc_s) {
    if (!phase_to_restore_ || !utc_s) return;
    phase_to_restore_ = false;
    if (timer_.changed_ms() != phase_remembered_ms_) return;  // has begun a phase of its own since boot
    constexpr std::int64_t kLongAgoS = 7 * 24 * 3600;  // longer than both phases together
    const std::int64_t elapsed_s = std::min(*utc_s - *memory_.aeration_changed_utc_s, kLongAgoS);
    if (elapsed_s < 0) return;  // the clock was set back
    timer_.restore(now_ms, memory_.aeration_on && settings_.aeration_enabled, elapsed_s * kSecond, settings_);
    if (memory_.aeration_on == timer_.is_on()) phase_remembered_ms_ = timer_.changed_ms();
}

// Not back to 0 after a pause: heating in short turns then costs no write, a reset half an hour of heating at most.
void BathControl::remember_heated() {
    const Millis begun = (on_time_.heated_ms() + kHeatedStepMs - 1) / kHeatedStepMs;
    const auto heated = static_cast<std::uint8_t>(begun);
    const bool has_grown = heated > memory_.heated_half_hours;
    const bool has_paused = heated == 0 && memory_.heated_half_hours > 1;
    if (!has_grown && !has_paused) return;
    memory_.heated_half_hours = std::max<std::uint8_t>(heated, 1);
    ++revision_;
}

void BathControl::remember(Millis now_ms, std::optional<std::int64_t> utc_s) {
    remember_heated();
    const float boost_k = learning_.boost_k();
    const float moved_k = std::fabs(boost_k - memory_.boost_k);
    if (moved_k >= kBoostStoredStepK || (moved_k > 0.0F && boost_k <= 0.0F)) {
        memory_.boost_k = boost_k;
        ++revision_;
    }
    if (phase_remembered_ms_ == timer_.changed_ms()) return;
    if (!utc_s && !memory_.aeration_changed_utc_s) return;  // nothing known and nothing to withdraw
    memory_.aeration_on = timer_.is_on();
    memory_.aeration_changed_utc_s.reset();
    if (utc_s) {
        memory_.aeration_changed_utc_s = *utc_s - (now_ms - timer_.changed_ms()) / kSecond;
        phase_remembered_ms_ = timer_.changed_ms();
    }
    ++revision_;
}

}  // namespace btr::control
