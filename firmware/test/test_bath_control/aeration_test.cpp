#include <doctest/doctest.h>

#include <limits>

#include "bath_bench.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

constexpr std::int64_t kNoon = 1775100000;

BathSettings timed() {
    BathSettings settings;
    settings.aeration_interval_ms = 600000;
    settings.aeration_duration_ms = 120000;
    return settings;
}

}  // namespace

TEST_CASE("F23 aeration: every interval, for duration") {
    BathBench bench(timed());
    bench.run(10 * kMinute - 100);
    CHECK_FALSE(bench.view().on[kAeration]);
    for (int i = 0; i < 3; ++i) {
        bench.run(100);
        CHECK(bench.view().on[kAeration]);
        bench.run(2 * kMinute - 100);
        CHECK(bench.view().on[kAeration]);
        bench.run(100);
        CHECK_FALSE(bench.view().on[kAeration]);
        bench.run(10 * kMinute - 100);
    }
}

TEST_CASE("F23 aeration does not run with its timer off, and stops when it is switched off") {
    BathSettings settings = timed();
    settings.aeration_enabled = false;
    BathBench bench(settings);
    bench.run(kHour);
    CHECK_FALSE(bench.view().on[kAeration]);
    settings.aeration_enabled = true;
    bench.bath->apply(bench.now_ms, settings);
    bench.run(kSecond);
    CHECK(bench.view().on[kAeration]);
    settings.aeration_enabled = false;
    bench.bath->apply(bench.now_ms, settings);
    CHECK_FALSE(bench.view().on[kAeration]);
}

TEST_CASE("the motor starts and stops softly, and at once in an emergency") {
    BathBench bench(timed());
    bench.command(kAeration, Action::on, kMinute);
    float before = 0.0F;
    for (Millis at = 0; at < SoftMotor::kRampMs; at += 100) {
        bench.run(100);
        CHECK(bench.motor.duty == doctest::Approx(before + 0.05F));
        before = bench.motor.duty;
    }
    CHECK(bench.motor.duty == doctest::Approx(1.0F));
    bench.command(kAeration, Action::off);
    bench.run(kSecond);
    CHECK(bench.motor.duty == doctest::Approx(0.5F));
    bench.run(kSecond);
    CHECK(bench.motor.duty == 0.0F);
    bench.command(kAeration, Action::on, kMinute);
    bench.run(5 * kSecond);
    bench.bath->engage_emergency(bench.now_ms);
    CHECK(bench.motor.duty == 0.0F);
}

TEST_CASE("F10 aeration by hand ends with its lease, whatever its timer is") {
    for (const bool enabled : {true, false}) {
        BathSettings settings = timed();
        settings.aeration_enabled = enabled;
        BathBench bench(settings);
        bench.command(kAeration, Action::on, 30 * kSecond);
        bench.run(30 * kSecond - 100);
        CHECK(bench.view().on[kAeration]);
        bench.run(100);
        CHECK_FALSE(bench.view().on[kAeration]);
    }
}

TEST_CASE("hold_off keeps the timer from starting") {
    BathBench bench(timed());
    bench.run(9 * kMinute);
    bench.command(kAeration, Action::hold_off, 5 * kMinute);
    bench.run(5 * kMinute - 100);
    CHECK_FALSE(bench.view().on[kAeration]);
    bench.run(100);
    CHECK(bench.view().on[kAeration]);  // due since four minutes
}

