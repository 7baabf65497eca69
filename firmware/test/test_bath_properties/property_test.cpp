// Thousands of random lives of a bath controller: commands, faults, settings, resets, in any order. Whatever happens,
// what must never be is never.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>

#include "plant_bench.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

class Life {
public:
    Life(std::uint32_t seed, Millis step_ms, int event_every_s)
        : random_(seed),
          step_ms_(step_ms),
          event_every_s_(event_every_s),
          water_(some_settings(), Plant({}, upto(60.0) + 20.0, upto(60.0) + 8.0, upto(50.0) + 20.0)) {
        water_.disturb = [this](RawProbes& set) {
            put_down(set.tank, tank_);
            put_down(set.core, core_);
            for (std::size_t i = 0; i < set.outlet_count; ++i) put_down(set.outlets[i], outlet_);
        };
    }
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    // Returns what was broken first, nothing when nothing was.
    const char* live(Millis duration_ms) {
        for (const Millis end_ms = bench().now_ms + duration_ms; bench().now_ms < end_ms && !broken_;) {
            off_by_hand_ = false;
            if (one_in(static_cast<int>(event_every_s_ * kSecond / step_ms_))) happen();
            note_truth();
            judge_now();
            water_.run(step_ms_, step_ms_);
            judge_now();
        }
        return broken_;
    }
    int heater_changes() const { return heater_changes_; }

private:
    enum class ProbeState { good, unplugged, silent, garbled, power_on };

    BathBench& bench() { return water_.bench; }
    int below(int n) { return static_cast<int>(random_() % static_cast<std::uint32_t>(n)); }
    bool one_in(int n) { return below(n < 1 ? 1 : n) == 0; }
    double upto(double most) { return most * below(10001) / 10000.0; }

    BathSettings some_settings() {
        BathSettings settings;
        settings.setpoint_enabled = one_in(2);
        settings.control_enabled = !one_in(6);
        settings.target_c = 30.0F + static_cast<float>(upto(60.0));
        settings.hysteresis_k = static_cast<float>(upto(3.0));
        settings.out_max_c = 40 + below(80);
        settings.tank_max_c = 50.0F + static_cast<float>(upto(100.0));
        settings.min_on_ms = below(120000);
        settings.min_off_ms = below(120000);
        settings.delta_on_min_k = 1.0F + static_cast<float>(upto(10.0));
        settings.aeration_enabled = one_in(2);
        settings.aeration_interval_ms = 10000 + below(200000);
        settings.aeration_duration_ms = 10000 + below(200000);
        return settings;
    }

    void happen() {
        switch (below(12)) {
            case 0:
            case 1:
            case 2:
            case 3:
            case 4: give_command(); break;
            case 5: tank_ = some_state(); break;
            case 6: outlet_ = some_state(); break;
            case 7: core_ = some_state(); break;
            case 8: stop_or_release(); break;
            case 9: reset(); break;
            case 10: bench().bath->apply(bench().now_ms, bench().settings = some_settings()); break;
            case 11: disturb_water(); break;
        }
    }

    void give_command() {
        const auto output = static_cast<Output>(below(3));
        const auto action = static_cast<Action>(below(4));
        const Millis duration_ms = one_in(4) ? 0 : below(1200000);
        const bool accepted = bench().command(output, action, duration_ms) == Refusal::none;
        if (accepted && emergency_ && action != Action::on) break_with("a command was accepted in an emergency");
        off_by_hand_ = output == kHeater && (action == Action::off || action == Action::hold_off);
    }

    void stop_or_release() {
        emergency_ = !emergency_;
        if (emergency_) {
            bench().bath->engage_emergency(bench().now_ms);
        } else {
            bench().bath->release_emergency(bench().now_ms);
            bench().bath->clear_faults(bench().now_ms);
        }
    }

    void reset() {
        const bool forgotten = one_in(6);
        safe_mode_ = one_in(8);
        emergency_ = emergency_ || forgotten;
        const std::optional<BathMemory> kept = bench().bath->memory();
        bench().boot(forgotten ? std::nullopt : kept, safe_mode_);
        heater_changed_ms_ = pump_changed_ms_ = bench().now_ms;
        heater_was_on_ = pump_was_on_ = false;
        duty_ = 0.0F;
    }

    void disturb_water() {
        if (one_in(3)) bench().probes.sampling = !bench().probes.sampling;
        if (one_in(3)) water_.element_dead = !water_.element_dead;
        if (one_in(2)) water_.plant.pour_into_bath(upto(95.0), upto(8.0) * 4186.0);
    }

    ProbeState some_state() { return one_in(2) ? ProbeState::good : static_cast<ProbeState>(1 + below(4)); }

    static void put_down(RawProbe& probe, ProbeState state) {
        probe.fault = state == ProbeState::silent    ? ProbeFault::missing
                      : state == ProbeState::garbled ? ProbeFault::crc
                                                     : ProbeFault::none;
        if (state == ProbeState::unplugged) probe.temp_c = -127.0F;
        if (state == ProbeState::power_on) probe.temp_c = 85.0F;
    }
    // Since when a fact holds without a break; facts are the test's own, not the controller's view.
    void note_truth() {
        const Millis now = bench().now_ms;
        const bool readable = bench().probes.sampling;
        const float bath_c = probe_reading(water_.plant.bath_c());
        const float tank_c = probe_reading(water_.plant.tank_c());
        const BathSettings& settings = bench().bath->settings();
        const auto since = [now](std::optional<Millis>& from, bool holds) {
            from = holds ? std::optional<Millis>(from.value_or(now)) : std::nullopt;
        };
        since(bath_over_, readable && outlet_ == ProbeState::good &&
                              bath_c >= static_cast<float>(std::min(settings.out_max_c, 80)));
        since(tank_over_, readable && tank_ == ProbeState::good && tank_c >= std::min(settings.tank_max_c, 95.0F));
        // 85 from a tank that is near 85 is a temperature.
        since(tank_bad_, !readable || (tank_ != ProbeState::good && tank_ != ProbeState::power_on));
        since(bath_bad_, !readable || (outlet_ != ProbeState::good && outlet_ != ProbeState::power_on));
    }
    bool longer(const std::optional<Millis>& since, Millis duration_ms) {
        return since && bench().now_ms - *since > duration_ms;
    }

