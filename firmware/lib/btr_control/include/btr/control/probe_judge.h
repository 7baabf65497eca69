#pragma once
// May this reading be used? One judge for one DS18B20 (F5, F6).
#include <optional>

#include "btr/control/bath_state.h"
#include "btr/hal/hal.h"

namespace btr::control {

struct ProbeRange {
    float low_c, high_c;  // both excluded
};

// In water, and in a reactor that stands in it. The tank has the original's range.
constexpr ProbeRange kBathRange{-20.0F, 100.0F};
constexpr ProbeRange kTankRange{-10.0F, 120.0F};

class ProbeJudge {
public:
    static constexpr Millis kPeriodMs = kSecond;  // how often the probes are sampled
    static constexpr Millis kFreshMs = 3 * kPeriodMs;
    static constexpr int kGoodAfterDropout = 3;  // samples
    // Water on a sheathed probe (time constant 5 s or more) changes it slower than this, even a tank of 70 degC
    // that is pumped into a cold bath; a loose contact does not.
    static constexpr float kSteepestKPerS = 5.0F;
    // A DS18B20 reads exactly this after power-on (data sheet, register at reset) until its first conversion.
    static constexpr float kPowerOnC = 85.0F;
    static constexpr float kPowerOnNearK = 1.0F;
    // Beside good readings it may be a temperature, but not for long: a probe that resets before each conversion would
    // read it for ever, whatever the tank does.
    static constexpr Millis kPowerOnMostMs = 10 * kSecond;

    ProbeJudge() = default;  // of a probe in the bath
    explicit ProbeJudge(ProbeRange range) : range_(range) {}

    // The newest good sample while it is younger than three periods: two bad samples in a row are bridged, the third
    // finds it too old. Then, and after boot, three good samples in a row are needed.
    JudgedProbe update(Millis now_ms, const RawProbe& raw);

private:
    struct Sample {
        float temp_c;
        Millis at_ms;
    };
    bool is_plausible(Millis now_ms, const RawProbe& raw) const;
    void judge(Millis now_ms, const RawProbe& raw);

    ProbeRange range_ = kBathRange;
    std::optional<Millis> seen_ms_;   // time of the newest sample, good or bad
    std::optional<Sample> previous_;  // newest plausible sample: what a slope is measured from
    std::optional<Sample> good_;
    std::optional<Sample> good_other_;  // newest good one that is not the power-on value
    int good_run_ = 0;
    bool dropped_ = true;
};

}  // namespace btr::control
