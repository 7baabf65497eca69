#pragma once
// The bench with water in it: the plant answers to the relays, the probes to the plant.
#include <functional>

#include "bath_bench.h"
#include "plant.h"

namespace btr::test {

struct PlantBench {
    explicit PlantBench(const control::BathSettings& settings, const Plant& water = Plant(), Millis start_ms = 0)
        : bench(settings, start_ms), plant(water) {
        show();
    }
    void show() {
        bench.temperatures(probe_reading(plant.bath_c()), probe_reading(plant.tank_c()), probe_reading(plant.core_c()));
        if (tank_probe_out_c) bench.probes.set.tank.temp_c = *tank_probe_out_c;
        if (disturb) disturb(bench.probes.set);
    }
    void run(Millis duration_ms, Millis step_ms = 100) {
        for (Millis passed_ms = 0; passed_ms < duration_ms; passed_ms += step_ms) {
            show();
            bench.run(step_ms, step_ms);
            plant.advance(step_ms, (bench.heater.is_on && !element_dead) || relay_stuck, bench.pump.is_on);
        }
    }
    // Runs until `faults` shows one of the bits or the time is over; how long that took.
    Millis until_fault(std::uint32_t faults, Millis longest_ms) {
        const Millis from_ms = bench.now_ms;
        while ((bench.view().faults & faults) == 0 && bench.now_ms - from_ms < longest_ms) run(kSecond);
        return bench.now_ms - from_ms;
    }

    BathBench bench;
    Plant plant;
    bool element_dead = false;
    bool relay_stuck = false;                // on, whatever is said
    std::optional<float> tank_probe_out_c;  // the probe hangs in air of this temperature
    std::function<void(RawProbes&)> disturb;  // what the probes do with the truth
};

}  // namespace btr::test
