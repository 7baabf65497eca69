// The decision tables of both modes, row by row.
#include <doctest/doctest.h>

#include <string>

#include "btr/control/ncurve_mode.h"
#include "btr/control/pump_learning.h"
#include "btr/control/setpoint_mode.h"

using namespace btr;
using namespace btr::control;

TEST_CASE("F23 pump thresholds follow the core") {
    BathSettings settings;  // 25..70 degC -> 6..25 K
    settings.delta_gamma = 2.0F;
    struct Row {
        const char* what;
        std::optional<float> core_c;
        float boost_k, on_k;
    };
    const Row rows[] = {
        {"core below its range", 20.0F, 0.0F, 6.0F},
        {"at its lower end", 25.0F, 0.0F, 6.0F},
        {"in the middle, curved", 47.5F, 0.0F, 10.75F},
        {"at its upper end", 70.0F, 0.0F, 25.0F},
        {"above it", 90.0F, 0.0F, 25.0F},
        {"boosted", 25.0F, 4.0F, 10.0F},
        {"boosted at the top", 70.0F, 4.0F, 29.0F},
        {"never above delta_on_max + learn_max", 70.0F, 50.0F, 35.0F},
        {"never below delta_on_min", 25.0F, -3.0F, 6.0F},
        {"core unknown: as the lower end", std::nullopt, 0.0F, 6.0F},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.what));
        const PumpThresholds thresholds = pump_thresholds(settings, row.core_c, row.boost_k);
        CHECK(thresholds.on_k == doctest::Approx(row.on_k));
        CHECK(thresholds.off_k == doctest::Approx(row.on_k * (1.0F - 3.0F / 15.5F)));
    }
    settings.nominal_hysteresis_k = 15.4F;
    CHECK(pump_thresholds(settings, 25.0F, 0.0F).off_k == doctest::Approx(0.5F));  // D_off is at least 0.5
    settings.in_max_c = settings.in_min_c;                                         // no range: the lower end
    CHECK(core_position(settings, 60.0F) == 0.0F);
}

TEST_CASE("F23 the gap limit is max(5, 1.6 D_on + hyst_nom)") {
    BathSettings settings;
    CHECK(gap_limit_k(settings, {6.0F, 4.0F}) == doctest::Approx(12.6F));
    CHECK(gap_limit_k(settings, {1.0F, 0.5F}) == doctest::Approx(5.0F));
}

TEST_CASE("F23 learning: a pump that runs alone in vain raises the threshold, everything else lowers it") {
    const BathSettings settings;  // up 0.5, down 0.2, at most 10, progress 0.05
    struct Row {
        const char* what;
        float boost_k;
        bool pump_alone;
        float rise_k, next_k;
    };
    const Row rows[] = {
        {"in vain", 1.0F, true, 0.04F, 1.5F},       {"cooling counts as in vain", 1.0F, true, -1.0F, 1.5F},
        {"with progress", 1.0F, true, 0.05F, 0.8F}, {"not alone", 1.0F, false, 0.0F, 0.8F},
        {"at most", 9.8F, true, 0.0F, 10.0F},       {"not below 0", 0.1F, false, 0.0F, 0.0F},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.what));
        CHECK(next_boost_k(settings, row.boost_k, row.pump_alone, row.rise_k) == doctest::Approx(row.next_k));
    }
}

TEST_CASE("F23 learning once per post_interval, not in the first cycle") {
    const BathSettings settings;
    PumpLearning learning(1.0F);
    for (Millis now = 0; now < kMinute; now += 100) learning.update(now, settings, 40.0F, false, true);
    CHECK(learning.boost_k() == 1.0F);  // the first cycle only looks
    learning.update(kMinute, settings, 40.0F, false, true);
    CHECK(learning.boost_k() == 1.5F);
    SUBCASE("a cycle in which the heater was on at any time did not run the pump alone") {
        learning.update(kMinute + 100, settings, 40.0F, true, true);
        learning.update(2 * kMinute, settings, 40.0F, false, true);
        CHECK(learning.boost_k() == doctest::Approx(1.3F));
    }
    SUBCASE("what happened while control could not act teaches nothing") {
        learning.update(kMinute + 100, settings, std::nullopt, false, false);
        learning.update(2 * kMinute, settings, 40.0F, false, true);
        CHECK(learning.boost_k() == 1.5F);
    }
}

