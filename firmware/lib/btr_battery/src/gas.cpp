#include "btr/battery/gas.h"

#include <algorithm>

namespace btr::battery {
namespace {

// The first baseline is the mean of this long; then it follows so slowly that an hour of a leak cannot hide in it.
constexpr Millis kFirstLearningMs = 30 * kSecond;
constexpr Millis kFollowMs = kHour;
constexpr Millis kLongestStepMs = 10 * kSecond;
// Temperature and humidity of a room move these sensors by a factor of two at most (data sheets, -10 degC to 50 degC).
// A baseline that rises further above its lowest is following a leak.
constexpr float kMostRise = 2.0F;
// What is high clears at this share of the way from the baseline to the limit.
constexpr float kClearShare = 0.6F;
// Below this a baseline is noise, and its multiple too.
constexpr float kLeastBaselinePpm = 5.0F;
// The ADC ends at 1000: a limit above this could never be reached, whatever baseline was learned.
constexpr float kMostLimitPpm = 900.0F;
constexpr float kUsualVocIndex = 100.0F;
constexpr int kVenting = 2;  // venting emits several at once

}  // namespace

void GasSensor::update(Millis now_ms, float ppm, const BatterySettings& settings, bool may_learn) {
    const Millis step_ms = updated_ms_ ? std::min(now_ms - *updated_ms_, kLongestStepMs) : 0;
    updated_ms_ = now_ms;
    const std::optional<float> baseline = baseline_ppm();
    if (!baseline) {
        // Without a baseline only the end of the scale says something by itself.
        is_high_ = hold_.update(now_ms, ppm >= kMostLimitPpm) || (is_high_ && ppm >= kMostLimitPpm);
        if (may_learn) {
            learn(ppm, step_ms);
        }
        return;
    }
    const float limit =
        std::min(std::max(*baseline * settings.gas_ratio, *baseline + settings.gas_rise_ppm), kMostLimitPpm);
    const float clear = std::min(*baseline, limit) + kClearShare * std::max(limit - *baseline, 0.0F);
    is_high_ = hold_.update(now_ms, ppm >= limit) || (is_high_ && ppm >= clear);
    if (may_learn && ppm < clear) {
        learn(ppm, step_ms);
    }
}

std::optional<float> GasSensor::baseline_ppm() const {
    return learned_ms_ >= kFirstLearningMs ? std::optional(std::max(mean_ppm_, kLeastBaselinePpm)) : std::nullopt;
}

void GasSensor::learn(float ppm, Millis step_ms) {
    if (step_ms <= 0) {
        return;
    }
    const bool is_first = !baseline_ppm();
    learned_ms_ = std::min(learned_ms_ + step_ms, kFollowMs);
    mean_ppm_ += static_cast<float>(step_ms) / static_cast<float>(learned_ms_) * (ppm - mean_ppm_);
    anchor_ppm_ = is_first ? mean_ppm_ : std::min(anchor_ppm_, mean_ppm_);
    mean_ppm_ = std::min(mean_ppm_, kMostRise * std::max(anchor_ppm_, kLeastBaselinePpm));
}

void HeldLimit::update(Millis now_ms, std::optional<float> value, float limit, float clear_below) {
    if (value) {
        is_high_ = hold_.update(now_ms, *value > limit) || (is_high_ && *value > clear_below);
    }
}

void GasMonitor::update(Millis now_ms, const GasReadings& readings, bool is_warm, bool may_learn) {
    smoke_.update(now_ms, readings.smoke_ir, settings_.smoke_limit, kClearShare * settings_.smoke_limit);
    voc_.update(now_ms, readings.voc_index, settings_.voc_limit,
                kUsualVocIndex + kClearShare * (settings_.voc_limit - kUsualVocIndex));
    for (std::size_t channel = 0; is_warm && channel < kGasChannels; ++channel) {
        if (readings.ppm[channel]) {
            sensors_[channel].update(now_ms, *readings.ppm[channel], settings_, may_learn);
        }
    }
}

Level GasMonitor::by_gas() const {
    const auto high =
        std::count_if(sensors_.begin(), sensors_.end(), [](const GasSensor& gas) { return gas.is_high(); });
    return high >= kVenting ? Level::danger : high == 1 ? Level::warning : Level::normal;
}

}  // namespace btr::battery
