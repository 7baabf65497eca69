// The part of BathControl that runs at every tick: senses, watches, decides, drives.
#include <algorithm>

#include "btr/control/bath_control.h"
#include "btr/control/ncurve_mode.h"
#include "btr/control/setpoint_mode.h"

namespace btr::control {

void BathControl::sense(Millis now_ms) {
    const RawProbes raw = probes_.latest(now_ms);
    view_.core = core_judge_.update(now_ms, raw.core);
    view_.tank = tank_judge_.update(now_ms, raw.tank);
    view_.outlet_count = std::min(raw.outlet_count, kMaxOutlets);
    for (std::size_t i = 0; i < kMaxOutlets; ++i) {  // one that left the bus is missing, and must earn trust again
        view_.outlets[i] = outlet_judges_[i].update(now_ms, i < view_.outlet_count ? raw.outlets[i] : RawProbe{});
    }
    const BathTemperature bath = fuse_outlets(view_.outlets, view_.outlet_count);
    view_.bath_c = bath.median_c;
    view_.hottest_c = bath.hottest_c;
    outlets_disagree_ = bath.disagree;
}

void BathControl::watch(Millis now_ms) {
    on_time_.update(now_ms, heater_.is_on());
    std::uint32_t found = 0;
    const std::optional<float> tank_c = view_.tank.temp_c;
    const bool heated = heater_.is_on();
    if (gain_watch_.update(now_ms, heated, pump_.is_on(), tank_c, view_.bath_c)) found |= kFaultNoGain;
    if (rest_watch_.update(now_ms, heated, tank_c, view_.bath_c)) found |= kFaultRelayStuck;
    latch(found);
}

void BathControl::latch(std::uint32_t faults) {
    if ((memory_.latched_faults | faults) == memory_.latched_faults) return;
    memory_.latched_faults |= faults;
    ++revision_;
}

void BathControl::learn(Millis now_ms) {
    const bool may_act = verdict_.pump() != PumpOrder::off;  // as decided for the time since the last tick
    learning_.update(now_ms, settings_, may_act ? view_.bath_c : std::nullopt, heater_.is_on(), pump_.is_on());
}

void BathControl::decide(Millis now_ms) {
    SafetyInput input;
    input.emergency = memory_.emergency;
    input.outputs_barred = safe_mode_ || !has_settings_;
    input.fault_latched = memory_.latched_faults != 0;
    input.hottest_c = view_.hottest_c;
    input.bath_c = view_.bath_c;
    input.tank_c = view_.tank.temp_c;
    input.bath_max_c = static_cast<float>(settings_.out_max_c);
    input.tank_max_c = settings_.tank_max_c;
    input.gap_limit_k = gap_limit_k(settings_, thresholds());
    input.heater_needs_pause = on_time_.needs_pause();
    verdict_ = judge_safety(input);
    if (verdict_.clears_locks) {
        locks_[kHeater].clear_on();
        locks_[kPump].clear_on();
    }
    wish_ = automatic_wish();
    drive_heater(now_ms);
    drive_pump(now_ms);
    drive_aeration(now_ms);
    describe(now_ms);
}

PumpThresholds BathControl::thresholds() const {
    return pump_thresholds(settings_, view_.core.temp_c, learning_.boost_k());
}

Mode BathControl::mode() const {
    if (!settings_.control_enabled) return Mode::off;
    return settings_.setpoint_enabled ? Mode::setpoint : Mode::n_curve;
}

Wish BathControl::automatic_wish() const {
    if (mode() == Mode::off) return {false, false, Reason::switched_off};
    if (!view_.bath_c) return {};
    ControlInput input;
    input.bath_c = *view_.bath_c;
    input.tank_c = view_.tank.temp_c;
    input.core_c = view_.core.temp_c;
    input.thresholds = thresholds();
    input.heater_on = wish_.heat;
    input.pump_on = wish_.pump;
    return mode() == Mode::setpoint ? setpoint_wish(settings_, input) : ncurve_wish(settings_, input);
}

void BathControl::drive_heater(Millis now_ms) {
    if (verdict_.first) {
        heater_.force_off(now_ms);
        wish_.heat = false;
        return;
    }
    if (drops_heat()) {
        heater_.force_off(now_ms);
        return;
    }
    heater_.request(now_ms, locks_[kHeater].or_else(wish_.heat), settings_.min_on_ms, settings_.min_off_ms);
}

// No guard keeps a heater on that somebody has switched off, nor where heat is the wish of a core that is lost (F6).
bool BathControl::drops_heat() const {
    const bool is_unwanted = wish_.reason == Reason::core_invalid || wish_.reason == Reason::switched_off;
    return is_unwanted && !locks_[kHeater].is_held();
}

void BathControl::drive_pump(Millis now_ms) {
    switch (verdict_.pump()) {
        case PumpOrder::off:
            pump_.force_off(now_ms);
            wish_.pump = false;
            break;
        case PumpOrder::on:
            pump_.request(now_ms, true, 0, 0);
            wish_.pump = true;
            break;
        case PumpOrder::free: pump_.request(now_ms, locks_[kPump].or_else(wish_.pump), 0, kPumpRestMs); break;
    }
}

void BathControl::drive_aeration(Millis now_ms) {
    if (verdict_.aeration_off) {
        locks_[kAeration].clear();
        timer_.set(now_ms, false);
        motor_.stop_at_once(now_ms);
        return;
    }
    if (locks_[kAeration].is_held()) {
        timer_.set(now_ms, locks_[kAeration].or_else(false));
    } else {
        timer_.tick(now_ms, settings_);
    }
    motor_.update(now_ms, timer_.is_on());
}

void BathControl::describe(Millis now_ms) {
    view_.on = {heater_.is_on(), pump_.is_on(), timer_.is_on()};
    for (std::size_t i = 0; i < kOutputs; ++i) view_.lock_left_ms[i] = locks_[i].left_ms(now_ms);
    view_.emergency = memory_.emergency;
    view_.mode = mode();
    view_.reason = reason();
    view_.faults = probe_faults() | memory_.latched_faults;
    if (on_time_.needs_pause()) view_.faults |= kFaultHeaterMaxOn;
    if (!has_settings_) view_.faults |= kFaultSettings;
    if (safe_mode_) view_.faults |= kFaultSafeMode;
    if (store_failed_) view_.faults |= kFaultStore;
    view_.boost_k = learning_.boost_k();
    view_.delta_on_k = thresholds().on_k;
}

Reason BathControl::reason() const {
    if (verdict_.first) return verdict_.first->reason;
    if (drops_heat()) return wish_.reason;
    if (heater_.is_waiting()) return Reason::guard;
    if (locks_[kHeater].is_held() || locks_[kPump].is_held()) return Reason::manual;
    return wish_.reason;
}

std::uint32_t BathControl::probe_faults() const {
    std::uint32_t faults = 0;
    if (!view_.core.temp_c) faults |= kFaultCoreProbe;
    if (!view_.tank.temp_c) faults |= kFaultTankProbe;
    const auto* const end = view_.outlets.begin() + view_.outlet_count;
    const bool all_valid =
        std::all_of(view_.outlets.begin(), end, [](const JudgedProbe& outlet) { return outlet.temp_c.has_value(); });
    if (view_.outlet_count == 0 || !all_valid) faults |= kFaultOutletProbe;
    if (outlets_disagree_) faults |= kFaultOutletsDisagree;
    return faults;
}

}  // namespace btr::control
