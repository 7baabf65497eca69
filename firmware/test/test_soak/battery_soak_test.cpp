// Three days of a battery node among faults, one of them without a network: F1, F3, F4, F5, F11, F15, F17, F20, F22.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "battery_life.h"

using namespace btr;
using namespace btr::soak;

namespace {

std::string told(const char* broken) { return broken != nullptr ? broken : ""; }

}  // namespace

TEST_CASE("F1 F22 72 h of random faults of a battery node: no missed deadline, no hidden or stuck alarm, no growth") {
    const auto life = std::make_unique<BatteryLife>(20261124);
    const long heap_before = heap_calls();
    for (int block = 0; block < 12; ++block) {  // six hours each: busy, usual, and nearly quiet
        constexpr Millis kEventEveryMs[] = {5 * kSecond, 30 * kSecond, 5 * kMinute};
        INFO(block);
        life->leave_alone(block >= 4 && block < 8);
        REQUIRE(told(life->live(6 * kHour, kEventEveryMs[block % 3])) == "");
    }
    CHECK(heap_calls() == heap_before);
    CHECK(life->flash_bytes() < 1024);

    const BatteryTally& tally = life->tally();
    CHECK(tally.missed == 0);
    CHECK(tally.worst_jitter_alone_ms < 50);
    for (std::size_t kind = 1; kind < kFailures; ++kind) {
        INFO(kind);
        CHECK(tally.failures[kind] > 50);
    }
    CHECK(tally.runaways > 200);
    CHECK(tally.smokes > 200);
    CHECK(tally.gases > 200);
    CHECK(tally.dangers > 10000);
    CHECK(tally.returns_to_normal > 100);
    CHECK(tally.resets > 200);
    CHECK(tally.cuts > 20);
    CHECK(tally.outages > 200);
    CHECK(tally.late > 10000);

    REQUIRE(told(life->recover(15 * kMinute)) == "");
    CHECK(life->device().shown() == battery::Level::normal);
    CHECK(life->device().kept() == 0);
    MESSAGE("battery: " << tally.samples << " samples, " << tally.heard << " messages in, " << life->sent() << " out, "
                        << tally.resets + tally.cuts << " resets, " << tally.runaways << " runaways, jitter "
                        << tally.worst_jitter_ms << " ms, without a network " << tally.worst_jitter_alone_ms << " ms");
}

TEST_CASE("F11 F22 six hours of faults of a node go the same way across the wraps of a 32-bit clock") {
    const auto trace_from = [](Millis base_ms) {
        const auto life = std::make_unique<BatteryLife>(12, base_ms);
        REQUIRE(told(life->live(6 * kHour, 20 * kSecond)) == "");
        return life->trace();
    };
    const std::uint64_t usual = trace_from(0);
    CHECK(trace_from((Millis{1} << 32) - 10 * kSecond) == usual);
    CHECK(trace_from((Millis{1} << 31) - 10 * kSecond) == usual);
}
