// What outlasts a reset, a message and a long day: the emergency stop, the rest after a boot, the caps.
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "heating_bench.h"
#include "original_bath.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

TEST_CASE("F12 H9 emergency: off at once, kept over every reset, released only by hand") {
    Heating bench;
    bench.settings.aeration_enabled = false;
    bench.command(kAeration, Action::on);
    bench.run(3 * kSecond);
    REQUIRE(bench.motor.duty == 1.0F);
    const auto before = bench.bath->revision();

    bench.bath->engage_emergency(bench.now_ms);  // no time passes, no tick
    CHECK_FALSE(bench.heater.is_on);
    CHECK_FALSE(bench.pump.is_on);
    CHECK(bench.motor.duty == 0.0F);
    CHECK(bench.bath->memory().emergency);
    CHECK(bench.bath->revision() > before);  // to be stored before it is acknowledged
    for (const Output output : {kHeater, kPump, kAeration}) {
        CHECK(bench.command(output, Action::on) == Refusal::emergency);
        CHECK(bench.command(output, Action::automatic) == Refusal::emergency);
    }
    CHECK_FALSE(bench.view().lock_left_ms[kAeration]);

    for (int reset = 0; reset < 3; ++reset) {
        bench.boot(bench.bath->memory());
        bench.run(2 * kMinute);
        CHECK_FALSE(bench.heater.is_on);
        CHECK_FALSE(bench.pump.is_on);
        CHECK(bench.view().reason == Reason::emergency);
        CHECK(bench.view().emergency);
    }
    bench.bath->release_emergency(bench.now_ms);
    CHECK_FALSE(bench.bath->memory().emergency);
    bench.run(kSecond);
    CHECK(bench.heater.is_on);

    OriginalBath original(setpoint_60(), 0);
    original.emergency();
    original = OriginalBath(setpoint_60(), 0);  // the reset
    original.tick(kMinute, 40.0F, 55.0F, 60.0F);
    CHECK(original.heater());
}

TEST_CASE("F12 memory that cannot be read counts as stopped, and is worth storing") {
    BathBench bench(setpoint_60());
    bench.boot(std::nullopt);
    CHECK(bench.bath->revision() > 0);
    bench.settle(55.0F, 60.0F, 40.0F);
    bench.run(kMinute);
    CHECK_FALSE(bench.heater.is_on);
    CHECK(bench.view().reason == Reason::emergency);
    bench.bath->engage_emergency(bench.now_ms);
    const auto stored = bench.bath->revision();
    bench.bath->engage_emergency(bench.now_ms);
    CHECK(bench.bath->revision() == stored);  // nothing new
}

TEST_CASE("F13 after boot the outputs are off and the heater waits its minimum off-time") {
    BathSettings settings = setpoint_60();
    settings.min_off_ms = 120000;
    BathBench bench(settings);
    bench.temperatures(55.0F, 60.0F, 40.0F);
    CHECK_FALSE(bench.heater.is_on);
    CHECK_FALSE(bench.pump.is_on);
    bench.run(119900);
    CHECK_FALSE(bench.heater.is_on);
    CHECK(bench.view().reason == Reason::guard);
    CHECK(bench.command(kHeater, Action::on) == Refusal::none);  // not by hand either
    CHECK_FALSE(bench.heater.is_on);
    bench.run(100);
    CHECK(bench.heater.is_on);
}

TEST_CASE("F14 in safe mode every output stays off") {
    BathBench bench(setpoint_60());
    bench.boot(BathMemory{}, true);
    bench.settle(55.0F, 60.0F, 40.0F);
    bench.run(20 * kMinute);
    CHECK(bench.heater.changes + bench.pump.changes == 0);
    CHECK(bench.motor.duty == 0.0F);
    CHECK(bench.view().reason == Reason::safe_mode);
    CHECK((bench.view().faults & kFaultSafeMode) != 0);
    for (const Output output : {kHeater, kPump, kAeration}) {
        CHECK(bench.command(output, Action::on) == Refusal::safe_mode);
    }
    bench.bath->apply(bench.now_ms, setpoint_60());  // settings do not end it
    bench.run(kMinute);
    CHECK_FALSE(bench.heater.is_on);
}

TEST_CASE("F15 without settings that can be used every output stays off until there are some") {
    BathBench bench(setpoint_60());
    bench.boot(BathMemory{}, false, false);
    bench.settle(55.0F, 60.0F, 40.0F);
    bench.run(20 * kMinute);
    CHECK(bench.heater.changes + bench.pump.changes == 0);
    CHECK(bench.motor.duty == 0.0F);
    CHECK((bench.view().faults & kFaultSettings) != 0);
    bench.bath->apply(bench.now_ms, setpoint_60());
    bench.run(kSecond);
    CHECK(bench.heater.is_on);
    CHECK((bench.view().faults & kFaultSettings) == 0);
}

