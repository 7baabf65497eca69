#include "btr/battery/sgp41_schedule.h"

namespace btr::battery {
namespace {

constexpr Millis kPeriodMs = kSecond;
constexpr Millis kConditioningMs = 10 * kSecond;
constexpr Millis kBetweenConditioningsMs = kMinute;

}  // namespace

Sgp41Task Sgp41Schedule::due(Millis now_ms) {
    if (started_ms_ && now_ms < next_ms_) {
        return Sgp41Task::wait;
    }
    if (!started_ms_ || (is_restarting_ && now_ms - *started_ms_ >= kBetweenConditioningsMs)) {
        is_restarting_ = false;
        started_ms_ = now_ms;
        next_ms_ = now_ms;
    }
    next_ms_ += kPeriodMs * ((now_ms - next_ms_) / kPeriodMs + 1);
    // The last one starts early enough that the next command ends it in time.
    return now_ms - *started_ms_ <= kConditioningMs - kPeriodMs ? Sgp41Task::condition : Sgp41Task::measure;
}

}  // namespace btr::battery
