// Does the heater do what it is told? On the plant, so that pump, bath and losses have their say.
#include <doctest/doctest.h>

#include "plant_bench.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

BathSettings setpoint_60() {
    BathSettings settings;
    settings.target_c = 60.0F;
    return settings;
}

}  // namespace

TEST_CASE("F8 a dead element: off and latched after 10 minutes of heating without gain") {
    PlantBench water(setpoint_60());
    water.element_dead = true;
    const Millis took_ms = water.until_fault(kFaultNoGain, kHour);
    CHECK(took_ms <= 11 * kMinute);
    CHECK_FALSE(water.bench.heater.is_on);
    CHECK(water.bench.view().reason == Reason::fault_latched);
    CHECK(water.bench.command(kHeater, Action::on) == Refusal::fault_latched);

    SUBCASE("over a reset, too") {
        water.bench.boot(water.bench.bath->memory());
        water.run(kHour);
        CHECK_FALSE(water.bench.heater.is_on);
        CHECK((water.bench.view().faults & kFaultNoGain) != 0);
    }
    SUBCASE("until someone clears it; a repaired heater then heats") {
        water.element_dead = false;
        const auto before = water.bench.bath->revision();
        water.bench.bath->clear_faults(water.bench.now_ms);
        CHECK(water.bench.bath->revision() > before);
        water.run(kHour);
        CHECK((water.bench.view().faults & kFaultNoGain) == 0);
        CHECK(water.plant.bath_c() > 50.0);
    }
}

TEST_CASE("F8 an element that dies at work is found within two windows, pumping or not") {
    PlantBench water(setpoint_60(), Plant({}, 22.0, 22.0, 22.0));
    water.run(5 * kMinute);
    REQUIRE(water.plant.bath_c() > 25.0);
    water.element_dead = true;
    CHECK(water.until_fault(kFaultNoGain, kHour) <= 2 * GainWatch::kWindowMs);
}

TEST_CASE("F8 a tank probe that hangs in the air is found, before the tank boils") {
    PlantBench water(setpoint_60(), Plant({}, 30.0, 30.0, 30.0));
    water.tank_probe_out_c = 23.0F;
    water.until_fault(kFaultNoGain, kHour);
    CHECK((water.bench.view().faults & kFaultNoGain) != 0);
    CHECK(water.plant.tank_c() < 120.0);
}

TEST_CASE("F8 a tank probe that repeats one reading for ever is found, although the pumped bath gains") {
    for (const float stuck_c : {50.0F, 60.0F}) {
        CAPTURE(stuck_c);
        PlantSize size;
        size.bath_j_per_k = 60.0 * 4186.0;
        size.pumped_w_per_k = 50.0;
        PlantBench water(setpoint_60(), Plant(size, 45.0, 45.0, 45.0));
        bool is_stuck = false;
        water.disturb = [&](RawProbes& set) {
            is_stuck = is_stuck || set.tank.temp_c >= stuck_c;
            if (is_stuck) set.tank.temp_c = stuck_c;
        };
        CHECK(water.until_fault(kFaultNoGain, kHour) <= 2 * GainWatch::kWindowMs + kMinute);
        CHECK_FALSE(water.bench.heater.is_on);
        CHECK(water.plant.tank_c() < 120.0);
    }
}

TEST_CASE("F8 bursts without gain add up") {
    BathSettings settings = setpoint_60();
    PlantBench water(settings, Plant({}, 59.5, 60.0, 59.0));
    water.element_dead = true;
    water.run(40 * kSecond);
    for (int i = 0; i < 10 && water.bench.view().faults == 0; ++i) {  // a minute by hand, two minutes of rest
        water.bench.command(kHeater, Action::on, kMinute);
        water.run(kMinute);
        water.bench.command(kHeater, Action::hold_off, 2 * kMinute);
        water.run(2 * kMinute);
    }
    CHECK((water.bench.view().faults & kFaultNoGain) != 0);
}

TEST_CASE("F8 a tank that cools because it is pumped into a cold bath is no fault") {
    PlantBench water(setpoint_60(), Plant({}, 70.0, 25.0, 25.0));
    const double tank_c = water.plant.tank_c();
    water.run(11 * kMinute);
    CHECK(water.plant.tank_c() < tank_c);  // less than when heating began
    CHECK((water.bench.view().faults & kFaultNoGain) == 0);
    water.run(2 * kHour);
    CHECK(water.bench.view().faults == 0);
}

TEST_CASE("F8 F9 a sound heater is never blamed, weak or strong, warm or cold") {
    for (const double heater_w : {800.0, 2000.0, 4000.0}) {
        for (const double pumped_w_per_k : {50.0, 300.0}) {
            CAPTURE(heater_w);
            CAPTURE(pumped_w_per_k);
            PlantSize size;
            size.heater_w = heater_w;
            size.pumped_w_per_k = pumped_w_per_k;
            PlantBench water(setpoint_60(), Plant(size));
            std::uint32_t seen = 0;
            for (int minute = 0; minute < 6 * 60; ++minute) {
                water.run(kMinute, 500);
                if (minute == 240) water.plant.pour_into_bath(15.0, 2.0 * 4186.0);
                seen |= water.bench.view().faults;
            }
            CHECK((seen & (kFaultNoGain | kFaultRelayStuck)) == 0);
        }
    }
}

TEST_CASE("F9 a relay that sticks is found minutes after it should have opened") {
    PlantBench water(setpoint_60(), Plant({}, 22.0, 22.0, 22.0));
    water.run(10 * kMinute);
    REQUIRE(water.bench.heater.is_on);
    water.relay_stuck = true;
    water.bench.command(kHeater, Action::hold_off, 10 * kMinute);
    const Millis took_ms = water.until_fault(kFaultRelayStuck, kHour);
    CHECK(took_ms <= RestWatch::kSettleMs + RestWatch::kWindowMs);
    CHECK(water.bench.view().reason == Reason::fault_latched);
    water.bench.boot(water.bench.bath->memory());
    CHECK((water.bench.view().faults & kFaultRelayStuck) != 0);
}

TEST_CASE("F9 also while the pump takes the heat away") {
    PlantBench water(setpoint_60(), Plant({}, 30.0, 30.0, 30.0));
    water.run(40 * kSecond);
    water.relay_stuck = true;
    water.bench.command(kHeater, Action::hold_off, 10 * kMinute);
    water.bench.command(kPump, Action::on, 10 * kMinute);
    CHECK(water.until_fault(kFaultRelayStuck, kHour) <= RestWatch::kSettleMs + RestWatch::kWindowMs);
}

TEST_CASE("F9 a cold tank that the bath warms through the pump is no stuck relay") {
    PlantBench water(setpoint_60(), Plant({}, 30.0, 60.5, 60.0));
    water.run(5 * kSecond);
    for (int i = 0; i < 3; ++i) {
        water.bench.command(kHeater, Action::hold_off, 10 * kMinute);
        water.bench.command(kPump, Action::on, 9 * kMinute);
        water.run(10 * kMinute);
    }
    CHECK(water.plant.tank_c() > 45.0);
    CHECK((water.bench.view().faults & kFaultRelayStuck) == 0);
}
