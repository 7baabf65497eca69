#include "btr/control/probe_judge.h"

#include <algorithm>
#include <cmath>

namespace btr::control {

JudgedProbe ProbeJudge::update(Millis now_ms, const RawProbe& raw) {
    if (raw.fault != ProbeFault::none) {
        good_run_ = 0;
    } else if (seen_ms_ != raw.sampled_ms) {
        seen_ms_ = raw.sampled_ms;
        judge(now_ms, raw);
    }
    if (!good_ || now_ms - good_->at_ms >= kFreshMs) {
        dropped_ = true;
        good_run_ = 0;
    } else if (good_run_ >= kGoodAfterDropout) {
        dropped_ = false;
    }
    JudgedProbe judged;
    if (!dropped_) judged.temp_c = good_->temp_c;
    judged.raw_c = raw.temp_c;
    judged.present = raw.fault != ProbeFault::missing;
    return judged;
}

bool ProbeJudge::is_plausible(Millis now_ms, const RawProbe& raw) const {
    const Millis age_ms = now_ms - raw.sampled_ms;
    if (age_ms < 0 || age_ms >= kFreshMs) return false;
    if (!(raw.temp_c > range_.low_c && raw.temp_c < range_.high_c)) return false;  // not a number included
    return raw.temp_c != kPowerOnC || (good_other_ && std::fabs(good_other_->temp_c - kPowerOnC) <= kPowerOnNearK &&
                                       raw.sampled_ms - good_other_->at_ms <= kPowerOnMostMs);
}

void ProbeJudge::judge(Millis now_ms, const RawProbe& raw) {
    if (!is_plausible(now_ms, raw)) {
        good_run_ = 0;
        return;
    }
    // A step is one bad sample, not a probe lost for ever: the next one is compared with this one.
    const std::optional<Sample> before = previous_;
    previous_ = Sample{raw.temp_c, raw.sampled_ms};
    if (before) {
        const Millis passed_ms = std::max(raw.sampled_ms - before->at_ms, kPeriodMs);
        const float steepest_k = kSteepestKPerS * static_cast<float>(passed_ms) / 1000.0F;
        if (std::fabs(raw.temp_c - before->temp_c) > steepest_k) {
            good_run_ = 0;
            return;
        }
    }
    good_ = previous_;
    if (raw.temp_c != kPowerOnC) good_other_ = good_;
    ++good_run_;
}

}  // namespace btr::control
