#pragma once
// Gas against a baseline that is learned on the spot, the VOC index, and smoke.
//
// The "ppm" of the MQ sensors is a straight line through the ADC without calibration (H5), so an absolute limit means
// nothing. What venting does means something: several heated sensors rise to a multiple of their own quiet level within
// seconds. The baseline follows the room only to twice its lowest, so that a slow leak does not become usual.
// One gas is a warning, two or more are danger. The VOC index warns alone and counts for no second gas: a
// cleaner's vapour moves it together with one MQ. Humidity is context and not judged.
#include <array>
#include <optional>

#include "btr/battery/hold.h"
#include "btr/battery/settings.h"
#include "btr/hal/hal.h"
#include "btr/protocol/battery_level.h"

namespace btr::battery {

using protocol::Level;

constexpr Millis kGasWarmUpMs = 3 * kMinute;  // F21: heated sensors are not judged before

// One MQ sensor: its baseline and whether it stands out.
class GasSensor {
public:
    // `ppm` compensated for the weather; `may_learn` lets the baseline follow. Call once warm only.
    void update(Millis now_ms, float ppm, const BatterySettings& settings, bool may_learn);
    bool is_high() const { return is_high_; }
    // Quiet level in ppm; nothing before 30 s of learning.
    std::optional<float> baseline_ppm() const;

private:
    void learn(float ppm, Millis step_ms);

    Hold hold_{5 * kSecond, 3};
    float mean_ppm_ = 0.0F;
    float anchor_ppm_ = 0.0F;  // the lowest baseline so far
    Millis learned_ms_ = 0;
    std::optional<Millis> updated_ms_;
    bool is_high_ = false;
};

// A value with a limit: high once held, low again below a share of the limit; unchanged without a reading.
class HeldLimit {
public:
    HeldLimit(Millis hold_ms, int samples) : hold_(hold_ms, samples) {}
    void update(Millis now_ms, std::optional<float> value, float limit, float clear_below);
    bool is_high() const { return is_high_; }

private:
    Hold hold_;
    bool is_high_ = false;
};

struct GasReadings {  // believed ones; nothing where there is none
    std::array<std::optional<float>, kGasChannels> ppm;
    std::optional<float> voc_index;
    std::optional<float> smoke_ir;
};

class GasMonitor {
public:
    void configure(const BatterySettings& settings) { settings_ = settings; }
    // `is_warm`: the heated sensors have warmed up; smoke and the VOC index, which waits by itself, do not need it.
    void update(Millis now_ms, const GasReadings& readings, bool is_warm, bool may_learn);

    Level by_gas() const;
    Level by_voc() const { return voc_.is_high() ? Level::warning : Level::normal; }
    Level by_smoke() const { return smoke_.is_high() ? Level::danger : Level::normal; }
    const GasSensor& sensor(GasChannel channel) const { return sensors_[channel]; }

private:
    BatterySettings settings_;
    std::array<GasSensor, kGasChannels> sensors_;
    HeldLimit voc_{10 * kSecond, 3};
    HeldLimit smoke_{2 * kSecond, 3};
};

}  // namespace btr::battery
