#include "btr/battery/convert.h"

#include <algorithm>
#include <cmath>

namespace btr::battery {
namespace {

constexpr float kReferenceOhm = 430.0F;
constexpr float kFullScale = 32768.0F;  // 2^15
constexpr float kNominalOhm = 100.0F;
constexpr float kA = 3.9083e-3F;  // IEC 60751
constexpr float kB = -5.775e-7F;
constexpr float kAdcFullScale = 4095.0F;
constexpr float kPpmFullScale = 1000.0F;

// Rs/Ro over temperature at 33 %RH, a parabola through the curve "dependence of Rs/Ro on temperature and humidity" of
// the MQ data sheets (Winsen prints one curve for the whole family), and its fall per %RH between the lines for 33 and
// 85 %RH. The curve is typical, not one of the sensor at hand: it removes the weather, no more.
constexpr float kCurveSquare = 0.00035F;
constexpr float kCurveLinear = -0.02718F;
constexpr float kCurveConstant = 1.39538F;
constexpr float kCurvePerPercent = -0.0018F;

float resistance_ratio(float ambient_c, float humidity_percent) {
    const float temp_c = std::clamp(ambient_c, -10.0F, 50.0F);
    const float humid = std::clamp(humidity_percent, 33.0F, 85.0F) - 33.0F;
    return (kCurveSquare * temp_c + kCurveLinear) * temp_c + kCurveConstant + kCurvePerPercent * humid;
}

}  // namespace

float max31865_temp_c(std::uint16_t ratio) {
    const float ohm = static_cast<float>(ratio) / kFullScale * kReferenceOhm;
    const float root = kA * kA - 4.0F * kB * (1.0F - ohm / kNominalOhm);
    const float temp_c = (std::sqrt(root) - kA) / (2.0F * kB);
    if (temp_c >= 0.0F) {
        return temp_c;
    }
    constexpr float kBelowZero[] = {-242.02F, 2.2228F, 2.5859e-3F, -4.8260e-6F, -2.8183e-8F, 1.5243e-10F};
    float sum = 0.0F;
    for (int power = 5; power >= 0; --power) {
        sum = sum * ohm + kBelowZero[power];
    }
    return sum;
}

float mq_ppm(std::uint16_t adc) { return std::min(static_cast<float>(adc) / kAdcFullScale, 1.0F) * kPpmFullScale; }

float compensated_mq_ppm(std::uint16_t adc, float ambient_c, float humidity_percent) {
    const float share = std::min(static_cast<float>(adc) / kAdcFullScale, 1.0F);
    // The ADC sees the load resistor's share of the divider RL / (Rs + RL), so RL itself drops out.
    const float ratio = resistance_ratio(ambient_c, humidity_percent);
    return kPpmFullScale * (share * ratio) / (1.0F - share + share * ratio);
}

float original_voc(std::uint16_t voc_raw) { return static_cast<float>(voc_raw) / 65535.0F * 500.0F; }

}  // namespace btr::battery