TEST_CASE("F23 setpoint mode, every row") {
    BathSettings settings;
    settings.target_c = 60.0F;  // band 59.2..60.8
    const std::optional<float> none;
    struct Row {
        const char* what;
        float bath_c;
        std::optional<float> tank_c;
        bool heater_on, pump_on;
        bool heat, pump;
    };
    // D_on = 10: the tank counts as cold below 70.
    const Row rows[] = {
        {"below, tank invalid: nothing", 55.0F, none, true, true, false, false},
        {"below, cold tank, gap small: heat", 55.0F, 55.5F, false, false, true, false},
        {"below, cold tank, gap > 0.5: heat and pump", 55.0F, 55.5625F, false, false, true, true},
        {"below, tank colder than the bath", 55.0F, 40.0F, false, true, true, false},
        {"below, tank just cold", 59.0F, 69.9375F, false, false, true, true},
        {"below, hot tank, gap > D_on: heat and pump", 59.0F, 70.0F, false, false, true, true},
        {"just below the band", 59.1875F, 66.0F, false, false, true, true},
        {"above: all off", 60.875F, 90.0F, true, true, false, false},
        {"within: on stays on", 60.0F, 66.0F, true, true, true, true},
        {"within: off stays off", 60.0F, 66.0F, false, false, false, false},
        {"within: heater without pump", 60.0F, 66.0F, true, false, true, false},
        {"within: pump without heater", 60.0F, 66.0F, false, true, false, true},
        {"within, at the lower end: on", 59.25F, 60.0F, true, true, true, true},
        {"within, at the upper end: on", 60.75F, 66.0F, true, true, true, true},
        {"within: the pump stops when nothing is left", 60.0F, 60.5F, false, true, false, false},
        {"within, lower half: a charged tank is used", 59.5F, 69.5625F, false, false, false, true},
        {"within, upper half: not again", 60.25F, 80.0F, false, false, false, false},
        {"within, tank invalid: nothing", 60.0F, none, true, true, false, false},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.what));
        const ControlInput input{row.bath_c, row.tank_c, 40.0F, {10.0F, 8.0F}, row.heater_on, row.pump_on};
        const Wish wish = setpoint_wish(settings, input);
        CHECK(wish.heat == row.heat);
        CHECK(wish.pump == row.pump);
        CHECK(wish.reason == (row.heat ? Reason::heating : row.pump ? Reason::pumping : Reason::satisfied));
    }
}

TEST_CASE("F23 target and hysteresis are capped, and the band ends below the hard limit") {
    BathSettings settings;  // target 65, limit 65, hysteresis 0.8
    CHECK(effective_target_c(settings) == doctest::Approx(64.8F));
    CHECK(setpoint_band(settings).low_c == doctest::Approx(64.0F));
    CHECK(setpoint_band(settings).high_c == doctest::Approx(64.8F));
    settings.target_c = 40.0F;
    settings.hysteresis_k = 0.0F;
    CHECK(setpoint_band(settings).low_c == doctest::Approx(39.9F));
    CHECK(setpoint_band(settings).high_c == doctest::Approx(40.1F));
}

TEST_CASE("F23 n-curve: the allowed difference") {
    BathSettings settings;  // 13 K, gamma 2, core 25..70
    CHECK(allowed_difference_k(settings, 25.0F) == doctest::Approx(0.26F));
    CHECK(allowed_difference_k(settings, 70.0F) == doctest::Approx(13.0F));
    CHECK(allowed_difference_k(settings, 47.5F) == doctest::Approx(0.26F + 12.74F * 0.25F));
    settings.max_difference_k = 2;
    CHECK(allowed_difference_k(settings, 20.0F) == doctest::Approx(0.1F));
}

TEST_CASE("F23 n-curve mode, every row") {
    const BathSettings settings;  // core 25..70, at 47.5 degC 3.445 K are allowed
    const std::optional<float> none;
    struct Row {
        const char* what;
        std::optional<float> core_c, tank_c;
        bool pump_on;
        Wish wish;
    };
    // The bath is at 44; D_on = 10, D_off = 8.
    const Row rows[] = {
        {"H7 core invalid: nothing", none, 50.0F, true, {false, false, Reason::core_invalid}},
        {"core below in_min: wanted", 24.9F, 50.0F, false, {true, false, Reason::heating}},
        {"core ahead by more than allowed: wanted", 47.5F, 50.0F, false, {true, false, Reason::heating}},
        {"wanted, gap above D_on: pump", 47.5F, 54.0625F, false, {true, true, Reason::heating}},
        {"wanted, gap at D_on: not yet", 47.5F, 54.0F, false, {true, false, Reason::heating}},
        {"wanted, between: the pump stays off", 47.5F, 53.0F, false, {true, false, Reason::heating}},
        {"wanted, between: the pump stays on", 47.5F, 53.0F, true, {true, true, Reason::heating}},
        {"wanted, gap below D_off: pump off", 47.5F, 51.9375F, true, {true, false, Reason::heating}},
        {"not wanted, gap below D_on: preheat", 47.0F, 53.9375F, true, {true, false, Reason::preheating}},
        {"not wanted, gap at D_on: nothing", 47.0F, 54.0F, true, {false, false, Reason::satisfied}},
        {"wanted, tank invalid: the wish is for safety to refuse", 47.5F, none, true, {true, false, Reason::heating}},
        {"not wanted, tank invalid: nothing", 47.0F, none, true, {false, false, Reason::satisfied}},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.what));
        const Wish wish = ncurve_wish(settings, {44.0F, row.tank_c, row.core_c, {10.0F, 8.0F}, false, row.pump_on});
        CHECK(wish.heat == row.wish.heat);
        CHECK(wish.pump == row.wish.pump);
        CHECK(wish.reason == row.wish.reason);
    }
}