TEST_CASE("F16 H13 no settings lift a compiled-in cap") {
    BathSettings wild = setpoint_60();
    wild.out_max_c = 500;
    wild.target_c = 400.0F;
    wild.tank_max_c = std::numeric_limits<float>::infinity();
    wild.min_on_ms = 2000000000;
    wild.min_off_ms = -5;
    wild.delta_on_min_k = std::numeric_limits<float>::quiet_NaN();
    BathBench bench(wild);
    const BathSettings& used = bench.bath->settings();
    CHECK(used.out_max_c == 80);
    CHECK(used.tank_max_c == 90.0F);  // not a number to compare with: the default
    CHECK(used.min_on_ms == caps::kGuardMaxMs);
    CHECK(used.min_off_ms == 0);
    CHECK(used.delta_on_min_k == 6.0F);
    bench.settle(78.0F, 83.0F, 40.0F);
    CHECK(bench.heater.is_on);
    bench.probes.outlets({80.0F});
    bench.run(kSecond);
    CHECK_FALSE(bench.heater.is_on);

    wild.tank_max_c = 200.0F;
    bench.bath->apply(bench.now_ms, wild);  // nor when taken over later
    CHECK(bench.bath->settings().tank_max_c == caps::kTankMaxC);
}

TEST_CASE("F10 the heater pauses after 4 h of heating, even when short pauses came between") {
    BathSettings settings = setpoint_60();
    BathBench bench(settings);
    bench.settle(30.0F, 35.0F, 40.0F);
    // A bath that warms steadily and never arrives: gain, so that only the time can stop it.
    Millis on_ms = 0;
    int minutes = 0;
    while (bench.view().reason != Reason::heater_max_on && minutes < 600) {
        const float warmer = static_cast<float>(minutes % 400) * 0.0625F;
        bench.temperatures(30.0F + warmer, 35.0F + warmer, 40.0F);
        if (minutes % 60 == 59) bench.command(kHeater, Action::off);  // half a minute of guard, no pause
        for (int second = 0; second < 60; ++second) {
            bench.run(kSecond);
            on_ms += bench.heater.is_on ? kSecond : 0;
        }
        ++minutes;
    }
    CHECK(bench.view().reason == Reason::heater_max_on);
    CHECK((bench.view().faults & kFaultHeaterMaxOn) != 0);
    CHECK(on_ms <= caps::kHeaterMaxOnMs);
    CHECK(on_ms > caps::kHeaterMaxOnMs - 10 * kMinute);
    CHECK(bench.command(kHeater, Action::on) == Refusal::heater_needs_pause);
    bench.run(OnTimeLimit::kPauseMs - 2 * kMinute);
    CHECK_FALSE(bench.heater.is_on);
    bench.run(2 * kMinute);
    CHECK(bench.heater.is_on);
}

TEST_CASE("F10 resets do not lengthen the 4 h without a pause") {
    for (const int reset_every_minutes : {7, 100, 225}) {
        CAPTURE(reset_every_minutes);
        BathBench bench(setpoint_60());
        bench.settle(30.0F, 35.0F, 40.0F);
        Millis on_ms = 0;
        int minutes = 0;
        while (bench.view().reason != Reason::heater_max_on && minutes < 600) {
            const float warmer = static_cast<float>(minutes % 400) * 0.0625F;
            bench.temperatures(30.0F + warmer, 35.0F + warmer, 40.0F);
            for (int second = 0; second < 60; ++second) {
                bench.run(kSecond);
                on_ms += bench.heater.is_on ? kSecond : 0;
            }
            ++minutes;
            if (minutes % reset_every_minutes == 0) bench.boot(bench.bath->memory());
        }
        CHECK(bench.view().reason == Reason::heater_max_on);
        CHECK(on_ms > 30 * kMinute);
        CHECK(on_ms <= caps::kHeaterMaxOnMs);
        bench.boot(bench.bath->memory());
        bench.run(OnTimeLimit::kPauseMs - kMinute);
        CHECK_FALSE(bench.heater.is_on);
        bench.run(2 * kMinute);
        CHECK(bench.heater.is_on);
        CHECK(bench.bath->memory().heated_half_hours == 1);
    }
}

TEST_CASE("F10 heating in turns with full pauses is kept once, to spare the flash") {
    BathBench bench(setpoint_60());
    bench.settle(55.0F, 60.0F, 40.0F);
    REQUIRE(bench.heater.is_on);
    for (int turn = 0; turn < 3; ++turn) {
        bench.run(kMinute);
        CHECK(bench.heater.is_on);
        CHECK(bench.bath->memory().heated_half_hours == 1);
        bench.command(kHeater, Action::hold_off, 6 * kMinute);
        bench.run(6 * kMinute);
        CHECK(bench.bath->memory().heated_half_hours == 1);
    }
}

TEST_CASE("a store that does not take what must survive is told") {
    BathBench bench;
    bench.bath->note_store_failure(true);
    bench.run(100);
    CHECK((bench.view().faults & kFaultStore) != 0);
    bench.bath->note_store_failure(false);
    bench.run(100);
    CHECK((bench.view().faults & kFaultStore) == 0);
}
