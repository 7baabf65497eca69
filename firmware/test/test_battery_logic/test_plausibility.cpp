// Which readings are believed (F5); the same stories as the integration's.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "btr/battery/plausibility.h"

using btr::Millis;
using btr::battery::Doubt;
using btr::battery::kAmbientSpec;
using btr::battery::kInternalSpec;
using btr::battery::PlausibilityFilter;

namespace {

using Readings = std::vector<std::optional<float>>;

Readings believed(PlausibilityFilter& channel, const Readings& readings, Millis period_ms = 500) {
    Readings values;
    Millis now_ms = 0;
    for (const auto& reading : readings) {
        values.push_back(channel.check(now_ms, reading));
        now_ms += period_ms;
    }
    return values;
}

Readings tail(const Readings& values, std::size_t from) {
    return Readings(values.begin() + static_cast<std::ptrdiff_t>(from), values.end());
}

constexpr std::nullopt_t kNone = std::nullopt;

}  // namespace

TEST_CASE("F5 what a PT100 cannot mean is no value, and the old one is kept as the last good") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinite = std::numeric_limits<float>::infinity();
    const struct {
        std::optional<float> reading;
        Doubt doubt;
    } rows[] = {
        {std::nullopt, Doubt::missing}, {nan, Doubt::missing},           {infinite, Doubt::over_range},
        {988.79F, Doubt::over_range},   {-infinite, Doubt::under_range}, {-242.02F, Doubt::under_range},
        {200.1F, Doubt::over_range},    {-50.1F, Doubt::under_range},
    };
    for (const auto& row : rows) {
        PlausibilityFilter channel(kInternalSpec);
        channel.check(0, 25.0F);
        CHECK(!channel.check(500, row.reading));
        CHECK(channel.doubt() == row.doubt);
        CHECK(channel.last_good() == 25.0F);
        CHECK(channel.check(1000, 25.0F) == 25.0F);
        CHECK(channel.doubt() == Doubt::none);
    }
}

TEST_CASE("the whole range of a cell and the fastest recorded runaway are believed") {
    PlausibilityFilter channel(kInternalSpec);
    CHECK(believed(channel, {-50.0F, -25.0F, 0.0F, 25.0F}) == Readings{-50.0F, -25.0F, 0.0F, 25.0F});
    PlausibilityFilter runaway(kInternalSpec);
    for (int second = 0; second < 6; ++second) {
        CHECK(runaway.check(second * 1000, 30.0F + 28.5F * static_cast<float>(second)));
    }
}

TEST_CASE("F5 a spike of one sample is withheld and the old level counts at once") {
    PlausibilityFilter channel(kInternalSpec);
    CHECK(believed(channel, {25.0F, 25.1F, 140.0F, 25.1F, 25.2F}) == Readings{25.0F, 25.1F, kNone, 25.1F, 25.2F});
}

TEST_CASE("three agreeing readings are the new level and no rate") {
    PlausibilityFilter channel(kInternalSpec);
    CHECK(believed(channel, {25.0F, 90.0F, 90.5F, 91.0F, 91.2F}) == Readings{25.0F, kNone, kNone, 91.0F, 91.2F});
    CHECK(channel.relocations() == 1);
}

TEST_CASE("erratic readings are never believed") {
    PlausibilityFilter channel(kInternalSpec);
    const Readings values = believed(channel, {25.0F, 90.0F, 150.0F, 80.0F, 180.0F, 60.0F, 120.0F});
    CHECK(tail(values, 1) == Readings(6, kNone));
    CHECK(channel.doubt() == Doubt::jump);
}

TEST_CASE("a converter that restarts is not believed at its power-on value") {
    for (const std::size_t shown : {1U, 2U}) {
        PlausibilityFilter channel(kInternalSpec);
        Readings readings{25.0F, 25.0F};
        readings.insert(readings.end(), 6, kNone);
        readings.insert(readings.end(), shown, 85.0F);
        readings.insert(readings.end(), 2, 25.1F);
        const Readings values = believed(channel, readings);
        CHECK(tail(values, 8 + shown) == Readings{25.1F, 25.1F});
        CHECK(!values[8]);
        CHECK(channel.relocations() == 0);
    }
}

TEST_CASE("heat that came during a pause is believed after a second and is no jump") {
    PlausibilityFilter channel(kInternalSpec);
    Readings readings{25.0F, 25.0F};
    readings.insert(readings.end(), 6, kNone);
    for (const float hot : {95.0F, 97.0F, 99.0F, 101.0F}) {
        readings.push_back(hot);
    }
    CHECK(tail(believed(channel, readings), 8) == Readings{kNone, kNone, 99.0F, 101.0F});
    CHECK(channel.relocations() == 0);
}

TEST_CASE("a contact that opens again and again does not put off the heat behind a pause") {
    PlausibilityFilter channel(kInternalSpec);
    const Readings readings{25.0F, 25.0F, 988.79F, 988.79F, 80.0F, 988.79F, 988.79F, 120.0F, 988.79F, 988.79F, 150.0F};
    const Readings values = believed(channel, readings);
    CHECK(tail(values, 4) == Readings{kNone, kNone, kNone, 120.0F, kNone, kNone, 150.0F});
}

TEST_CASE("a slow sensor pauses all the time and is believed at once; after a long silence any level is") {
    PlausibilityFilter slow(kInternalSpec);
    CHECK(believed(slow, {25.0F, 85.0F, 145.0F, 199.0F}, 5000) == Readings{25.0F, 85.0F, 145.0F, 199.0F});
    PlausibilityFilter silent(kInternalSpec);
    silent.check(0, 25.0F);
    CHECK(silent.check(60000, 120.0F) == 120.0F);
    CHECK(silent.relocations() == 0);
}
