// A day of bath control over the plant, ours beside the original's rules: energy, relay wear, temperature band.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "original_bath.h"
#include "plant_bench.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

constexpr Millis kDay = 24 * kHour;
constexpr Millis kWarmUp = 6 * kHour;  // the band is judged after it

struct Day {
    double kwh = 0.0;
    double balance_j = 0.0;  // heated + grown - held - lost; 0 but for rounding
    int heater_changes = 0, pump_changes = 0;
    double coldest_c = 1e9, hottest_c = -1e9;  // of the bath, after warm-up
    double tank_mean_c = 0.0;
    Millis over_limit_ms = 0;
};

class Judge {
public:
    Judge(const BathSettings& settings, const Plant& plant) : limit_c_(settings.out_max_c), start_(plant) {}
    void see(Millis at_ms, Millis passed_ms, const Plant& plant, bool heater, bool pump) {
        day_.heater_changes += heater != heater_;
        day_.pump_changes += pump != pump_;
        heater_ = heater;
        pump_ = pump;
        if (plant.bath_c() >= limit_c_) day_.over_limit_ms += passed_ms;
        day_.tank_mean_c += plant.tank_c() * static_cast<double>(passed_ms) / static_cast<double>(kDay);
        if (at_ms < kWarmUp) return;
        day_.coldest_c = std::min(day_.coldest_c, plant.bath_c());
        day_.hottest_c = std::max(day_.hottest_c, plant.bath_c());
    }
    Day day(const char* name, const Plant& plant) {
        day_.kwh = plant.heated_j() / 3.6e6;
        day_.balance_j = plant.heated_j() + plant.grown_j() - (plant.held_j() - start_.held_j()) - plant.lost_j();
        std::printf("%-28s %6.3f kWh, heater %4d, pump %4d changes, bath %6.2f..%6.2f degC, tank %5.2f, over %lld s\n",
                    name, day_.kwh, day_.heater_changes, day_.pump_changes, day_.coldest_c, day_.hottest_c,
                    day_.tank_mean_c, static_cast<long long>(day_.over_limit_ms / kSecond));
        return day_;
    }

private:
    double limit_c_;
    Plant start_;
    Day day_;
    bool heater_ = false, pump_ = false;
};

Day ours(const char* name, const BathSettings& settings, const Plant& plant, bool noisy = false) {
    PlantBench water(settings, plant);
    std::mt19937 random(7);
    if (noisy) {  // one step of the converter up or down
        water.disturb = [&random](RawProbes& set) {
            for (RawProbe* probe : {&set.core, &set.tank, &set.outlets[0]}) {
                probe->temp_c += static_cast<float>(static_cast<int>(random() % 3) - 1) / 16.0F;
            }
        };
    }
    Judge judge(settings, plant);
    constexpr Millis kStep = 200;
    for (Millis at = 0; at < kDay; at += kStep) {
        water.run(kStep, kStep);
        judge.see(at, kStep, water.plant, water.bench.heater.is_on, water.bench.pump.is_on);
    }
    CHECK((water.bench.view().faults & (kFaultNoGain | kFaultRelayStuck)) == 0);
    return judge.day(name, water.plant);
}

Day original(const char* name, const BathSettings& settings, Plant plant) {
    OriginalBath bath(settings, 0);
    Judge judge(settings, plant);
    for (Millis at = 0; at < kDay; at += kSecond) {
        bath.tick(at, probe_reading(plant.core_c()), probe_reading(plant.bath_c()), probe_reading(plant.tank_c()));
        plant.advance(kSecond, bath.heater(), bath.pump());
        judge.see(at, kSecond, plant, bath.heater(), bath.pump());
    }
    return judge.day(name, plant);
}

// What a day must cost: warming everything from `from_c`, and the losses at the mean temperatures.
double expected_kwh(const PlantSize& size, double from_c, double bath_c, double tank_c) {
    const double warmed_j =
        size.tank_j_per_k * (tank_c - from_c) + (size.bath_j_per_k + size.core_j_per_k) * (bath_c - from_c);
    const double loss_w = size.tank_loss_w_per_k * (tank_c - size.room_c) +
                          size.bath_loss_w_per_k * (bath_c - size.room_c) - size.compost_w;
    return (warmed_j + loss_w * 86400.0) / 3.6e6;
}

