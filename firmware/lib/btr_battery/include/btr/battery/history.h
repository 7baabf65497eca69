#pragma once
// The last believed temperatures of one sensor: what the rate of rise and the display are made of.
#include <array>
#include <cstddef>
#include <optional>

#include "btr/hal/time.h"

namespace btr::battery {

constexpr Millis kSamplePeriodMs = 500;
constexpr Millis kRateSpanMs = 2 * kSecond;
constexpr Millis kTrendSpanMs = 10 * kSecond;

class History {
public:
    // Takes a newer sample. After a gap of more than 10 s the history starts again.
    void add(Millis now_ms, float value_c);
    void clear() { size_ = 0; }

    // Rise over the last two seconds, in degC/s; nothing before that much has been seen. On the public recordings two
    // seconds separate runaways from cycling, and a single wrong sample cannot hold such a rate.
    std::optional<float> rate_c_per_s() const;
    // Change over `span_ms` up to the newest sample, at most 16 s at 2 Hz, interpolated; nothing when not seen.
    std::optional<float> change_k(Millis span_ms) const;
    std::size_t size() const { return size_; }

private:
    struct Entry {
        Millis at_ms = 0;
        float value_c = 0.0F;
    };
    const Entry& back(std::size_t age) const;  // 0: the newest

    std::array<Entry, 33> entries_{};
    std::size_t next_ = 0;
    std::size_t size_ = 0;
};

}  // namespace btr::battery
