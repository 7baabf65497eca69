#include <doctest/doctest.h>

#include <cmath>

#include "btr/battery/convert.h"

using namespace btr::battery;

namespace {

std::uint16_t ratio_of(double ohm) { return static_cast<std::uint16_t>(std::lround(ohm / 430.0 * 32768.0)); }

}  // namespace

TEST_CASE("a PT100 is read as IEC 60751 tabulates it") {
    const struct {
        double temp_c, ohm;
    } table[] = {{-100, 60.26}, {-50, 80.31},  {-10, 96.09},  {0, 100.00},  {25, 109.73},
                 {60, 123.24},  {100, 138.51}, {200, 175.86}, {400, 247.09}};
    for (const auto& row : table) {
        // One step of the converter is 0.034 K, the rounded resistance of the table 0.013 K.
        CHECK(static_cast<double>(max31865_temp_c(ratio_of(row.ohm))) ==
              doctest::Approx(row.temp_c).scale(100).epsilon(0.0006));
    }
}

TEST_CASE("an open and a shorted PT100 read what the protocol names") {
    CHECK(static_cast<double>(max31865_temp_c(32767)) == doctest::Approx(988.79).epsilon(0.0001));
    CHECK(static_cast<double>(max31865_temp_c(0)) == doctest::Approx(-242.02).epsilon(0.0001));
}

TEST_CASE("an MQ sensor is printed as the original prints it") {
    CHECK(mq_ppm(0) == 0.0F);
    CHECK(mq_ppm(4095) == 1000.0F);
    CHECK(mq_ppm(63) == doctest::Approx(15.4).epsilon(0.01));
    CHECK(mq_ppm(65535) == 1000.0F);  // no ADC of 12 bits says so
}

TEST_CASE("H5 weather moves an MQ sensor less after the compensation") {
    // The data sheet's curve: Rs at 0 degC is 1.4 times that at 20 degC, 33 %RH, and a tenth lower at 85 %RH.
    const auto adc_at = [](float ratio) {
        const float share = 0.1F;  // of a sensor at 20 degC, 33 %RH
        return static_cast<std::uint16_t>(std::lround(4095.0F / (1.0F + ratio * (1.0F / share - 1.0F))));
    };
    const std::uint16_t cold = adc_at(1.395F);
    const std::uint16_t humid = adc_at(0.898F);
    CHECK(mq_ppm(cold) < 75.0F);
    CHECK(compensated_mq_ppm(cold, 0.0F, 33.0F) == doctest::Approx(100.0).epsilon(0.02));
    CHECK(compensated_mq_ppm(humid, 20.0F, 85.0F) == doctest::Approx(100.0).epsilon(0.02));
    CHECK(compensated_mq_ppm(410, 20.0F, 33.0F) == doctest::Approx(100.0).epsilon(0.02));
}

TEST_CASE("the compensation stays within its curve and never hides the end of the scale") {
    CHECK(compensated_mq_ppm(1000, -40.0F, 0.0F) == compensated_mq_ppm(1000, -10.0F, 33.0F));
    CHECK(compensated_mq_ppm(1000, 120.0F, 100.0F) == compensated_mq_ppm(1000, 50.0F, 85.0F));
    CHECK(compensated_mq_ppm(4095, 50.0F, 85.0F) == 1000.0F);
    CHECK(compensated_mq_ppm(0, -10.0F, 33.0F) == 0.0F);
}

TEST_CASE("the original's VOC value falls with more VOC and is 0 when the sensor failed") {
    CHECK(original_voc(37355) == doctest::Approx(285.0).epsilon(0.001));
    CHECK(original_voc(20000) < original_voc(30000));
    CHECK(original_voc(0) == 0.0F);
}