BathSettings setpoint(float target_c, float hysteresis_k = 0.8F) {
    BathSettings settings;
    settings.target_c = target_c;
    settings.hysteresis_k = hysteresis_k;
    return settings;
}

}  // namespace

TEST_CASE("a day at 60 degC: in the band, at the price of its losses") {
    const Day day = ours("ours, 60 degC", setpoint(60.0F), Plant());
    CHECK(std::abs(day.balance_j) < 1.0);
    CHECK(day.kwh == doctest::Approx(expected_kwh({}, 22.0, 60.0, day.tank_mean_c)).epsilon(0.02));
    CHECK(day.coldest_c >= 59.2 - 0.1);
    CHECK(day.hottest_c <= 60.8 + 0.1);
    CHECK(day.over_limit_ms == 0);
    CHECK(day.heater_changes <= 420);
    CHECK(day.pump_changes <= 420);

    const Day theirs = original("original, 60 degC", setpoint(60.0F), Plant());
    CHECK(day.kwh <= theirs.kwh);
    CHECK(day.hottest_c - day.coldest_c < theirs.hottest_c - theirs.coldest_c);
    // The original's one minute between decisions makes its band wider than asked for. Asked for that band, ours
    // switches less.
    const auto middle_c = static_cast<float>((theirs.hottest_c + theirs.coldest_c) / 2.0);
    const auto half_k = static_cast<float>((theirs.hottest_c - theirs.coldest_c) / 2.0);
    const Day alike = ours("ours, as wide as original", setpoint(middle_c, half_k - 0.02F), Plant());
    CHECK(alike.hottest_c - alike.coldest_c <= theirs.hottest_c - theirs.coldest_c);
    CHECK(alike.heater_changes <= theirs.heater_changes);
    CHECK(alike.pump_changes <= theirs.pump_changes);
}

TEST_CASE("F2 a day with the default settings, target at the limit: never over it; the original is, for hours") {
    const Day day = ours("ours, defaults", BathSettings{}, Plant());
    CHECK(std::abs(day.balance_j) < 1.0);
    CHECK(day.over_limit_ms == 0);
    CHECK(day.coldest_c >= 64.0 - 0.1);
    CHECK(day.kwh == doctest::Approx(expected_kwh({}, 22.0, 64.4, day.tank_mean_c)).epsilon(0.02));
    CHECK(day.heater_changes <= 760);  // a band of 0.8 K below the limit, and half a minute of heat at least
    CHECK(day.pump_changes <= 760);

    const Day theirs = original("original, defaults", BathSettings{}, Plant());
    CHECK(theirs.over_limit_ms > kHour);
    CHECK(day.hottest_c - day.coldest_c < theirs.hottest_c - theirs.coldest_c);
}

TEST_CASE("a day of n-curve around a core that heats itself") {
    BathSettings settings;
    settings.setpoint_enabled = false;
    PlantSize warm;
    warm.compost_w = 40.0;
    const Plant start(warm, 22.0, 22.0, 35.0);
    const Day day = ours("ours, n-curve", settings, start);
    CHECK(std::abs(day.balance_j) < 1.0);
    CHECK(day.over_limit_ms == 0);

    const Day theirs = original("original, n-curve", settings, start);
    CHECK(day.kwh <= theirs.kwh);
    CHECK(day.hottest_c - day.coldest_c <= theirs.hottest_c - theirs.coldest_c);
    CHECK(day.heater_changes <= 250);  // more than the original's, within a band of hundredths
    CHECK(day.pump_changes <= 130);
}

TEST_CASE("a day with probes that flicker by a step: no relay rattles") {
    const Day quiet = ours("ours, 60 degC", setpoint(60.0F), Plant());
    const Day noisy = ours("ours, 60 degC, noisy", setpoint(60.0F), Plant(), true);
    CHECK(noisy.heater_changes <= quiet.heater_changes * 11 / 10);
    CHECK(noisy.pump_changes <= quiet.pump_changes * 12 / 10);
    CHECK(noisy.coldest_c >= 59.2 - 0.2);
    CHECK(noisy.hottest_c <= 60.8 + 0.2);
}
