#include "btr/control/heater_watch.h"

#include <algorithm>

namespace btr::control {

namespace {

bool has_risen(std::optional<float> from_c, std::optional<float> now_c) {
    return from_c && now_c && *now_c - *from_c >= GainWatch::kGainK;
}

std::optional<float> lower_of(std::optional<float> a, std::optional<float> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

}  // namespace

bool GainWatch::has_gained(std::optional<float> tank_c, std::optional<float> bath_c) const {
    return has_risen(tank_from_c_, tank_c) || (pumped_ && tank_moved_ && has_risen(bath_from_c_, bath_c));
}

bool GainWatch::update(Millis now_ms, bool heater_on, bool pump_on, std::optional<float> tank_c,
                       std::optional<float> bath_c) {
    const bool started = heater_on && !was_on_;
    const bool ended = was_on_ && !heater_on;
    if (was_on_ && last_ms_) heated_ms_ += now_ms - *last_ms_;
    last_ms_ = now_ms;
    was_on_ = heater_on;
    pumped_ = pumped_ || (heater_on && pump_on);
    tank_moved_ = tank_moved_ || (tank_last_c_ && tank_c && *tank_last_c_ != *tank_c);
    if (tank_c) tank_last_c_ = tank_c;

    if (started) {  // after a burst without gain it goes on from the lowest start
        tank_from_c_ = heated_ms_ > 0 ? lower_of(tank_from_c_, tank_c) : tank_c;
        bath_from_c_ = heated_ms_ > 0 ? lower_of(bath_from_c_, bath_c) : bath_c;
    }
    const bool over = heated_ms_ >= kWindowMs;
    if (!ended && !over) return false;
    if (!has_gained(tank_c, bath_c)) return over;
    heated_ms_ = 0;
    pumped_ = false;
    tank_moved_ = false;
    tank_from_c_ = tank_c;
    bath_from_c_ = bath_c;
    return false;
}

bool RestWatch::update(Millis now_ms, bool heater_on, std::optional<float> tank_c, std::optional<float> bath_c) {
    if (heater_on || !tank_c) {
        reset();
        return false;
    }
    if (!resting_since_ms_) resting_since_ms_ = now_ms;
    if (now_ms - *resting_since_ms_ < kSettleMs) return false;
    const bool warmed_by_bath = bath_c && *tank_c <= *bath_c + kWarmerThanBathK;
    if (!window_ || warmed_by_bath || now_ms - window_->start_ms >= kWindowMs) {
        window_ = Window{now_ms, *tank_c};
        return false;
    }
    window_->lowest_c = std::min(window_->lowest_c, *tank_c);
    return *tank_c - window_->lowest_c > kRiseK;
}

}  // namespace btr::control
