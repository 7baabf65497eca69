#pragma once
// One temperature sensor with everything that is judged on it: plausibility, two limits, rate of rise.
//
// Evidence is never lowered by the absence of a reading: a sensor that burns keeps what it last proved until it reads
// well again.
#include <optional>

#include "btr/battery/history.h"
#include "btr/battery/hold.h"
#include "btr/battery/plausibility.h"
#include "btr/protocol/battery_level.h"

namespace btr::battery {

using protocol::Level;

struct TemperatureLimits {
    float warning_c;
    float danger_c;
    float rate_warning_c_per_s;
    float rate_danger_c_per_s;
    float rate_warm_c;
    float rate_rise_k;
    Level worst_by_rate;  // a door or a hot-air gun makes any rate in air: there the rate alone only warns
};

constexpr float kHysteresisK = 2.0F;            // a limit that was broken clears this far below
constexpr Millis kConfirmMs = 400;              // two samples at least this far apart: one wrong one is no evidence
constexpr Millis kRateHoldMs = 3 * kSecond;     // GB 38031

class TemperatureChannel {
public:
    TemperatureChannel(const ChannelSpec& spec, const TemperatureLimits& limits)
        : filter_(spec), limits_(limits), measurable_to_c_(spec.measurable_to.value_or(spec.high)) {}

    // Other limits, from the next reading on. No hold starts again: settings sent without end must not put off an
    // alarm.
    void configure(const TemperatureLimits& limits) { limits_ = limits; }
    // One reading, nothing when the sensor did not answer; `is_faulty` when its own diagnosis speaks against it.
    // `now_ms` must not go back.
    void add(Millis now_ms, std::optional<float> reading_c, bool is_faulty);

    const std::optional<float>& value_c() const { return value_c_; }  // the latest reading, if it is believed
    std::optional<float> rate_c_per_s() const { return value_c_ ? history_.rate_c_per_s() : std::nullopt; }
    const History& history() const { return history_; }
    Doubt doubt() const { return filter_.doubt(); }
    Level by_limit() const { return by_limit_; }
    Level by_rate() const { return by_rate_; }

private:
    void judge_doubtful(Millis now_ms, std::optional<float> reading_c);
    void judge_limit(Millis now_ms, float value_c, bool is_confirmed);
    void judge_rate(Millis now_ms, float value_c);
    void forget_rise();

    PlausibilityFilter filter_;
    TemperatureLimits limits_;
    float measurable_to_c_;
    History history_;
    std::optional<float> value_c_;
    Level by_limit_ = Level::normal;
    Level by_rate_ = Level::normal;
    Hold over_warning_{kConfirmMs, 2};
    Hold over_danger_{kConfirmMs, 2};
    // Readings that are not believed one by one, yet all too hot and no fault of the sensor: as long as a fault needs.
    Hold doubtful_but_hot_{1400, 4};
    Hold rising_{kRateHoldMs, 3};
    Hold rising_fast_{kRateHoldMs, 3};
    std::optional<float> rise_start_c_;
};

}  // namespace btr::battery
