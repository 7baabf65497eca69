#include "btr/sched/reset_guard.h"

#include <algorithm>

namespace btr::sched {

void ResetGuard::begin(std::string_view reset_reason, Millis now_ms) {
    began_ms_ = now_ms;
    const TwinRead stored = record_.read(&resets_, 1);
    if (stored.state == TwinState::bad) {
        resets_ = kResetsToSafeMode - 1;  // unknown: one more is enough
    }
    if (reset_reason == "watchdog" || reset_reason == "panic") {
        set(std::min<std::uint8_t>(resets_, kResetsToSafeMode - 1) + 1);
    } else if (reset_reason == "power_on" || reset_reason == "software") {
        set(0);
    }
    is_safe_mode_ = resets_ >= kResetsToSafeMode;
}

void ResetGuard::tick(Millis now_ms) {
    if (now_ms - began_ms_ >= kWindowMs) {
        set(0);
    }
}

void ResetGuard::set(std::uint8_t resets) {
    if (resets != resets_) {
        resets_ = resets;
        record_.write(&resets_, 1);
    }
}

}  // namespace btr::sched
