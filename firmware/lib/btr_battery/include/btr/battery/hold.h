#pragma once
// A condition that must be met without a break, for a time and by a number of samples.
#include <algorithm>
#include <optional>

#include "btr/hal/time.h"

namespace btr::battery {

// The number of samples keeps one wrong sample from counting for the whole time between its neighbours.
class Hold {
public:
    constexpr Hold(Millis hold_ms, int samples) : hold_ms_(hold_ms), samples_(samples) {}

    // Returns whether the condition has been met for long enough.
    bool update(Millis now_ms, bool met) {
        if (!met) {
            since_ms_.reset();
            return false;
        }
        if (!since_ms_) {
            since_ms_ = now_ms;
            count_ = 0;
        }
        count_ += count_ < samples_ ? 1 : 0;
        return count_ >= samples_ && now_ms - *since_ms_ >= hold_ms_;
    }

    void reset() { since_ms_.reset(); }

private:
    Millis hold_ms_;
    int samples_;
    std::optional<Millis> since_ms_;
    int count_ = 0;
};

// A condition that is met by so many samples in a row, or again and again: a sample that meets it weighs as much as two
// that do not. So a contact that opens every other time is found, too, and one that does so rarely is not.
class Tally {
public:
    constexpr explicit Tally(int samples) : full_(2 * samples) {}

    bool update(bool met) {
        balance_ = met ? std::min(balance_ + 2, full_) : std::max(balance_ - 1, 0);
        return balance_ == full_;
    }

private:
    int full_;
    int balance_ = 0;
};

}  // namespace btr::battery
