#pragma once
// One bath: from unjudged probes and commands to outputs. Pure; the only owner of heater, pump and aeration.
//
// The original measures, protects and decides once per post_interval. Here all of it happens at every tick; only
// learning keeps that interval. Hysteresis and guards keep the relays calm instead of the long cycle.
#include <array>
#include <cstdint>
#include <optional>

#include "btr/control/aeration.h"
#include "btr/control/bath_state.h"
#include "btr/control/guarded_switch.h"
#include "btr/control/heater_watch.h"
#include "btr/control/manual_lock.h"
#include "btr/control/on_time_limit.h"
#include "btr/control/outlet_fusion.h"
#include "btr/control/probe_judge.h"
#include "btr/control/pump_learning.h"
#include "btr/control/safety_chain.h"
#include "btr/control/settings.h"
#include "btr/control/wish.h"
#include "btr/hal/hal.h"

namespace btr::control {

class BathControl {
public:
    // The pump's shortest time off in automatic control, so that noise at a threshold cannot rattle its relay.
    static constexpr Millis kPumpRestMs = 5 * kSecond;
    // The learned boost is remembered in steps of this size (and when it is back at 0), to spare the flash.
    static constexpr float kBoostStoredStepK = 1.0F;
    // So is the time on since the heater's last full pause.
    static constexpr Millis kHeatedStepMs = 30 * kMinute;

    // `memory`: what the last run left, nothing when it cannot be read (then: emergency engaged, F12).
    // `settings`: nothing when there are none that can be used: outputs stay off (F15).
    BathControl(const BathHardware& hardware, const std::optional<BathSettings>& settings,
                const std::optional<BathMemory>& memory, bool safe_mode, Millis now_ms,
                std::optional<std::int64_t> utc_s);

    // Judges probes and safety, decides and sets the outputs. Call at least every 100 ms. Learns once per
    // post_interval.
    void tick(Millis now_ms, std::optional<std::int64_t> utc_s);

    // A command for one output. `on` holds for the duration, at most caps::kLeaseMaxMs (0: that maximum), then
    // automatic control takes over; `hold_off` likewise, without heat. `off` is at once and clears the lock,
    // `automatic` clears it and leaves the state. Takes effect at once, but `on` waits for safety and the heater's
    // guard.
    Refusal command(Millis now_ms, Output output, Action action, Millis duration_ms);

    // Outputs are off when this returns. The caller stores memory() and only then acknowledges (F12).
    void engage_emergency(Millis now_ms);
    void release_emergency(Millis now_ms);
    // Ends latched faults, by hand only.
    void clear_faults(Millis now_ms);

    // Valid settings, taken over without a restart (soft apply).
    void apply(Millis now_ms, const BathSettings& settings);
    void note_store_failure(bool failed);

    const BathView& view() const { return view_; }
    const BathMemory& memory() const { return memory_; }
    std::uint32_t revision() const { return revision_; }  // grows with every change of memory()
    const BathSettings& settings() const { return settings_; }

private:
    void sense(Millis now_ms);
    void watch(Millis now_ms);
    void learn(Millis now_ms);
    void expire_locks(Millis now_ms);
    void restore_aeration(Millis now_ms, std::optional<std::int64_t> utc_s);
    void remember_heated();
    void remember(Millis now_ms, std::optional<std::int64_t> utc_s);

    void decide(Millis now_ms);
    PumpThresholds thresholds() const;
    Wish automatic_wish() const;
    Mode mode() const;
    bool drops_heat() const;
    void drive_heater(Millis now_ms);
    void drive_pump(Millis now_ms);
    void drive_aeration(Millis now_ms);
    void describe(Millis now_ms);
    Reason reason() const;
    std::uint32_t probe_faults() const;

    void switch_off(Millis now_ms, Output output);
    void adopt_state(Output output);
    void latch(std::uint32_t faults);

    BathView view_;
    BathMemory memory_;
    std::uint32_t revision_ = 0;
    BathSettings settings_;

    const bool safe_mode_;
    bool has_settings_;
    bool store_failed_ = false;

    BathProbes& probes_;
    ProbeJudge core_judge_;
    ProbeJudge tank_judge_{kTankRange};
    std::array<ProbeJudge, kMaxOutlets> outlet_judges_;
    bool outlets_disagree_ = false;

    GuardedSwitch heater_;
    GuardedSwitch pump_;
    SoftMotor motor_;
    AerationTimer timer_;
    std::array<ManualLock, kOutputs> locks_;

    OnTimeLimit on_time_;
    GainWatch gain_watch_;
    RestWatch rest_watch_;
    PumpLearning learning_{0.0F};
    Verdict verdict_;
    // What automatic control wants, or would want under a lock. It, not the relay, is the state that hysteresis keeps:
    // so heat by hand ends with its lease, even within the band.
    Wish wish_;

    bool phase_to_restore_ = false;  // of the aeration timer, as soon as the time is known
    std::optional<Millis> phase_remembered_ms_;  // the change that memory_ tells the UTC of
};

}  // namespace btr::control
