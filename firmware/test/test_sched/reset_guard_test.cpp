#include "btr/sched/reset_guard.h"

#include <doctest/doctest.h>

#include "cut_store.h"

using namespace btr;
using namespace btr::sched;
using btr::test::CutStore;

namespace {

// One run of the program: starts for that reason and ends after that time.
bool is_safe_after(CutStore& store, const char* reset_reason, Millis runs_ms = kMinute) {
    ResetGuard guard(store);
    guard.begin(reset_reason, 0);
    for (Millis now_ms = 0; now_ms <= runs_ms; now_ms += kSecond) {
        guard.tick(now_ms);
    }
    return guard.is_safe_mode();
}

}  // namespace

TEST_CASE("F14 three resets by the watchdog within 10 minutes give safe mode") {
    CutStore store;
    CHECK_FALSE(is_safe_after(store, "power_on"));
    CHECK_FALSE(is_safe_after(store, "watchdog"));
    CHECK_FALSE(is_safe_after(store, "watchdog"));
    CHECK(is_safe_after(store, "watchdog"));

    SUBCASE("and a fourth one too") { CHECK(is_safe_after(store, "watchdog")); }
    SUBCASE("a brown-out or an unknown cause does not end it") {
        CHECK(is_safe_after(store, "brownout"));
        CHECK(is_safe_after(store, "unknown"));
    }
    SUBCASE("switching off and on, or a restart on demand, tries again") {
        CHECK_FALSE(is_safe_after(store, "power_on"));
        CHECK_FALSE(is_safe_after(store, "watchdog"));
        CHECK_FALSE(is_safe_after(store, "software"));
        CHECK_FALSE(is_safe_after(store, "watchdog"));
        CHECK_FALSE(is_safe_after(store, "watchdog"));
    }
    SUBCASE("10 minutes of safe mode end it at the next start, not before") {
        CHECK(is_safe_after(store, "watchdog", 11 * kMinute));
        CHECK_FALSE(is_safe_after(store, "watchdog"));
    }
}

TEST_CASE("F14 a panic counts like the watchdog") {
    CutStore store;
    CHECK_FALSE(is_safe_after(store, "panic"));
    CHECK_FALSE(is_safe_after(store, "watchdog"));
    CHECK(is_safe_after(store, "panic"));
}

TEST_CASE("F14 resets more than 10 minutes apart do not add up") {
    CutStore store;
    for (int i = 0; i < 10; ++i) {
        CHECK_FALSE(is_safe_after(store, "watchdog", 10 * kMinute));
    }
}

TEST_CASE("F14 when the count cannot be read, one more reset is enough") {
    CutStore store;
    CHECK_FALSE(is_safe_after(store, "watchdog"));
    for (auto& record : store.records) {
        record.second[0] ^= 1U;
    }
    CHECK(is_safe_after(store, "watchdog"));
}

TEST_CASE("a quiet device does not wear out its store") {
    CutStore store;
    CHECK_FALSE(is_safe_after(store, "power_on", kHour));
    CHECK(store.writes == 0);
}
