#pragma once
#include <chrono>

#include "btr/hal/hal.h"

namespace btr::host {

// Milliseconds since it was made, running `speed` times as fast as real time.
class Pace {
public:
    explicit Pace(double speed) : speed_(speed) {}

    Millis now_ms() const {
        const std::chrono::duration<double, std::milli> real = Clock::now() - began_;
        return static_cast<Millis>(real.count() * speed_);
    }
    // Real time that is left until that moment; nothing when it is past.
    std::chrono::nanoseconds until(Millis moment_ms) const {
        const std::chrono::duration<double, std::milli> real(static_cast<double>(moment_ms) / speed_);
        const auto left = began_ + std::chrono::duration_cast<std::chrono::nanoseconds>(real) - Clock::now();
        return left > left.zero() ? left : left.zero();
    }

private:
    using Clock = std::chrono::steady_clock;

    double speed_;
    Clock::time_point began_ = Clock::now();
};

// The clock of this machine.
class SystemClock : public WallClock {
public:
    std::optional<std::int64_t> utc_s() const override {
        const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
        return std::chrono::duration_cast<std::chrono::seconds>(since_1970).count();
    }
};

}  // namespace btr::host
