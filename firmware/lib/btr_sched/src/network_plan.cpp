#include "btr/sched/network_plan.h"

namespace btr::sched {

std::optional<std::size_t> NetworkPlan::update(Millis now_ms, bool is_connected, std::uint32_t random) {
    if (is_connected) {
        attempt_.stop();
        failures_ = 0;
        pause_.succeeded();
        return std::nullopt;
    }
    if (attempt_.has_passed(now_ms, kAttemptMs)) {
        attempt_.stop();
        current_ = (current_ + 1) % networks_;
        if (++failures_ == networks_) {
            failures_ = 0;
            pause_.failed(now_ms, random);
        }
    }
    if (networks_ == 0 || attempt_.is_running() || !pause_.may_try(now_ms)) {
        return std::nullopt;
    }
    attempt_.start(now_ms);
    return current_;
}

}  // namespace btr::sched
