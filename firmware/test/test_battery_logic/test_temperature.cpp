// What heat alone leads to: H1, F3 and the evidence that outlives its sensor.
#include <doctest/doctest.h>

#include <cmath>

#include "battery_story.h"

using namespace btr;
using namespace btr::battery;
using test::Cell;

TEST_CASE("H1 F3 the internal limit alone is DANGER, with every other channel quiet") {
    Cell cell;
    CHECK(cell.stay(10 * kSecond) == Level::normal);
    // Slowly, so that the rate says nothing.
    float temp_c = 32.0F;
    while (temp_c < 59.9F) {
        temp_c += 0.02F;
        CHECK(cell.next_c(temp_c) < Level::danger);
    }
    CHECK(cell.grader.level() == Level::warning);
    CHECK(cell.next_c(60.0F) == Level::warning);  // one sample is no evidence
    CHECK(cell.next_c(60.0F) == Level::danger);
    CHECK(cell.grader.cause() == Cause::internal_limit);
}

TEST_CASE("H1 200 degC alone is DANGER within two seconds, even as the first thing that is seen") {
    Cell cell;
    const auto after_ms = cell.until_danger(10 * kSecond, [](Millis, RawBattery& raw) { raw.internal_c = 200.0F; });
    REQUIRE(after_ms);
    CHECK(*after_ms <= 2 * kSecond);
}

TEST_CASE("F3 1 degC/s for more than 3 s while warm is DANGER") {
    Cell cell;
    cell.raw.internal_c = 34.0F;
    cell.stay(20 * kSecond);
    const auto after_ms = cell.until_danger(10 * kSecond, [](Millis past_ms, RawBattery& raw) {
        raw.internal_c = 34.0F + static_cast<float>(past_ms) / 1000.0F;
    });
    REQUIRE(after_ms);
    CHECK(*after_ms >= 3 * kSecond);
    CHECK(*after_ms <= 4500);  // 3 s of the rate, which is itself seen over 2 s
    CHECK(cell.grader.cause() == Cause::internal_rate);
    CHECK(*cell.grader.believed().internal_c < 40.0F);
}

TEST_CASE("F3 even with every setting at its cap") {
    BatterySettings least;
    for (const auto& row : kSettingRows) {
        least.*std::get<float BatterySettings::*>(row.member) = static_cast<float>(row.high);
    }
    Cell cell(0, least);
    cell.raw.internal_c = 40.0F;
    cell.stay(20 * kSecond);
    const auto by_rate = cell.until_danger(10 * kSecond, [](Millis past_ms, RawBattery& raw) {
        raw.internal_c = 40.0F + 1.01F * static_cast<float>(past_ms) / 1000.0F;
    });
    REQUIRE(by_rate);
    CHECK(*by_rate <= 5500);
    Cell hot(0, least);
    const auto by_limit = hot.until_danger(5 * kSecond, [](Millis, RawBattery& raw) { raw.internal_c = 80.0F; });
    REQUIRE(by_limit);
    CHECK(*by_limit <= 2 * kSecond);
}

TEST_CASE("a hand on a cold sensor makes any rate and no DANGER") {
    Cell cell;
    cell.raw.internal_c = 20.0F;
    cell.stay(20 * kSecond);
    const auto danger = cell.until_danger(60 * kSecond, [](Millis past_ms, RawBattery& raw) {
        raw.internal_c = 32.9F - 12.9F * std::exp(-static_cast<float>(past_ms) / 5000.0F);
    });
    CHECK(!danger);
}

TEST_CASE("a cold pack that rises by 25 K need not wait until it is warm") {
    Cell cell;
    cell.raw.internal_c = -20.0F;
    cell.stay(20 * kSecond);
    const auto after_ms = cell.until_danger(60 * kSecond, [](Millis past_ms, RawBattery& raw) {
        raw.internal_c = -20.0F + 2.0F * static_cast<float>(past_ms) / 1000.0F;
    });
    REQUIRE(after_ms);
    CHECK(*after_ms <= 15 * kSecond);
    CHECK(*cell.grader.believed().internal_c < 10.0F);
}

