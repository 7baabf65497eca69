#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "btr/host/bath_rig.h"

using namespace btr;
using namespace btr::host;

namespace {

struct Bench {
    explicit Bench(const std::string& script = "", double speed = 1.0)
        : faults(*FaultScript::parse(script, Machine::bath).value), rig(speed, faults) {}

    RawProbes run(Millis until_ms) {
        for (; now_ms <= until_ms; now_ms += 50) {
            rig.let_pass(now_ms);
            probes = rig.latest(now_ms);
        }
        return probes;
    }

    FaultScript faults;
    BathRig rig;
    RawProbes probes;
    Millis now_ms = 0;
};

}  // namespace

TEST_CASE("Probes convert for 750 ms, then once a second, in sixteenths of a degree") {
    Bench bench;
    CHECK(bench.run(700).tank.fault == ProbeFault::missing);
    CHECK(bench.run(750).tank.fault == ProbeFault::none);
    CHECK(bench.probes.tank.sampled_ms == 750);
    CHECK(bench.run(1700).tank.sampled_ms == 750);
    CHECK(bench.run(1750).tank.sampled_ms == 1750);
    CHECK(bench.probes.outlet_count == 3);
    CHECK(bench.probes.outlets[0].temp_c < bench.probes.outlets[2].temp_c);
    for (const RawProbe& probe : {bench.probes.core, bench.probes.tank, bench.probes.outlets[1]}) {
        CHECK(probe.temp_c * 16.0F == std::round(probe.temp_c * 16.0F));
    }
}

TEST_CASE("Water gets warmer by the heater, and as many times faster as asked for") {
    Bench real, fast("", 5.0), off;
    real.rig.heater.set(true);
    fast.rig.heater.set(true);
    const float start_c = off.run(750).tank.temp_c;
    const float real_k = real.run(60750).tank.temp_c - start_c;
    const float fast_k = fast.run(12750).tank.temp_c - start_c;
    CHECK(real_k == doctest::Approx(7.1).epsilon(0.05));  // 2 kW into 4 l for a minute
    CHECK(fast_k == doctest::Approx(real_k).epsilon(0.05));
    CHECK(off.run(60750).tank.temp_c <= start_c);
}

TEST_CASE("A welded relay heats whatever it is told, a dead element never does") {
    Bench welded("0 heater welded"), dead("0 heater dead");
    dead.rig.heater.set(true);
    const float start_c = welded.run(750).tank.temp_c;
    CHECK(welded.run(60750).tank.temp_c > start_c + 6.0F);
    CHECK(dead.run(60750).tank.temp_c <= start_c);
}

TEST_CASE("Faults spoil the probe that they name for as long as they hold") {
    Bench bench(
        "2 core power_on_85 for 2\n2 tank unplug for 2\n2 outlet1 stuck 70 for 2\n2 outlet2 nan for 2\n"
        "2 outlet3 crc for 2\n");
    bench.run(3000);
    CHECK(bench.probes.core.temp_c == 85.0F);
    CHECK(bench.probes.core.fault == ProbeFault::none);
    CHECK(bench.probes.tank.fault == ProbeFault::missing);
    CHECK(bench.probes.tank.temp_c == -127.0F);
    CHECK(bench.probes.outlets[0].temp_c == 70.0F);
    CHECK(std::isnan(bench.probes.outlets[1].temp_c));
    CHECK(bench.probes.outlets[2].fault == ProbeFault::crc);
    bench.run(5000);
    CHECK(bench.probes.core.temp_c < 40.0F);
    CHECK(bench.probes.tank.fault == ProbeFault::none);
}

TEST_CASE("Without power every output is off and nothing has been measured") {
    Bench bench;
    bench.rig.heater.set(true);
    bench.rig.pump.set(true);
    bench.rig.aeration.set(0.7F);
    bench.run(2000);
    bench.rig.cut_power();
    CHECK_FALSE(bench.rig.heater.is_on());
    CHECK_FALSE(bench.rig.pump.is_on());
    CHECK(bench.rig.aeration.duty() == 0.0F);
    CHECK(bench.rig.latest(0).tank.fault == ProbeFault::missing);
}
