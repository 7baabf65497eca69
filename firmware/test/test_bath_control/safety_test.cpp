// What switches the heater off while the controller runs: limits, probes, and that nothing delays it.
#include <doctest/doctest.h>

#include <string>

#include "heating_bench.h"
#include "original_bath.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

BathSettings ncurve() {
    BathSettings settings;
    settings.setpoint_enabled = false;
    return settings;
}

}  // namespace

TEST_CASE("F2 H8 over the hard limit the relays are off within 1 s; the original takes up to post_interval") {
    for (Millis phase_ms = 0; phase_ms < kSecond; phase_ms += 100) {  // since the last sample
        BathBench bench(setpoint_60());
        bench.temperatures(59.0F, 66.0F, 40.0F);
        bench.run(32 * kSecond + phase_ms);
        bench.command(kHeater, Action::on);
        REQUIRE(bench.heater.is_on);
        for (float bath_c = 61.0F; bath_c < 65.0F; bath_c += 2.0F) {
            bench.probes.outlets({bath_c});
            bench.run(kSecond);
        }
        bench.probes.outlets({65.0F});
        CHECK(bench.until_heater_off(5 * kSecond) <= kSecond);
        CHECK_FALSE(bench.pump.is_on);
        CHECK(bench.view().reason == Reason::bath_over_limit);
        CHECK_FALSE(bench.view().lock_left_ms[kHeater]);
    }
    OriginalBath original(setpoint_60(), 0);
    original.tick(kMinute, 40.0F, 59.0F, 66.0F);
    original.tick(2 * kMinute - 1, 40.0F, 65.0F, 66.0F);
    CHECK(original.heater());
}

TEST_CASE("F2 the tank's limit, as fast") {
    Heating bench;
    bench.command(kHeater, Action::on);
    for (float tank_c = 60.0F; tank_c < 90.0F; tank_c += 4.0F) {
        bench.probes.set.tank.temp_c = tank_c;
        bench.run(kSecond);
    }
    bench.probes.set.tank.temp_c = 90.0F;
    CHECK(bench.until_heater_off(5 * kSecond) <= kSecond);
}

TEST_CASE("F6 critical probe invalid for more than 2 samples: heater off within 2 s, back after 3 good ones") {
    struct Row {
        const char* what;
        void (*fails)(FakeProbes&);
        Reason reason;
        std::uint32_t fault;
    };
    const Row rows[] = {
        {"tank unplugged", [](FakeProbes& p) { p.set.tank.temp_c = -127.0F; }, Reason::tank_invalid, kFaultTankProbe},
        {"tank silent", [](FakeProbes& p) { p.set.tank.fault = ProbeFault::missing; }, Reason::tank_invalid,
         kFaultTankProbe},
        {"tank at power-on", [](FakeProbes& p) { p.set.tank.temp_c = 85.0F; }, Reason::tank_invalid, kFaultTankProbe},
        {"outlet unplugged", [](FakeProbes& p) { p.set.outlets[0].temp_c = -127.0F; }, Reason::bath_invalid,
         kFaultOutletProbe},
        {"outlet garbled", [](FakeProbes& p) { p.set.outlets[0].fault = ProbeFault::crc; }, Reason::bath_invalid,
         kFaultOutletProbe},
        {"no outlet at all", [](FakeProbes& p) { p.set.outlet_count = 0; }, Reason::bath_invalid, kFaultOutletProbe},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.what));
        Heating bench;
        bench.run(kMinute);
        const RawProbes good = bench.probes.set;
        row.fails(bench.probes);
        bench.run(kSecond);  // the first bad sample
        if (good.outlet_count == bench.probes.set.outlet_count) CHECK(bench.heater.is_on);
        CHECK(bench.until_heater_off(10 * kSecond) <= 2 * kSecond);
        CHECK(bench.view().reason == row.reason);
        CHECK((bench.view().faults & row.fault) != 0);
        CHECK(bench.command(kHeater, Action::on) != Refusal::none);

        bench.run(kMinute);
        bench.probes.set = good;
        bench.run(2 * kSecond);
        CHECK_FALSE(bench.heater.is_on);
        bench.run(kSecond + 100);
        CHECK(bench.heater.is_on);
    }
}

TEST_CASE("F6 two bad samples do not stop the heater") {
    Heating bench;
    bench.probes.set.tank.temp_c = -127.0F;
    bench.run(2 * kSecond);
    bench.probes.set.tank.temp_c = 60.0F;
    bench.run(2 * kSecond);
    CHECK(bench.heater.is_on);
    CHECK(bench.heater.changes == 1);
}

TEST_CASE("F5 a sensor task that hangs leaves no temperatures: heater off when they are 3 s old") {
    Heating bench;
    bench.probes.sampling = false;
    CHECK(bench.until_heater_off(10 * kSecond) <= 3 * kSecond);
}

