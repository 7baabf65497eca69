#pragma once
// Whether a firmware that came over the air may stay. It has to show that it can do its work and that the next update
// can still reach it; otherwise the one before comes back.
#include <cstdint>

#include "btr/hal/time.h"
#include "btr/sched/timer.h"

namespace btr::sched {

enum class Verdict : std::uint8_t { on_trial, keep, go_back };

class UpdateTrial {
public:
    static constexpr Millis kLeastMs = kMinute;         // a firmware that crashes does so early
    static constexpr Millis kMostMs = 15 * kMinute;

    // Call every second or so from boot on. Keep: sensors answered and the broker was reached, each at least once.
    Verdict update(Millis now_ms, bool sensors_answer, bool is_connected);

private:
    Timer running_;
    bool sensors_answered_ = false;
    bool was_connected_ = false;
};

}  // namespace btr::sched
