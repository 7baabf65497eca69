#include <doctest/doctest.h>

#include <vector>

#include "plant_bench.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

struct Moment {
    bool heater, pump, aeration;
    Reason reason;
    float bath_c, boost_k, duty;
    bool operator==(const Moment& other) const {
        return heater == other.heater && pump == other.pump && aeration == other.aeration && reason == other.reason &&
               bath_c == other.bath_c && boost_k == other.boost_k && duty == other.duty;
    }
};

// Two hours with everything in them: cold start, commands, a lost probe, an emergency, a boost.
std::vector<Moment> trace_from(Millis start_ms, bool setpoint) {
    BathSettings settings;
    settings.setpoint_enabled = setpoint;
    settings.target_c = 45.0F;
    PlantBench water(settings, Plant({}, 22.0, 22.0, setpoint ? 22.0 : 40.0), start_ms);
    std::vector<Moment> trace;
    for (int second = 0; second < 2 * 3600; ++second) {
        BathBench& bench = water.bench;
        if (second == 2000) bench.command(kHeater, Action::on, 0);
        if (second == 3000) bench.command(kPump, Action::on, 7 * kMinute);
        if (second == 4000) bench.probes.set.tank.fault = ProbeFault::crc;
        if (second == 4100) bench.probes.set.tank.fault = ProbeFault::none;
        if (second == 5000) bench.bath->engage_emergency(bench.now_ms);
        if (second == 5300) bench.bath->release_emergency(bench.now_ms);
        water.run(kSecond, 250);
        const BathView& view = bench.view();
        trace.push_back({bench.heater.is_on, bench.pump.is_on, view.on[kAeration], view.reason,
                         view.bath_c.value_or(-1.0F), view.boost_k, bench.motor.duty});
    }
    return trace;
}

}  // namespace

TEST_CASE("F11 started 10 s before 2^32 ms, or far beyond it, the same scenario gives the same trace") {
    for (const bool setpoint : {true, false}) {
        const std::vector<Moment> expected = trace_from(0, setpoint);
        CHECK(trace_from((Millis(1) << 32) - 10 * kSecond, setpoint) == expected);
        CHECK(trace_from((Millis(1) << 31) - 10 * kSecond, setpoint) == expected);
        CHECK(trace_from(Millis(1) << 50, setpoint) == expected);
    }
}

TEST_CASE("the learned boost is kept in whole steps, and again when it is gone") {
    BathSettings settings;
    settings.target_c = 60.0F;
    BathBench bench(settings);
    bench.settle(60.0F, 61.0F, 40.0F);
    const auto before = bench.bath->revision();
    for (int minute = 0; minute < 4; ++minute) {  // the pump alone, in vain
        bench.command(kPump, Action::on, 10 * kMinute);
        bench.run(kMinute);
    }
    CHECK(bench.view().boost_k >= 1.0F);
    CHECK(bench.bath->memory().boost_k >= 1.0F);
    CHECK(bench.bath->revision() - before <= 2);
    const float kept_k = bench.bath->memory().boost_k;
    bench.boot(bench.bath->memory());
    CHECK(bench.view().boost_k == kept_k);
    bench.run(30 * kMinute);
    CHECK(bench.view().boost_k == 0.0F);
    CHECK(bench.bath->memory().boost_k == 0.0F);
}
