#pragma once
// Which of several Wi-Fi networks to try, and when. Nothing here waits: whoever connects asks what to do.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"
#include "btr/sched/backoff.h"
#include "btr/sched/timer.h"

namespace btr::sched {

class NetworkPlan {
public:
    static constexpr Millis kAttemptMs = 15 * kSecond;  // association, keys and DHCP take up to 10 s
    static constexpr Millis kFirstPauseMs = 5 * kSecond;
    static constexpr Millis kLongestPauseMs = 2 * kMinute;

    explicit NetworkPlan(std::size_t networks) : networks_(networks) {}

    // The network to begin with now, as an index; nothing: leave everything as it is. A lost network is tried again
    // first, then the others in turn; after each round of failures comes a pause, twice as long each time.
    // `random`: any number, evenly spread.
    std::optional<std::size_t> update(Millis now_ms, bool is_connected, std::uint32_t random);

private:
    std::size_t networks_;
    std::size_t current_ = 0;
    std::size_t failures_ = 0;  // in this round
    Timer attempt_;
    Backoff pause_{kFirstPauseMs, kLongestPauseMs};
};

}  // namespace btr::sched