    void break_with(const char* what) {
        if (!broken_) broken_ = what;
    }

    void judge_now() {
        const Millis now = bench().now_ms;
        const BathView& view = bench().view();
        const bool heater = bench().heater.is_on;
        const bool pump = bench().pump.is_on;
        const float duty = bench().motor.duty;
        if (emergency_ && (heater || pump || duty > 0.0F)) break_with("something runs in an emergency");
        if (emergency_ != view.emergency) break_with("the emergency was forgotten, or came from nowhere");
        if (safe_mode_ && (heater || pump || duty > 0.0F)) break_with("something runs in safe mode");
        // A sample is at most 1 s away. Water poured in again and again makes steps that are not believed, until the
        // last good sample is 3 s old.
        if (heater && longer(bath_over_, 3 * kSecond)) break_with("heats above the bath's limit");
        if (heater && longer(tank_over_, 3 * kSecond)) break_with("heats above the tank's limit");
        if (pump && longer(bath_over_, 3 * kSecond)) break_with("pumps above the bath's limit");
        // First bad sample within 1 s, off within 2 s of it.
        if (heater && longer(tank_bad_, 3 * kSecond)) break_with("heats without a tank temperature");
        if (heater && longer(bath_bad_, 3 * kSecond)) break_with("heats without a bath temperature");
        if (view.on[kHeater] != heater || view.on[kPump] != pump) break_with("the view is not the state");
        for (const auto& left_ms : view.lock_left_ms) {
            if (left_ms && (*left_ms > caps::kLeaseMaxMs || *left_ms < 0)) break_with("a lock without end");
        }
        judge_guards(now, heater, pump, duty);
    }

    void judge_guards(Millis now, bool heater, bool pump, float duty) {
        const BathSettings& settings = bench().bath->settings();
        const Reason reason = bench().view().reason;
        const bool safe =
            reason <= Reason::heater_max_on || reason == Reason::core_invalid || reason == Reason::switched_off;
        const Millis heater_kept_ms = now - heater_changed_ms_;
        if (heater && bench().view().mode == Mode::off && !bench().view().lock_left_ms[kHeater]) {
            break_with("heats though its control is switched off");
        }
        if (heater != heater_was_on_) {
            if (heater && heater_kept_ms < settings.min_off_ms) break_with("heater on before its minimum off-time");
            if (!heater && heater_kept_ms < settings.min_on_ms && !safe && !off_by_hand_) {
                break_with("heater off before its minimum on-time, and not for safety");
            }
            heater_changed_ms_ = now;
            ++heater_changes_;
        }
        if (heater && now - heater_changed_ms_ > caps::kHeaterMaxOnMs) break_with("heater on beyond the maximum");
        if (pump != pump_was_on_) {
            const bool forced = bench().view().reason == Reason::gap_too_wide || safe;
            if (pump && !forced && now - pump_changed_ms_ < BathControl::kPumpRestMs) break_with("the pump rattles");
            pump_changed_ms_ = now;
        }
        const float most = static_cast<float>(step_ms_) / static_cast<float>(SoftMotor::kRampMs) + 0.001F;
        const bool stopped = emergency_ || safe_mode_;
        if (std::fabs(duty - duty_) > most && !(stopped && duty <= 0.0F)) break_with("the motor jerks");
        heater_was_on_ = heater;
        pump_was_on_ = pump;
        duty_ = duty;
    }

    std::mt19937 random_;
    Millis step_ms_;
    int event_every_s_;
    PlantBench water_;
    ProbeState tank_ = ProbeState::good, outlet_ = ProbeState::good, core_ = ProbeState::good;
    bool emergency_ = false, safe_mode_ = false, off_by_hand_ = false;
    std::optional<Millis> bath_over_, tank_over_, tank_bad_, bath_bad_;
    Millis heater_changed_ms_ = 0, pump_changed_ms_ = 0;
    bool heater_was_on_ = false, pump_was_on_ = false;
    float duty_ = 0.0F;
    int heater_changes_ = 0;
    const char* broken_ = nullptr;
};

}  // namespace

TEST_CASE("F22 in 2000 random lives of ten minutes nothing is ever on that must be off") {
    long heater_changes = 0;
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        CAPTURE(seed);
        Life life(seed, 200, 12);
        const char* broken = life.live(10 * kMinute);
        INFO(std::string(broken ? broken : ""));
        REQUIRE(broken == nullptr);
        heater_changes += life.heater_changes();
    }
    CHECK(heater_changes > 2000);  // the heater did have its chances
}

TEST_CASE("F10 F22 in 40 random lives of a day with few events, too") {
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        Life life(seed + 100000, kSecond, 3600);
        const char* broken = life.live(24 * kHour);
        INFO(std::string(broken ? broken : ""));
        REQUIRE(broken == nullptr);
    }
}
