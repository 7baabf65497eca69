// Three days of a bath controller among faults: F1, F2, F6, F10-F15, F17, F20, F22.
#include <doctest/doctest.h>

#include <string>

#include "bath_life.h"

using namespace btr;
using namespace btr::soak;

namespace {

std::string told(const char* broken) { return broken != nullptr ? broken : ""; }

}  // namespace

TEST_CASE("F22 72 h of random faults of a bath: no missed deadline, no stuck output, no growth") {
    BathLife life(20261123);
    const long heap_before = heap_calls();
    for (int block = 0; block < 12; ++block) {  // six hours each: busy, usual, and nearly quiet
        constexpr Millis kEventEveryMs[] = {5 * kSecond, 30 * kSecond, 5 * kMinute};
        INFO(block);
        REQUIRE(told(life.live(6 * kHour, kEventEveryMs[block % 3])) == "");
    }
    CHECK(heap_calls() == heap_before);
    CHECK(life.flash_bytes() < 2048);

    const BathTally& tally = life.tally();
    for (std::size_t kind = 1; kind < kTroubles; ++kind) {
        INFO(kind);
        CHECK(tally.troubles[kind] > 50);
    }
    CHECK(life.heater_changes() > 300);
    CHECK(life.ledger().over_limit() > 20);
    CHECK(tally.stops > 200);
    CHECK(tally.resets > 200);
    CHECK(tally.safe_modes > 5);
    CHECK(tally.cuts > 50);
    CHECK(tally.decays > 50);
    CHECK(tally.outages > 300);
    CHECK(tally.acks > 500);
    CHECK(tally.late > 100);
    CHECK(tally.latched > 0);

    REQUIRE(told(life.recover(3 * kHour)) == "");
    CHECK(life.device().view().faults == 0);
    CHECK(life.device().kept() == 0);
    CHECK(life.plant().bath_c() == doctest::Approx(50.0).epsilon(0.04));
    MESSAGE("bath: " << tally.passes << " passes, " << tally.heard << " messages in, " << life.sent() << " out, "
                     << tally.resets + tally.cuts << " resets, " << tally.safe_modes << " safe modes, "
                     << life.ledger().over_limit() << " limits passed while heating, " << life.heater_changes()
                     << " switchings of the heater, longest pass " << tally.worst_gap_ms << " ms");
}

TEST_CASE("F11 F22 six hours of faults go the same way across the wraps of a 32-bit clock") {
    const auto trace_from = [](Millis base_ms) {
        BathLife life(11, base_ms);
        REQUIRE(told(life.live(6 * kHour, 20 * kSecond)) == "");
        return life.trace();
    };
    const std::uint64_t usual = trace_from(0);
    CHECK(trace_from((Millis{1} << 32) - 10 * kSecond) == usual);
    CHECK(trace_from((Millis{1} << 31) - 10 * kSecond) == usual);
}