TEST_CASE("a level rises at once and falls 10 s after the last evidence, below the limit by the hysteresis") {
    Cell cell;
    cell.raw.internal_c = 61.0F;
    CHECK(cell.stay(3 * kSecond) == Level::danger);
    cell.raw.internal_c = 58.5F;
    CHECK(cell.stay(20 * kSecond) == Level::danger);  // within the hysteresis
    cell.raw.internal_c = 45.0F;
    CHECK(cell.stay(9 * kSecond) == Level::danger);
    CHECK(cell.stay(3 * kSecond) == Level::normal);
}

TEST_CASE("F5 a runaway that destroys its sensor stays an alarm") {
    Cell cell;
    cell.raw.internal_c = 40.0F;
    cell.stay(20 * kSecond);
    for (float temp_c = 40.0F; temp_c < 55.0F; temp_c += 1.5F) {
        cell.next_c(temp_c);
    }
    CHECK(cell.grader.level() == Level::danger);
    SUBCASE("open") { cell.raw.internal_c = 988.79F; }
    SUBCASE("shorted") { cell.raw.internal_c = -242.02F; }
    SUBCASE("silent") { cell.raw.internal_c.reset(); }
    SUBCASE("known to be faulty") { cell.raw.internal_fault = 0x40; }
    CHECK(cell.stay(10 * kMinute) == Level::danger);
    CHECK(!cell.grader.believed().internal_c);
    // Only a good reading takes it back.
    cell.raw.internal_fault = 0;
    cell.raw.internal_c = 30.0F;
    CHECK(cell.stay(30 * kSecond) == Level::normal);
}

TEST_CASE("F3 a sensor that reads hotter than it can be believed, without a fault, is DANGER") {
    Cell cell;
    cell.stay(10 * kSecond);
    SUBCASE("beyond the range") {
        CHECK(cell.next_c(300.0F) == Level::normal);
        CHECK(cell.next_c(400.0F) == Level::normal);
        cell.next_c(500.0F);
        CHECK(cell.next_c(600.0F) == Level::danger);
    }
    SUBCASE("erratic, but always hot") {
        const float readings[] = {90.0F, 150.0F, 80.0F, 180.0F};
        for (const float reading : readings) {
            cell.next_c(reading);
        }
        CHECK(cell.grader.level() == Level::danger);
    }
    SUBCASE("with its fault register set it is a fault and no fire") {
        cell.raw.internal_fault = 0x80;
        cell.raw.internal_c = 300.0F;
        CHECK(cell.stay(kMinute) == Level::warning);
    }
    SUBCASE("open it is a fault and no fire") {
        cell.raw.internal_c = 988.79F;
        CHECK(cell.stay(kMinute) == Level::warning);
    }
}

TEST_CASE("F3 a lost sample or a spike does not put off the rate") {
    Cell cell;
    cell.raw.internal_c = 34.0F;
    cell.stay(20 * kSecond);
    const auto after_ms = cell.until_danger(10 * kSecond, [](Millis past_ms, RawBattery& raw) {
        raw.internal_c = 34.0F + 1.5F * static_cast<float>(past_ms) / 1000.0F;
        if (past_ms == 1500) {
            raw.internal_c.reset();
        } else if (past_ms == 2500) {
            raw.internal_c = 180.0F;
        }
    });
    REQUIRE(after_ms);
    CHECK(*after_ms <= 5000);
}

TEST_CASE("air may be as fast as a door lets it, and hot air alone is DANGER") {
    Cell cell;
    cell.stay(10 * kSecond);
    const auto by_rate = cell.until_danger(20 * kSecond, [](Millis past_ms, RawBattery& raw) {
        raw.ambient_c = std::min(25.0F + 2.0F * static_cast<float>(past_ms) / 1000.0F, 65.0F);
    });
    CHECK(!by_rate);
    CHECK(cell.grader.level() == Level::warning);
    cell.raw.ambient_c = 70.5F;
    CHECK(cell.stay(2 * kSecond) == Level::danger);
    CHECK(cell.grader.cause() == Cause::ambient_limit);
}