TEST_CASE("F23 the phase survives a restart: remaining = interval - elapsed") {
    BathBench bench(timed());
    bench.set_clock(kNoon);
    bench.run(12 * kMinute);  // one turn: off again since just now
    REQUIRE(bench.bath->memory().aeration_changed_utc_s == kNoon + 12 * 60);
    const BathMemory kept = bench.bath->memory();

    SUBCASE("off: the rest of the interval") {
        bench.run(4 * kMinute);
        bench.boot(kept);
        bench.run(6 * kMinute - kSecond);
        CHECK_FALSE(bench.view().on[kAeration]);
        bench.run(kSecond);
        CHECK(bench.view().on[kAeration]);
    }
    SUBCASE("off, due while it was dead: at once") {
        bench.run(10 * kMinute - kSecond);
        bench.set_clock(kNoon + 3600);
        bench.boot(kept);
        bench.run(100);
        CHECK(bench.view().on[kAeration]);
    }
    SUBCASE("on: the rest of the duration") {
        bench.run(10 * kMinute + 30 * kSecond);
        REQUIRE(bench.bath->memory().aeration_on);
        bench.boot(bench.bath->memory());
        bench.run(89 * kSecond);
        CHECK(bench.view().on[kAeration]);
        bench.run(kSecond);
        CHECK_FALSE(bench.view().on[kAeration]);
        CHECK_FALSE(bench.bath->memory().aeration_on);
    }
    SUBCASE("on, over while it was dead: off, and the interval counts from its end") {
        BathMemory on = kept;
        on.aeration_on = true;
        bench.run(5 * kMinute);  // 2 of duration, 3 of interval
        bench.boot(on);
        CHECK_FALSE(bench.view().on[kAeration]);
        bench.run(7 * kMinute - kSecond);
        CHECK_FALSE(bench.view().on[kAeration]);
        bench.run(kSecond);
        CHECK(bench.view().on[kAeration]);
    }
    SUBCASE("the time is known only minutes after boot") {
        bench.run(4 * kMinute);
        bench.utc_s.reset();
        bench.boot(kept);
        bench.run(2 * kMinute);
        CHECK(bench.bath->memory().aeration_changed_utc_s == kept.aeration_changed_utc_s);
        bench.set_clock(kNoon + 18 * 60);
        bench.run(4 * kMinute - kSecond);
        CHECK_FALSE(bench.view().on[kAeration]);
        bench.run(2 * kSecond);
        CHECK(bench.view().on[kAeration]);
    }
    SUBCASE("the clock went back: a new interval") {
        bench.set_clock(kNoon - 3600);
        bench.boot(kept);
        bench.run(10 * kMinute - 100);
        CHECK_FALSE(bench.view().on[kAeration]);
        bench.run(100);
        CHECK(bench.view().on[kAeration]);
    }
    SUBCASE("a command before the time was known begins a phase of its own") {
        bench.utc_s.reset();
        bench.boot(kept);
        bench.run(kSecond);
        bench.command(kAeration, Action::on, kMinute);
        bench.run(kSecond);
        CHECK_FALSE(bench.bath->memory().aeration_changed_utc_s);  // what was kept is no longer true
        bench.set_clock(kNoon + 3600);
        bench.run(kSecond);
        CHECK(bench.view().on[kAeration]);
        CHECK(bench.bath->memory().aeration_changed_utc_s == kNoon + 3600 - 1);
    }
    SUBCASE("an engaged emergency keeps it off") {
        BathMemory stopped = kept;
        stopped.emergency = stopped.aeration_on = true;
        bench.boot(stopped);
        bench.run(kMinute);
        CHECK_FALSE(bench.view().on[kAeration]);
        CHECK(bench.motor.duty == 0.0F);
    }
    SUBCASE("nonsense is no phase") {
        BathMemory bad = kept;
        bad.aeration_changed_utc_s = std::numeric_limits<std::int64_t>::min();
        bad.boost_k = std::numeric_limits<float>::quiet_NaN();
        bench.boot(bad);
        bench.run(kMinute);
        CHECK_FALSE(bench.view().on[kAeration]);
        CHECK(bench.view().boost_k == 0.0F);
    }
}

TEST_CASE("an unchanged phase is remembered once, not at every tick") {
    BathBench bench(timed());
    bench.set_clock(kNoon);
    bench.temperatures(64.5F, 65.0F, 40.0F);  // nothing else happens
    bench.run(10 * kMinute);
    const auto revision = bench.bath->revision();
    bench.run(kMinute);
    CHECK(bench.bath->revision() == revision);
}
