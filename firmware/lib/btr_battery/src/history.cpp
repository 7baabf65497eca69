#include "btr/battery/history.h"

namespace btr::battery {
namespace {

constexpr Millis kLongestGapMs = 10 * kSecond;
// A sample this early already stands for its time: waiting for the next would cost half a second.
constexpr Millis kEarlyMs = kSamplePeriodMs / 10;

}  // namespace

void History::add(Millis now_ms, float value_c) {
    if (size_ > 0) {
        const Millis gap_ms = now_ms - back(0).at_ms;
        if (gap_ms <= 0) {
            return;
        }
        if (gap_ms > kLongestGapMs) {
            clear();
        }
    }
    entries_[next_] = {now_ms, value_c};
    next_ = (next_ + 1) % entries_.size();
    size_ += size_ < entries_.size() ? 1 : 0;
}

std::optional<float> History::rate_c_per_s() const {
    const std::optional<float> change = change_k(kRateSpanMs);
    return change ? std::optional(*change * 1000.0F / static_cast<float>(kRateSpanMs)) : std::nullopt;
}

std::optional<float> History::change_k(Millis span_ms) const {
    if (size_ < 2) {
        return std::nullopt;
    }
    const Entry& newest = back(0);
    const Millis start_ms = newest.at_ms - span_ms;
    for (std::size_t age = 1; age < size_; ++age) {
        const Entry& older = back(age);
        if (older.at_ms > start_ms + kEarlyMs) {
            continue;
        }
        const Entry& newer = back(age - 1);
        const float share = older.at_ms >= start_ms ? 0.0F
                                                    : static_cast<float>(start_ms - older.at_ms) /
                                                          static_cast<float>(newer.at_ms - older.at_ms);
        return newest.value_c - (older.value_c + share * (newer.value_c - older.value_c));
    }
    return std::nullopt;
}

const History::Entry& History::back(std::size_t age) const {
    return entries_[(next_ + entries_.size() - 1 - age) % entries_.size()];
}

}  // namespace btr::battery
