#pragma once
// A bath controller on the bench: relays, motor and probes that a test sets and reads, and a clock that it moves.
#include <initializer_list>
#include <optional>

#include "btr/control/bath_control.h"

namespace btr::test {

class FakeRelay : public SwitchOutput {
public:
    void set(bool on) override {
        changes += on != is_on;
        is_on = on;
    }
    bool is_on = false;
    int changes = 0;
};

class FakeMotor : public PwmOutput {
public:
    void set(float value) override { duty = value; }
    float duty = 0.0F;
};

// Samples what the test has put down, once a second from `start_ms` on.
class FakeProbes : public BathProbes {
public:
    explicit FakeProbes(Millis start_ms) : next_ms_(start_ms) {
        for (RawProbe* probe : {&set.core, &set.tank}) probe->fault = ProbeFault::none;
        outlets({22.0F});
        set.core.temp_c = set.tank.temp_c = 22.0F;
    }
    RawProbes latest(Millis now_ms) override {
        if (now_ms >= next_ms_ && sampling) {
            sampled_ = set;
            sampled_.core.sampled_ms = sampled_.tank.sampled_ms = now_ms;
            for (RawProbe& outlet : sampled_.outlets) outlet.sampled_ms = now_ms;
            next_ms_ += kSecond;
        }
        return sampled_;
    }
    void outlets(std::initializer_list<float> temps_c) {
        set.outlet_count = 0;
        for (const float temp_c : temps_c) set.outlets[set.outlet_count++] = {temp_c, ProbeFault::none, 0};
    }

    RawProbes set;
    bool sampling = true;

private:
    Millis next_ms_;
    RawProbes sampled_;
};

struct BathBench {
    explicit BathBench(const control::BathSettings& wanted = {}, Millis start_ms = 0)
        : settings(wanted), now_ms(start_ms), probes(start_ms) {
        boot(control::BathMemory{});
    }
    BathHardware hardware() { return {heater, pump, motor, probes}; }
    // A reset: the pins fall off, the logic starts anew with what was kept.
    void boot(const std::optional<control::BathMemory>& memory, bool safe_mode = false, bool with_settings = true) {
        heater.set(false);
        pump.set(false);
        motor.set(0.0F);
        bath.emplace(hardware(), with_settings ? std::optional(settings) : std::nullopt, memory, safe_mode, now_ms,
                     utc_s);
    }
    void run(Millis duration_ms, Millis step_ms = 100) {
        for (const Millis end_ms = now_ms + duration_ms; now_ms < end_ms;) {
            now_ms += step_ms;
            if (utc_s) utc_s = utc_at_start_s + (now_ms - utc_from_ms) / kSecond;
            bath->tick(now_ms, utc_s);
        }
    }
    void set_clock(std::int64_t utc) {
        utc_s = utc_at_start_s = utc;
        utc_from_ms = now_ms;
    }
    void temperatures(float bath_c, float tank_c, float core_c) {
        probes.outlets({bath_c});
        probes.set.tank.temp_c = tank_c;
        probes.set.core.temp_c = core_c;
    }
    // Boots at these temperatures and waits until every probe is judged good and the heater's rest at boot is over.
    void settle(float bath_c, float tank_c, float core_c) {
        temperatures(bath_c, tank_c, core_c);
        run(32 * kSecond);
    }
    control::Refusal command(control::Output output, control::Action action, Millis duration_ms = 0) {
        return bath->command(now_ms, output, action, duration_ms);
    }
    const control::BathView& view() const { return bath->view(); }
    // How long, to the tick, until the heater is off; at most `longest_ms`.
    Millis until_heater_off(Millis longest_ms, Millis step_ms = 100) {
        const Millis from_ms = now_ms;
        while (heater.is_on && now_ms - from_ms < longest_ms) run(step_ms, step_ms);
        return now_ms - from_ms;
    }

    control::BathSettings settings;
    Millis now_ms;
    std::optional<std::int64_t> utc_s;
    std::int64_t utc_at_start_s = 0;
    Millis utc_from_ms = 0;
    FakeRelay heater, pump;
    FakeMotor motor;
    FakeProbes probes;
    std::optional<control::BathControl> bath;
};

}  // namespace btr::test
