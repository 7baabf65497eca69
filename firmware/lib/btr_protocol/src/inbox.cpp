#include "btr/protocol/inbox.h"

#include <algorithm>

namespace btr::protocol {
namespace {

constexpr Millis kCostMs = kSecond / kMostMessagesPerSecond;

}  // namespace

std::optional<Drop> Inbox::judge(Millis now_ms, std::size_t length, bool retained) {
    std::optional<Drop> drop;
    if (!take_token(now_ms)) {
        drop = Drop::too_often;
    } else if (length > kMostMessageBytes) {
        drop = Drop::too_long;
    } else if (retained) {
        drop = Drop::retained;
    }
    if (drop) {
        count(*drop);
    }
    return drop;
}

bool Inbox::take_token(Millis now_ms) {
    const Millis passed_ms = judged_ms_ ? std::max<Millis>(now_ms - *judged_ms_, 0) : 0;
    judged_ms_ = now_ms;
    credit_ms_ = std::min(credit_ms_ + passed_ms, kSecond);
    if (credit_ms_ < kCostMs) {
        return false;
    }
    credit_ms_ -= kCostMs;
    return true;
}

std::uint32_t Inbox::total() const {
    std::uint32_t sum = 0;
    for (const std::uint32_t count : counts_) {
        sum += count;
    }
    return sum;
}

}  // namespace btr::protocol
