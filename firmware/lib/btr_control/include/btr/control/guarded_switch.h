#pragma once
// A relay with its guards. Whoever holds the relay itself is here and nowhere else, so nothing can go round them.
#include "btr/hal/hal.h"
#include "btr/hal/time.h"

namespace btr::control {

class GuardedSwitch {
public:
    // Switches off; the first `on` waits its minimum off-time from here (F13).
    GuardedSwitch(SwitchOutput& relay, Millis now_ms) : relay_(relay), changed_ms_(now_ms) { relay_.set(false); }
    GuardedSwitch(const GuardedSwitch&) = delete;
    GuardedSwitch& operator=(const GuardedSwitch&) = delete;

    // Changes to the wish once the relay has kept its state for its minimum time.
    void request(Millis now_ms, bool on, Millis min_on_ms, Millis min_off_ms) {
        const Millis kept_ms = now_ms - changed_ms_;
        is_waiting_ = on != is_on_ && kept_ms < (is_on_ ? min_on_ms : min_off_ms);
        set(now_ms, is_waiting_ ? is_on_ : on);
    }
    // Off at once, past every guard.
    void force_off(Millis now_ms) {
        is_waiting_ = false;
        set(now_ms, false);
    }

    bool is_on() const { return is_on_; }
    bool is_waiting() const { return is_waiting_; }  // the last wish is held back

private:
    void set(Millis now_ms, bool on) {
        if (on != is_on_) changed_ms_ = now_ms;
        is_on_ = on;
        relay_.set(on);  // every time: heals a pin that a disturbance has flipped
    }

    SwitchOutput& relay_;
    Millis changed_ms_;
    bool is_on_ = false;
    bool is_waiting_ = false;
};

}  // namespace btr::control
