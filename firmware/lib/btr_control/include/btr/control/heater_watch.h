#pragma once
// Does the heater do what it is told? Watches the effect, not the temperature (F8, F9).
#include <optional>

#include "btr/hal/time.h"

namespace btr::control {

// F8: heating without gain. A dead element, a probe that fell out of the tank, an empty tank.
//
// The pump takes heat away, and a hot tank pumped into a cold bath even cools while it is heated. So gain is a rise by
// 0.5 K of the tank above where it was when heating began, *or of the bath if it was pumped*; what seeps from a boiling
// tank into a bath at rest is none. It is judged when the heater goes off and after every 10 minutes of
// heating; bursts without gain add up, so a heater that is never on for 10 minutes at a time is watched as well. What
// the pump brings from a charged tank looks like gain once, but it runs out.
// No tank keeps its temperature to the sixteenth of a degree while it is heated and its bath warms: then its probe
// repeats one conversion for ever, the tank may be anywhere, and what the bath gains is no proof.
// A heater that just balances the losses of its bath, without 0.5 K in 10 minutes, is reported too: it cannot do its
// work, and nothing here could tell it from a broken one.
class GainWatch {
public:
    static constexpr Millis kWindowMs = 10 * kMinute;
    static constexpr float kGainK = 0.5F;

    // `heater_on`, `pump_on`: the state since the last call. Returns whether the fault is there.
    bool update(Millis now_ms, bool heater_on, bool pump_on, std::optional<float> tank_c, std::optional<float> bath_c);
    void reset() { *this = GainWatch(); }

private:
    bool has_gained(std::optional<float> tank_c, std::optional<float> bath_c) const;

    std::optional<float> tank_from_c_, bath_from_c_;
    std::optional<float> tank_last_c_;
    bool tank_moved_ = false;
    bool pumped_ = false;
    std::optional<Millis> last_ms_;
    Millis heated_ms_ = 0;
    bool was_on_ = false;
};

// F9: off, but the tank still gets warmer: the relay is stuck. By more than 0.5 K within 5 minutes, once what the
// element still held has had 2 minutes to spread. The pump may warm a cold tank from the bath; so a rise counts only
// while the tank is warmer than the bath by more than two probes (each +-0.5 K, data sheet) may differ.
class RestWatch {
public:
    static constexpr Millis kSettleMs = 2 * kMinute;
    static constexpr Millis kWindowMs = 5 * kMinute;
    static constexpr float kRiseK = 0.5F;
    static constexpr float kWarmerThanBathK = 1.0F;

    bool update(Millis now_ms, bool heater_on, std::optional<float> tank_c, std::optional<float> bath_c);
    void reset() { *this = RestWatch(); }

private:
    struct Window {
        Millis start_ms;
        float lowest_c;
    };
    std::optional<Millis> resting_since_ms_;
    std::optional<Window> window_;
};

}  // namespace btr::control
