#pragma once
// The heater's longest time without a pause (F10).
#include <algorithm>
#include <optional>

#include "btr/control/settings.h"

namespace btr::control {

class OnTimeLimit {
public:
    // A shorter time off counts as none: the time on goes on adding up.
    static constexpr Millis kPauseMs = 5 * kMinute;

    // `heated_ms`: time on before a reset, of which nobody knows how long it took.
    explicit OnTimeLimit(Millis heated_ms = 0) : on_ms_(heated_ms) {}

    // `on`: the state since the last call. Ticks come at least every second, so stopping a second early is in time.
    void update(Millis now_ms, bool on) {
        const Millis passed_ms = last_ms_ ? std::max<Millis>(0, now_ms - *last_ms_) : 0;
        last_ms_ = now_ms;
        if (on) {
            on_ms_ += passed_ms;
            off_ms_ = 0;
        } else {
            off_ms_ += passed_ms;
        }
        if (off_ms_ >= kPauseMs) on_ms_ = 0;
    }
    bool needs_pause() const { return on_ms_ >= caps::kHeaterMaxOnMs - kSecond; }
    Millis heated_ms() const { return on_ms_; }  // since the last full pause

private:
    std::optional<Millis> last_ms_;
    Millis on_ms_ = 0;
    Millis off_ms_ = 0;
};

}  // namespace btr::control