TEST_CASE("F5 what is wrong with a sensor is a bit of its own, and a warning once it lasts") {
    const struct {
        void (*spoil)(RawBattery&);
        std::uint32_t bit;
    } rows[] = {
        {[](RawBattery& raw) { raw.internal_c.reset(); }, kFaultInternalMissing},
        {[](RawBattery& raw) { raw.internal_c = 988.79F; }, kFaultInternalRange},
        {[](RawBattery& raw) { raw.internal_c = -242.02F; }, kFaultInternalRange},
        {[](RawBattery& raw) { raw.internal_fault = 0x04; }, kFaultInternalConverter},
        {[](RawBattery& raw) { raw.ambient_c.reset(); }, kFaultAmbient},
        {[](RawBattery& raw) { raw.ambient_c = 130.0F; }, kFaultAmbient},
        {[](RawBattery& raw) { raw.humidity_percent = 101.0F; }, kFaultHumidity},
        {[](RawBattery& raw) { raw.gas_adc[kMq2].reset(); }, kFaultMq2},
        {[](RawBattery& raw) { raw.gas_adc[kMq4].reset(); }, kFaultMq4},
        {[](RawBattery& raw) { raw.gas_adc[kMq8].reset(); }, kFaultMq8},
        {[](RawBattery& raw) { raw.gas_adc[kMq7].reset(); }, kFaultMq7},
        {[](RawBattery& raw) { raw.voc_raw = std::uint16_t{0}; }, kFaultVoc},
        {[](RawBattery& raw) { raw.voc_index.reset(); }, kFaultVoc},
        {[](RawBattery& raw) { raw.smoke_ir.reset(); }, kFaultSmoke},
        {[](RawBattery& raw) { raw.smoke_chip_c = std::nanf(""); }, kFaultSmokeChip},
    };
    for (const auto& row : rows) {
        Cell cell;
        CHECK(cell.stay(2 * kMinute) == Level::normal);
        CHECK(cell.grader.faults() == 0);
        row.spoil(cell.raw);
        CHECK(cell.next() == Level::normal);
        CHECK(cell.grader.faults() == row.bit);
        CHECK(cell.stay(2 * kSecond) == Level::warning);
        CHECK(cell.grader.cause() == Cause::sensor_fault);
        cell.raw = test::quiet_readings();
        CHECK(cell.stay(12 * kSecond) == Level::normal);
        CHECK(cell.grader.faults() == 0);
    }
}

TEST_CASE("F5 a faster change than any cell makes is a jump; a fault that changes its kind is one fault") {
    Cell cell;
    cell.stay(10 * kSecond);
    cell.next_c(140.0F);
    CHECK(cell.grader.faults() == kFaultInternalJump);
    CHECK(!cell.grader.believed().internal_c);
    cell.next_c(988.79F);
    cell.next_c(std::nullopt);
    CHECK(cell.next_c(-242.02F) == Level::warning);
}

TEST_CASE("F5 a contact that opens again and again is a fault, even if no four samples in a row are bad") {
    for (const std::optional<float> wrong_c : {std::optional<float>(), std::optional(988.79F), std::optional(180.0F)}) {
        Cell cell;
        cell.stay(10 * kSecond);
        for (int i = 0; i < 40; ++i) {
            cell.next_c(i % 2 == 0 ? wrong_c : 32.1F);
        }
        CHECK(cell.grader.level() == Level::warning);
        CHECK(cell.grader.cause() == Cause::sensor_fault);
        cell.stay(20 * kSecond);
        CHECK(cell.grader.level() == Level::normal);
        for (int i = 0; i < 400; ++i) {  // one in four is lost: that is no reason to wake anybody
            cell.next_c(i % 4 == 0 ? wrong_c : 32.1F);
        }
        CHECK(cell.grader.level() == Level::normal);
    }
}

TEST_CASE("F21 the VOC sensor may be silent while it is conditioned and learns") {
    Cell cell;
    cell.raw.voc_raw.reset();
    cell.raw.voc_index.reset();
    cell.stay(14 * kSecond);
    CHECK(cell.grader.faults() == 0);
    cell.raw.voc_raw = std::uint16_t{30000};
    cell.stay(44 * kSecond);
    CHECK(cell.grader.faults() == 0);
    cell.stay(5 * kSecond);
    CHECK(cell.grader.faults() == kFaultVoc);
}
