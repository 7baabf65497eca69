#include "btr/control/safety_chain.h"

#include <algorithm>

namespace btr::control {

namespace {

using In = SafetyInput;

bool gap_too_wide(const In& in) { return in.tank_c && in.bath_c && *in.tank_c - *in.bath_c >= in.gap_limit_k; }

// The pump rests while the bath is not known: it could carry a hot tank into a bath that is at its limit.
// A latched fault leaves the pump free: it may bring away the heat of a relay that does not let go.
constexpr SafetyRule kRules[] = {
    {Reason::emergency, Refusal::emergency, PumpOrder::off, true, true, [](const In& in) { return in.emergency; }},
    {Reason::safe_mode, Refusal::safe_mode, PumpOrder::off, true, true, [](const In& in) { return in.outputs_barred; }},
    {Reason::fault_latched, Refusal::fault_latched, PumpOrder::free, false, false,
     [](const In& in) { return in.fault_latched; }},
    {Reason::bath_over_limit, Refusal::bath_over_limit, PumpOrder::off, false, true,
     [](const In& in) { return in.hottest_c && *in.hottest_c >= std::min(in.bath_max_c, caps::kBathMaxC); }},
    {Reason::bath_invalid, Refusal::bath_invalid, PumpOrder::off, false, false,
     [](const In& in) { return !in.bath_c; }},
    {Reason::tank_invalid, Refusal::tank_invalid, PumpOrder::free, false, false,
     [](const In& in) { return !in.tank_c; }},
    {Reason::tank_over_limit, Refusal::tank_over_limit, PumpOrder::free, false, false,
     [](const In& in) { return in.tank_c && *in.tank_c >= std::min(in.tank_max_c, caps::kTankMaxC); }},
    {Reason::gap_too_wide, Refusal::none, PumpOrder::on, false, false, gap_too_wide},
    {Reason::heater_max_on, Refusal::heater_needs_pause, PumpOrder::free, false, false,
     [](const In& in) { return in.heater_needs_pause; }},
};

}  // namespace

Refusal Verdict::refusal_of_on(Output output) const {
    if (output == kHeater) return refusing ? refusing->refusal : Refusal::none;
    if (output == kPump) return pump() == PumpOrder::off ? for_pump->refusal : Refusal::none;
    return aeration_off ? first->refusal : Refusal::none;
}

Verdict judge_safety(const SafetyInput& input) {
    Verdict verdict;
    for (const SafetyRule& rule : kRules) {
        if (!rule.holds(input)) continue;
        if (!verdict.first) verdict.first = &rule;
        if (!verdict.for_pump && rule.pump != PumpOrder::free) verdict.for_pump = &rule;
        if (!verdict.refusing && rule.refusal != Refusal::none) verdict.refusing = &rule;
        verdict.aeration_off = verdict.aeration_off || rule.aeration_off;
        verdict.clears_locks = verdict.clears_locks || rule.clears_locks;
    }
    return verdict;
}

}  // namespace btr::control
