#pragma once
#include <algorithm>
#include <cstdint>

#include "btr/hal/time.h"

namespace btr::sched {

// When to try again what failed: after first_ms, then twice as long each time up to cap_ms; of each wait a random part
// of up to a half is left out, so that many devices do not come back at once.
class Backoff {
public:
    constexpr Backoff(Millis first_ms, Millis cap_ms) : first_ms_(first_ms), cap_ms_(cap_ms), wait_ms_(first_ms) {}

    bool may_try(Millis now_ms) const { return now_ms >= next_ms_; }
    // `random`: any number, evenly spread.
    void failed(Millis now_ms, std::uint32_t random) {
        next_ms_ = now_ms + wait_ms_ - static_cast<Millis>(random) % (wait_ms_ / 2 + 1);
        wait_ms_ = std::min(2 * wait_ms_, cap_ms_);
    }
    // The next failure waits first_ms again.
    void succeeded() { wait_ms_ = first_ms_; }

private:
    Millis first_ms_;
    Millis cap_ms_;
    Millis wait_ms_;
    Millis next_ms_ = 0;
};

}  // namespace btr::sched
