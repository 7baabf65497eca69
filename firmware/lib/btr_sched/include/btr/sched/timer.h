#pragma once
#include <optional>

#include "btr/hal/time.h"

namespace btr::sched {

// Time since a start. That it runs is a state of its own: 0 is a time like any other.
class Timer {
public:
    void start(Millis now_ms) { started_ms_ = now_ms; }  // again from 0 if it runs
    void stop() { started_ms_.reset(); }
    bool is_running() const { return started_ms_.has_value(); }
    // Nothing while it does not run.
    std::optional<Millis> elapsed(Millis now_ms) const {
        return started_ms_ ? std::optional<Millis>(now_ms - *started_ms_) : std::nullopt;
    }
    // It runs, and has for at least that long.
    bool has_passed(Millis now_ms, Millis period_ms) const { return started_ms_ && now_ms - *started_ms_ >= period_ms; }

private:
    std::optional<Millis> started_ms_;
};

}  // namespace btr::sched
