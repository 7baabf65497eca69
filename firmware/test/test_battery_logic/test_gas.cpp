// Gas, VOC and smoke: H5, F3, F21.
#include <doctest/doctest.h>

#include <cmath>

#include "battery_story.h"

using namespace btr;
using namespace btr::battery;
using test::Cell;

namespace {

std::uint16_t adc_of(float ppm) { return static_cast<std::uint16_t>(ppm * 4.095F); }

// Past warm-up and first learning.
Cell warm_cell() {
    Cell cell;
    cell.stay(4 * kMinute);
    REQUIRE(cell.grader.level() == Level::normal);
    return cell;
}

}  // namespace

TEST_CASE("F3 confirmed smoke alone is DANGER, from the first second on; one flash is nothing") {
    Cell cell;
    cell.raw.smoke_ir = 751U;
    CHECK(cell.next() == Level::normal);
    cell.raw.smoke_ir = 120U;
    CHECK(cell.next() == Level::normal);
    const auto after_ms = cell.until_danger(10 * kSecond, [](Millis, RawBattery& raw) { raw.smoke_ir = 751U; });
    REQUIRE(after_ms);
    CHECK(*after_ms == 2 * kSecond);
    CHECK(cell.grader.cause() == Cause::smoke);
    cell.raw.smoke_ir.reset();  // smoke that blinds its sensor is still smoke
    CHECK(cell.stay(kMinute) == Level::danger);
    cell.raw.smoke_ir = 120U;
    CHECK(cell.stay(12 * kSecond) == Level::normal);
}

TEST_CASE("H5 F21 a cold MQ sensor reads high and is not judged for three minutes") {
    Cell cell;
    cell.raw.gas_adc.fill(adc_of(950.0F));
    CHECK(cell.stay(3 * kMinute - kSamplePeriodMs) == Level::normal);
    CHECK(!cell.grader.is_gas_warm(cell.now_ms - kSamplePeriodMs));
    cell.raw.gas_adc = test::quiet_readings().gas_adc;
    CHECK(cell.stay(kMinute) == Level::normal);
    CHECK(cell.grader.is_gas_warm(cell.now_ms));
    CHECK(*cell.grader.gas().sensor(kMq2).baseline_ppm() == doctest::Approx(15.0).epsilon(0.15));
}

TEST_CASE("one gas over a multiple of its baseline is a warning, two are DANGER") {
    Cell cell = warm_cell();
    cell.raw.gas_adc[kMq8] = adc_of(90.0F);
    CHECK(cell.stay(5 * kSecond) == Level::normal);
    CHECK(cell.stay(kSecond) == Level::warning);
    CHECK(cell.grader.cause() == Cause::gas);
    cell.raw.gas_adc[kMq2] = adc_of(120.0F);
    CHECK(cell.stay(6 * kSecond) == Level::danger);
    CHECK(cell.grader.cause() == Cause::gas);
}

TEST_CASE("H5 the original's absolute limit is no evidence: a sensor that usually reads 150 is quiet at 200") {
    Cell cell;
    cell.raw.gas_adc.fill(adc_of(150.0F));
    cell.stay(5 * kMinute);
    cell.raw.gas_adc.fill(adc_of(200.0F));
    CHECK(cell.stay(kMinute) == Level::normal);
}

TEST_CASE("F21 the baseline is learned only in quiet: a leak does not become usual") {
    Cell cell = warm_cell();
    const float before = *cell.grader.gas().sensor(kMq8).baseline_ppm();
    cell.raw.gas_adc[kMq8] = adc_of(200.0F);
    CHECK(cell.stay(kHour) == Level::warning);
    CHECK(*cell.grader.gas().sensor(kMq8).baseline_ppm() == doctest::Approx(static_cast<double>(before)).epsilon(0.01));
    cell.raw.gas_adc[kMq8] = adc_of(8.5F);
    CHECK(cell.stay(20 * kSecond) == Level::normal);
}

