#include "btr/battery/plausibility.h"

#include <algorithm>
#include <cmath>

namespace btr::battery {
namespace {

// One believed step is at least what the slope allows in this time: noise alone is steep over less.
constexpr Millis kBaseMs = 500;
// That many suspicious readings in a row that agree with each other are the new truth.
constexpr int kAgreeing = 3;
// A step that only a pause makes possible needs company for so long: a converter that restarts sends its power-on value
// first, and a quiet second costs little where readings are missing anyway.
constexpr Millis kConfirmMs = 1000;
// A pause is longer than that many of the intervals before it.
constexpr Millis kPause = 2;
// After this long without a reading there is no slope to speak of.
constexpr Millis kForgetMs = 10 * kSecond;

}  // namespace

std::optional<float> PlausibilityFilter::check(Millis now_ms, std::optional<float> reading) {
    if (!reading || std::isnan(*reading)) {
        doubt_ = Doubt::missing;
        return std::nullopt;
    }
    if (*reading > spec_.high) {
        return withhold(Doubt::over_range);
    }
    if (*reading < spec_.low) {
        return withhold(Doubt::under_range);
    }
    if (last_good_ && !is_possible(now_ms, *reading, *last_good_)) {
        doubt_ = Doubt::jump;
        return std::nullopt;
    }
    if (last_good_) {
        interval_ms_ = now_ms - good_ms_;
    }
    last_good_ = reading;
    good_ms_ = now_ms;
    agreeing_ = 0;
    doubt_ = Doubt::none;
    return reading;
}

std::optional<float> PlausibilityFilter::withhold(Doubt doubt) {
    if (!after_pause_) {
        // Behind a pause the doubt goes on: a contact that opens again and again must not put off heat for ever.
        agreeing_ = 0;
    }
    doubt_ = doubt;
    return std::nullopt;
}

bool PlausibilityFilter::is_possible(Millis now_ms, float reading, float last) {
    const float step = std::fabs(reading - last);
    const Millis elapsed_ms = now_ms - good_ms_;
    if (!spec_.max_slope_per_s || step <= step_within(kBaseMs) || elapsed_ms > kForgetMs) {
        return true;
    }
    const bool agrees = agreeing_ > 0 && std::fabs(reading - candidate_) <= step_within(now_ms - candidate_ms_);
    if (!agrees) {
        // Once doubted, waiting makes no step more credible: only agreement or the old level does.
        const bool is_slow_enough = agreeing_ == 0 && step <= step_within(elapsed_ms);
        if (is_slow_enough && (!interval_ms_ || elapsed_ms <= kPause * *interval_ms_)) {
            return true;
        }
        after_pause_ = is_slow_enough;
        agreeing_ = 0;
        doubted_since_ms_ = now_ms;
    }
    agreeing_ += 1;
    candidate_ = reading;
    candidate_ms_ = now_ms;
    if (after_pause_) {
        return now_ms - doubted_since_ms_ >= kConfirmMs;
    }
    if (agreeing_ < kAgreeing) {
        return false;
    }
    relocations_ += 1;
    return true;
}

float PlausibilityFilter::step_within(Millis elapsed_ms) const {
    return spec_.max_slope_per_s.value_or(0.0F) * static_cast<float>(std::max(kBaseMs, elapsed_ms)) / 1000.0F;
}

}  // namespace btr::battery