TEST_CASE("F7 outlets that disagree: the hottest counts for safety, the median for control, and it is told") {
    BathBench bench(setpoint_60());
    bench.settle(55.0F, 60.0F, 40.0F);
    bench.probes.outlets({55.0F, 55.5F, 60.0F, 61.0F});
    bench.run(8 * kSecond);
    CHECK((bench.view().faults & kFaultOutletsDisagree) != 0);
    CHECK(bench.view().bath_c == doctest::Approx(57.75F));
    CHECK(bench.view().hottest_c == 61.0F);
    CHECK(bench.heater.is_on);
    bench.probes.outlets({55.0F, 55.5F, 60.0F, 65.0F});
    bench.run(2 * kSecond);
    CHECK_FALSE(bench.heater.is_on);
    CHECK(bench.view().reason == Reason::bath_over_limit);
}

TEST_CASE("H7 an unplugged core probe demands no heat; the original heats for ever") {
    for (const float core_c : {-127.0F, 85.0F}) {
        BathBench bench(ncurve());
        bench.settle(40.0F, 45.0F, core_c);
        bench.run(10 * kMinute);
        CHECK_FALSE(bench.heater.is_on);
        CHECK(bench.view().reason == Reason::core_invalid);
        CHECK((bench.view().faults & kFaultCoreProbe) != 0);
        OriginalBath original(ncurve(), 0);
        original.tick(kMinute, core_c, 40.0F, 45.0F);
        CHECK(original.heater());
    }
    SUBCASE("and a core probe lost on the way ends the demand") {
        BathBench bench(ncurve());
        bench.settle(40.0F, 45.0F, 60.0F);
        bench.run(kMinute);
        REQUIRE(bench.heater.is_on);
        bench.probes.set.core.temp_c = -127.0F;
        bench.run(3 * kSecond);
        CHECK_FALSE(bench.heater.is_on);
    }
}

TEST_CASE("H10 no minimum on-time delays a safety off") {
    BathSettings settings = setpoint_60();
    settings.min_on_ms = 600000;
    struct Row {
        const char* what;
        void (*happens)(BathBench&);
    };
    const Row rows[] = {
        {"hard limit",
         [](BathBench& b) {
             b.settings.out_max_c = 50;
             b.bath->apply(b.now_ms, b.settings);
         }},
        {"tank limit",
         [](BathBench& b) {
             b.settings.tank_max_c = 60.0F;
             b.bath->apply(b.now_ms, b.settings);
         }},
        {"emergency", [](BathBench& b) { b.bath->engage_emergency(b.now_ms); }},
        {"gap",
         [](BathBench& b) {
             b.probes.set.tank.temp_c = 64.0F;
             b.run(kSecond);
             b.probes.set.tank.temp_c = 68.0F;
         }},
        {"off by hand", [](BathBench& b) { b.command(kHeater, Action::off); }},
        {"hold_off by hand", [](BathBench& b) { b.command(kHeater, Action::hold_off, kMinute); }},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.what));
        BathBench bench(settings);
        bench.settle(55.0F, 60.0F, 25.0F);
        REQUIRE(bench.heater.is_on);
        row.happens(bench);
        bench.run(kSecond);
        CHECK_FALSE(bench.heater.is_on);
    }
}

TEST_CASE("F6 H10 the n-curve's core probe is critical: lost, no minimum on-time keeps the heater on") {
    BathSettings settings = ncurve();
    settings.min_on_ms = 600000;
    BathBench bench(settings);
    bench.settle(40.0F, 45.0F, 60.0F);
    REQUIRE(bench.heater.is_on);
    bench.probes.set.core.temp_c = -127.0F;
    bench.run(kSecond);  // the first bad sample
    SUBCASE("off within 2 s") {
        CHECK(bench.until_heater_off(kMinute) <= 2 * kSecond);
        CHECK(bench.view().reason == Reason::core_invalid);
    }
    SUBCASE("and it is told, although the pump is held by hand") {
        bench.command(kPump, Action::on, kMinute);
        bench.run(3 * kSecond);
        CHECK_FALSE(bench.heater.is_on);
        CHECK(bench.view().reason == Reason::core_invalid);
    }
    SUBCASE("but heat by hand does not ask the core") {
        bench.command(kHeater, Action::on, kMinute);
        bench.run(30 * kSecond);
        CHECK(bench.heater.is_on);
    }
}

TEST_CASE("F23 gap too wide: heater off, pump forced, even against a lock") {
    Heating bench;
    bench.command(kHeater, Action::on);
    bench.command(kPump, Action::hold_off);
    const float limit_k = 1.6F * bench.view().delta_on_k + 3.0F;
    for (float tank_c = 60.0F; tank_c < 55.0F + limit_k; tank_c += 1.0F) {
        CHECK(bench.heater.is_on);
        bench.probes.set.tank.temp_c = tank_c;
        bench.run(kSecond);
    }
    bench.probes.set.tank.temp_c = 56.0F + limit_k;
    bench.run(kSecond);
    CHECK_FALSE(bench.heater.is_on);
    CHECK(bench.pump.is_on);
    CHECK(bench.view().reason == Reason::gap_too_wide);
}
