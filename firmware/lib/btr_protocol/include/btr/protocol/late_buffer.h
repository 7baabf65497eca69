#pragma once
// What could not be sent in time, to be sent late (F20).
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"

namespace btr::protocol {

// Keeps the newest Capacity entries, oldest first out, one every kPeriodMs at most so that the live messages have the
// line to themselves.
//
//     while connected:  if (const Entry* late = buffer.due(now_ms); late && publish(*late)) { buffer.sent(now_ms); }
template <typename Entry, std::size_t Capacity, Millis kPeriodMs>
class LateBuffer {
public:
    void push(const Entry& entry) {
        entries_[(first_ + size_) % Capacity] = entry;
        if (size_ < Capacity) {
            ++size_;
        } else {
            first_ = (first_ + 1) % Capacity;
            ++dropped_;
        }
    }
    // The oldest entry, null when there is none or the last one was sent less than kPeriodMs ago.
    const Entry* due(Millis now_ms) const {
        const bool is_early = sent_ms_ && now_ms - *sent_ms_ < kPeriodMs;
        return size_ == 0 || is_early ? nullptr : &entries_[first_];
    }
    // That entry is on its way.
    void sent(Millis now_ms) {
        if (size_ > 0) {
            first_ = (first_ + 1) % Capacity;
            --size_;
            sent_ms_ = now_ms;
        }
    }
    std::size_t size() const { return size_; }
    std::uint32_t dropped() const { return dropped_; }

private:
    std::array<Entry, Capacity> entries_{};
    std::size_t first_ = 0;
    std::size_t size_ = 0;
    std::uint32_t dropped_ = 0;
    std::optional<Millis> sent_ms_;
};

}  // namespace btr::protocol
