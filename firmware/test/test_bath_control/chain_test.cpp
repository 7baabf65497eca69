// The priority chain as a table, and what has a name.
#include <doctest/doctest.h>

#include <cstring>
#include <set>
#include <string>

#include "btr/control/safety_chain.h"

using namespace btr::control;

namespace {

SafetyInput safe() {
    SafetyInput input;
    input.bath_c = input.hottest_c = 50.0F;
    input.tank_c = 58.0F;
    input.bath_max_c = 65.0F;
    input.tank_max_c = 90.0F;
    input.gap_limit_k = 12.6F;
    return input;
}

struct Row {
    Reason reason;
    void (*happens)(SafetyInput&);
    PumpOrder pump;
    Refusal heater, pump_on, aeration;
};

// Most urgent first.
const Row kRows[] = {
    {Reason::emergency, [](SafetyInput& in) { in.emergency = true; }, PumpOrder::off, Refusal::emergency,
     Refusal::emergency, Refusal::emergency},
    {Reason::safe_mode, [](SafetyInput& in) { in.outputs_barred = true; }, PumpOrder::off, Refusal::safe_mode,
     Refusal::safe_mode, Refusal::safe_mode},
    {Reason::fault_latched, [](SafetyInput& in) { in.fault_latched = true; }, PumpOrder::free, Refusal::fault_latched,
     Refusal::none, Refusal::none},
    {Reason::bath_over_limit, [](SafetyInput& in) { in.hottest_c = 65.0F; }, PumpOrder::off, Refusal::bath_over_limit,
     Refusal::bath_over_limit, Refusal::none},
    {Reason::bath_invalid, [](SafetyInput& in) { in.bath_c.reset(); }, PumpOrder::off, Refusal::bath_invalid,
     Refusal::bath_invalid, Refusal::none},
    {Reason::tank_over_limit,
     [](SafetyInput& in) {
         in.tank_c = 90.0F;
         in.gap_limit_k = 99.0F;
     },
     PumpOrder::free, Refusal::tank_over_limit, Refusal::none, Refusal::none},
    {Reason::gap_too_wide, [](SafetyInput& in) { in.gap_limit_k = 8.0F; }, PumpOrder::on, Refusal::none, Refusal::none,
     Refusal::none},
    {Reason::heater_max_on, [](SafetyInput& in) { in.heater_needs_pause = true; }, PumpOrder::free,
     Refusal::heater_needs_pause, Refusal::none, Refusal::none},
};

}  // namespace

TEST_CASE("F23 every safety rule alone") {
    CHECK(judge_safety(safe()).first == nullptr);
    for (const Row& row : kRows) {
        INFO(std::string(key_of(row.reason)));
        SafetyInput input = safe();
        row.happens(input);
        const Verdict verdict = judge_safety(input);
        REQUIRE(verdict.first != nullptr);
        CHECK(verdict.first->reason == row.reason);
        CHECK(verdict.pump() == row.pump);
        CHECK(verdict.refusal_of_on(kHeater) == row.heater);
        CHECK(verdict.refusal_of_on(kPump) == row.pump_on);
        CHECK(verdict.refusal_of_on(kAeration) == row.aeration);
    }
}

TEST_CASE("F23 of two safety rules the more urgent one is told, and its order to the pump goes first") {
    for (const Row& urgent : kRows) {
        for (const Row& less : kRows) {
            if (&less <= &urgent) continue;
            INFO(std::string(key_of(urgent.reason)));
            INFO(std::string(key_of(less.reason)));
            SafetyInput input = safe();
            less.happens(input);
            urgent.happens(input);
            const Verdict verdict = judge_safety(input);
            CHECK(verdict.first->reason == urgent.reason);
            if (urgent.pump != PumpOrder::free) CHECK(verdict.pump() == urgent.pump);
        }
    }
}

TEST_CASE("F23 an invalid tank forbids heat and leaves the pump, as no gap is known") {
    SafetyInput input = safe();
    input.tank_c.reset();
    const Verdict verdict = judge_safety(input);
    CHECK(verdict.first->reason == Reason::tank_invalid);
    CHECK(verdict.pump() == PumpOrder::free);
    CHECK(verdict.refusal_of_on(kHeater) == Refusal::tank_invalid);
}

TEST_CASE("F23 the hard limit clears the locks; an invalid probe, which may be back in a moment, does not") {
    SafetyInput input = safe();
    input.hottest_c = 65.0F;
    CHECK(judge_safety(input).clears_locks);
    input = safe();
    input.bath_c.reset();
    CHECK_FALSE(judge_safety(input).clears_locks);
}

TEST_CASE("F16 the caps hold in the rules themselves") {
    SafetyInput input = safe();
    input.bath_max_c = 500.0F;
    input.tank_max_c = 500.0F;
    input.hottest_c = caps::kBathMaxC;
    CHECK(judge_safety(input).first->reason == Reason::bath_over_limit);
    input.hottest_c = input.bath_c = 79.0F;
    input.tank_c = caps::kTankMaxC;
    input.gap_limit_k = 99.0F;
    CHECK(judge_safety(input).first->reason == Reason::tank_over_limit);
}

TEST_CASE("every reason and refusal has a key of its own") {
    std::set<std::string> keys;
    for (int i = 0; i <= static_cast<int>(Reason::guard); ++i) keys.insert(key_of(static_cast<Reason>(i)));
    CHECK(keys.size() == static_cast<std::size_t>(Reason::guard) + 1);
    keys.clear();
    for (int i = 0; i <= static_cast<int>(Refusal::not_stored); ++i) keys.insert(key_of(static_cast<Refusal>(i)));
    CHECK(keys.size() == static_cast<std::size_t>(Refusal::not_stored) + 1);
    CHECK(keys.count("") == 0);
}
