#pragma once
// A command by hand holds an output for a time, never for ever (F10, H11).
#include <algorithm>
#include <optional>

#include "btr/control/settings.h"

namespace btr::control {

class ManualLock {
public:
    // At most caps::kLeaseMaxMs; a duration of 0 or less means that longest time.
    void hold(Millis now_ms, bool on, Millis duration_ms) {
        const Millis lease_ms = duration_ms <= 0 ? caps::kLeaseMaxMs : std::min(duration_ms, caps::kLeaseMaxMs);
        lease_ = Lease{on, now_ms + lease_ms};
    }
    void clear() { lease_.reset(); }
    // What must not run loses its lease; what was to stay off stays off.
    void clear_on() {
        if (lease_ && lease_->on) lease_.reset();
    }
    // Returns whether the lease has ended just now.
    bool expire(Millis now_ms) {
        if (!lease_ || now_ms < lease_->until_ms) return false;
        lease_.reset();
        return true;
    }
    bool is_held() const { return lease_.has_value(); }
    // The state held by hand, else the automatic one.
    bool or_else(bool automatic) const { return lease_ ? lease_->on : automatic; }
    std::optional<Millis> left_ms(Millis now_ms) const {
        return lease_ ? std::optional<Millis>(lease_->until_ms - now_ms) : std::nullopt;
    }

private:
    struct Lease {
        bool on;
        Millis until_ms;
    };
    std::optional<Lease> lease_;
};

}  // namespace btr::control
