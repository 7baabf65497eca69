#include "btr/battery/temperature.h"

#include <algorithm>

namespace btr::battery {

void TemperatureChannel::add(Millis now_ms, std::optional<float> reading_c, bool is_faulty) {
    const unsigned relocations = filter_.relocations();
    value_c_ = filter_.check(now_ms, is_faulty ? std::nullopt : reading_c);
    if (!value_c_) {
        judge_doubtful(now_ms, is_faulty ? std::nullopt : reading_c);
        return;
    }
    doubtful_but_hot_.reset();
    const bool has_relocated = filter_.relocations() != relocations;
    if (has_relocated) {
        history_.clear();
        forget_rise();
    }
    judge_limit(now_ms, *value_c_, has_relocated);
    history_.add(now_ms, *value_c_);
    judge_rate(now_ms, *value_c_);
}

void TemperatureChannel::judge_doubtful(Millis now_ms, std::optional<float> reading_c) {
    // A runaway may be faster than any slope that is believed, or hotter than the range. Above what the sensor can
    // measure at all it is an open one.
    const bool is_hot = reading_c && *reading_c >= limits_.danger_c && *reading_c <= measurable_to_c_;
    if (doubtful_but_hot_.update(now_ms, is_hot)) {
        by_limit_ = Level::danger;
    }
}

void TemperatureChannel::judge_limit(Millis now_ms, float value_c, bool is_confirmed) {
    const bool over_danger = value_c >= limits_.danger_c;
    const bool over_warning = value_c >= limits_.warning_c;
    const bool danger = over_danger_.update(now_ms, over_danger) || (is_confirmed && over_danger);
    const bool warning = over_warning_.update(now_ms, over_warning) || (is_confirmed && over_warning);
    const bool still_danger = by_limit_ == Level::danger && value_c > limits_.danger_c - kHysteresisK;
    const bool still_warning = by_limit_ >= Level::warning && value_c > limits_.warning_c - kHysteresisK;
    by_limit_ = danger || still_danger ? Level::danger : warning || still_warning ? Level::warning : Level::normal;
}

void TemperatureChannel::judge_rate(Millis now_ms, float value_c) {
    const std::optional<float> measured = history_.rate_c_per_s();
    if (!measured) {
        forget_rise();
        return;
    }
    const float rate = *measured;
    // Air moves faster than a cell: where the rate may only warn, it takes the rate that is danger for a cell.
    const float warn_at =
        limits_.worst_by_rate == Level::danger ? limits_.rate_warning_c_per_s : limits_.rate_danger_c_per_s;
    if (rate < warn_at && by_rate_ == Level::normal) {
        forget_rise();
        return;
    }
    if (rate < warn_at / 2.0F) {
        rise_start_c_.reset();
    } else if (!rise_start_c_) {
        rise_start_c_ = value_c;
    }
    const bool warning = rising_.update(now_ms, rate >= warn_at);
    const bool is_fast = rising_fast_.update(now_ms, rate >= limits_.rate_danger_c_per_s);
    const float rise_k = rise_start_c_ ? value_c - *rise_start_c_ : 0.0F;
    const bool danger = is_fast && (value_c >= limits_.rate_warm_c || rise_k >= limits_.rate_rise_k);
    if (danger || (by_rate_ == Level::danger && rate >= limits_.rate_danger_c_per_s / 2.0F)) {
        by_rate_ = limits_.worst_by_rate;
    } else if (warning || (by_rate_ >= Level::warning && rate >= warn_at / 2.0F)) {
        by_rate_ = Level::warning;
    } else {
        by_rate_ = Level::normal;
    }
}

void TemperatureChannel::forget_rise() {
    rising_.reset();
    rising_fast_.reset();
    rise_start_c_.reset();
}

}  // namespace btr::battery