TEST_CASE(
    "F21 a leak that grows over hours does not become usual: DANGER at the latest at six times the first baseline") {
    for (const float rise_ppm_per_h : {20.0F, 40.0F, 60.0F}) {
        CAPTURE(rise_ppm_per_h);
        Cell cell;
        float ppm = 20.0F;
        cell.raw.gas_adc.fill(adc_of(ppm));
        cell.stay(10 * kMinute);
        while (cell.grader.level() != Level::danger && ppm < 500.0F) {
            ppm += rise_ppm_per_h / 60.0F;
            cell.raw.gas_adc.fill(adc_of(ppm));
            cell.stay(kMinute);
        }
        CHECK(cell.grader.level() == Level::danger);
        CHECK(ppm < 6.0F * 20.0F * 1.1F);  // the compensation for the weather is within 10 %
    }
}

TEST_CASE("F21 what the weather does to a sensor is followed up to twice its lowest, then down and up again") {
    Cell cell;
    float ppm = 40.0F;
    const auto go_to = [&](float goal_ppm) {
        for (const float step_ppm = (goal_ppm - ppm) / 240.0F; std::abs(goal_ppm - ppm) > 0.1F;) {
            ppm += step_ppm;
            cell.raw.gas_adc.fill(adc_of(ppm));
            REQUIRE(cell.stay(kMinute) == Level::normal);
        }
    };
    cell.raw.gas_adc.fill(adc_of(ppm));
    cell.stay(10 * kMinute);
    go_to(80.0F);
    go_to(20.0F);
    go_to(40.0F);
    CHECK(*cell.grader.gas().sensor(kMq2).baseline_ppm() > 30.0F);
}

TEST_CASE("F21 nothing is learned while the cell alarms, not even what is below every limit") {
    Cell cell = warm_cell();
    cell.raw.internal_c = 65.0F;
    CHECK(cell.stay(5 * kSecond) == Level::danger);
    const float before = *cell.grader.gas().sensor(kMq8).baseline_ppm();
    cell.raw.gas_adc[kMq8] = adc_of(25.0F);
    cell.stay(30 * kMinute);
    CHECK(*cell.grader.gas().sensor(kMq8).baseline_ppm() == before);
}

TEST_CASE("a sensor that is missing does not keep the others from being judged") {
    Cell cell;
    cell.raw.smoke_chip_c.reset();
    CHECK(cell.stay(5 * kMinute) == Level::warning);
    cell.raw.gas_adc[kMq2] = cell.raw.gas_adc[kMq7] = adc_of(200.0F);
    CHECK(cell.stay(7 * kSecond) == Level::danger);
}

TEST_CASE("two sensors at the end of their scale are DANGER without any baseline") {
    Cell cell;
    cell.raw.gas_adc[kMq2] = cell.raw.gas_adc[kMq4] = std::uint16_t{4095};
    CHECK(cell.stay(3 * kMinute) == Level::normal);
    CHECK(cell.stay(6 * kSecond) == Level::danger);
}

TEST_CASE("a baseline so high that its multiple is off the scale still has a limit on it") {
    Cell cell;
    cell.raw.gas_adc.fill(adc_of(500.0F));
    CHECK(cell.stay(5 * kMinute) == Level::normal);
    cell.raw.gas_adc.fill(std::uint16_t{4095});
    CHECK(cell.stay(7 * kSecond) == Level::danger);
}

TEST_CASE("H5 a falling barometer and a cold night are no gas, whatever the humidity") {
    Cell cell = warm_cell();
    cell.raw.humidity_percent = 99.0F;  // the original counted more than 80 as one over
    CHECK(cell.stay(kMinute) == Level::normal);
    cell.raw.ambient_c = 2.0F;
    CHECK(cell.stay(kMinute) == Level::normal);
}

TEST_CASE("H5 the VOC index warns when it rises, alone and never more") {
    Cell cell = warm_cell();
    cell.raw.voc_index = 1.0F;  // very clean air, which the original's direction would call an alarm
    CHECK(cell.stay(kMinute) == Level::normal);
    cell.raw.voc_index = 450.0F;
    CHECK(cell.stay(9 * kSecond) == Level::normal);
    CHECK(cell.stay(2 * kSecond) == Level::warning);
    CHECK(cell.grader.cause() == Cause::voc);
    cell.raw.gas_adc[kMq2] = adc_of(150.0F);  // a cleaner moves both
    CHECK(cell.stay(kMinute) == Level::warning);
}
