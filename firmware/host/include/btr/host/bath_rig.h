#pragma once
// The hardware around a simulated bath: relays, DS18B20 probes, and water that answers to them.
#include <array>
#include <optional>

#include "btr/hal/hal.h"
#include "btr/host/fault_script.h"
#include "plant.h"

namespace btr::host {

class Relay : public SwitchOutput {
public:
    void set(bool on) override { is_on_ = on; }
    bool is_on() const { return is_on_; }

private:
    bool is_on_ = false;
};

class Fan : public PwmOutput {
public:
    void set(float duty) override { duty_ = duty; }
    float duty() const { return duty_; }

private:
    float duty_ = 0.0F;
};

class BathRig : public BathProbes {
public:
    // A warm bath with a core, a tank and three outlets; the water reacts `water_speed` times as fast as it would.
    BathRig(double water_speed, const FaultScript& faults);

    BathHardware hardware() { return {heater, pump, aeration, *this}; }
    // Every pin falls back to its default, and the probes have measured nothing.
    void cut_power();
    // Lets the water go on up to that moment, with the outputs as they are. Must not go back.
    void let_pass(Millis elapsed_ms);
    RawProbes latest(Millis now_ms) override;

    Relay heater;
    Relay pump;
    Fan aeration;

private:
    void convert(Millis now_ms);
    RawProbe measure(Target probe, double temp_c, Millis now_ms) const;

    double water_speed_;
    const FaultScript& faults_;
    test::Plant plant_;
    RawProbes newest_;
    std::optional<Millis> conversion_ends_ms_;
    Millis elapsed_ms_ = 0;
};

}  // namespace btr::host
