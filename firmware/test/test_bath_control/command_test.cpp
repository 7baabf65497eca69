// Commands and locks (protocol: commands).
#include <doctest/doctest.h>

#include "bath_bench.h"
#include "original_bath.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

BathSettings setpoint_60() {
    BathSettings settings;
    settings.target_c = 60.0F;
    settings.aeration_enabled = false;
    return settings;
}

// Satisfied: the bath is within the band, nothing runs.
struct Resting : BathBench {
    Resting() : BathBench(setpoint_60()) {
        settle(60.0F, 61.0F, 40.0F);
        REQUIRE_FALSE(heater.is_on);
    }
};

}  // namespace

TEST_CASE("F10 on holds for its duration, then automatic control takes over") {
    Resting bench;
    CHECK(bench.command(kHeater, Action::on, 90 * kSecond) == Refusal::none);
    CHECK(bench.heater.is_on);  // at once
    CHECK(bench.view().reason == Reason::manual);
    CHECK(bench.view().lock_left_ms[kHeater] == 90 * kSecond);
    bench.run(89 * kSecond);
    CHECK(bench.heater.is_on);
    CHECK(bench.view().lock_left_ms[kHeater] == kSecond);
    bench.run(kSecond);
    CHECK_FALSE(bench.heater.is_on);  // within the band heat by hand does not stay
    CHECK_FALSE(bench.view().lock_left_ms[kHeater]);
}

TEST_CASE("F10 H11 no duration holds longer than the lease; in the original 0 is for ever") {
    for (const Millis duration_ms : {Millis(0), Millis(-5), 24 * kHour}) {
        Resting bench;
        bench.command(kPump, Action::on, duration_ms);
        CHECK(bench.view().lock_left_ms[kPump] == caps::kLeaseMaxMs);
        bench.run(caps::kLeaseMaxMs - 100);
        CHECK(bench.pump.is_on);
        bench.run(100);
        CHECK_FALSE(bench.view().lock_left_ms[kPump]);
    }
    OriginalBath original(setpoint_60(), 0);
    original.heater_on(0, 0);
    for (Millis now = 0; now < 24 * kHour; now += kMinute) original.tick(now, 40.0F, 60.0F, 61.0F);
    CHECK(original.heater());
}

TEST_CASE("F10 a lease is renewed while it is wanted, and lasts no longer than asked for last") {
    Resting bench;
    for (int i = 0; i < 5; ++i) {
        bench.command(kHeater, Action::on, 5 * kMinute);
        bench.run(kMinute);
        CHECK(bench.heater.is_on);
    }
    bench.command(kHeater, Action::on, 10 * kSecond);
    bench.run(10 * kSecond);
    CHECK_FALSE(bench.heater.is_on);
}

TEST_CASE("F23 off clears the lock and is at once; automatic control may switch on again") {
    BathBench bench(setpoint_60());
    bench.settle(55.0F, 60.0F, 40.0F);
    REQUIRE(bench.heater.is_on);  // by automatic control, for less than its minimum on-time
    bench.command(kHeater, Action::on, 5 * kMinute);
    bench.command(kHeater, Action::off);
    CHECK_FALSE(bench.heater.is_on);
    CHECK_FALSE(bench.view().lock_left_ms[kHeater]);
    bench.run(29900);
    CHECK_FALSE(bench.heater.is_on);
    CHECK(bench.view().reason == Reason::guard);
    bench.run(100);
    CHECK(bench.heater.is_on);
}

TEST_CASE("F23 auto clears the lock and leaves the state") {
    Resting bench;
    bench.command(kHeater, Action::on, 5 * kMinute);
    bench.run(kMinute);
    bench.command(kHeater, Action::automatic);
    CHECK(bench.heater.is_on);
    CHECK_FALSE(bench.view().lock_left_ms[kHeater]);
    bench.run(5 * kMinute);
    CHECK(bench.heater.is_on);  // true hysteresis keeps what it was left
    bench.probes.outlets({61.0F});
    bench.run(kSecond);
    CHECK_FALSE(bench.heater.is_on);

    bench.command(kAeration, Action::on, kMinute);
    bench.command(kAeration, Action::automatic);
    bench.run(10 * kMinute);
    CHECK(bench.view().on[kAeration]);  // with its timer off nothing else switches it
}

TEST_CASE("hold_off keeps off against automatic control, for its duration") {
    BathBench bench(setpoint_60());
    bench.settle(55.0F, 60.0F, 40.0F);
    bench.command(kHeater, Action::hold_off, 3 * kMinute);
    bench.command(kPump, Action::hold_off, 3 * kMinute);
    CHECK_FALSE(bench.heater.is_on);
    CHECK_FALSE(bench.pump.is_on);
    bench.run(3 * kMinute - 100);
    CHECK_FALSE(bench.heater.is_on);
    CHECK_FALSE(bench.pump.is_on);
    bench.run(100);
    CHECK(bench.heater.is_on);
    CHECK(bench.pump.is_on);
}

TEST_CASE("F23 a locked output is left alone, the other one is not") {
    Resting bench;
    bench.command(kPump, Action::on, 10 * kMinute);
    bench.temperatures(61.0F, 66.0F, 40.0F);  // above the band
    bench.run(kMinute);
    CHECK(bench.pump.is_on);
    CHECK_FALSE(bench.heater.is_on);
    bench.temperatures(59.0F, 62.0F, 40.0F);
    bench.run(kMinute);
    CHECK(bench.heater.is_on);
}

TEST_CASE("F23 heat by hand is refused while the tank or the bath forbids it, with the reason") {
    struct Row {
        float bath_c, tank_c;
        Refusal refusal;
    };
    const Row rows[] = {{60.0F, 90.0F, Refusal::tank_over_limit},
                        {60.0F, -127.0F, Refusal::tank_invalid},
                        {65.0F, 66.0F, Refusal::bath_over_limit},
                        {-127.0F, 66.0F, Refusal::bath_invalid}};
    for (const Row& row : rows) {
        BathBench bench(setpoint_60());
        bench.settle(row.bath_c, row.tank_c, 40.0F);
        CHECK(bench.command(kHeater, Action::on, kMinute) == row.refusal);
        CHECK_FALSE(bench.heater.is_on);
        CHECK_FALSE(bench.view().lock_left_ms[kHeater]);
        CHECK(bench.command(kHeater, Action::off) == Refusal::none);
    }
    BathBench early(setpoint_60());
    CHECK(early.command(kHeater, Action::on, kMinute) == Refusal::bath_invalid);  // before anything was measured
}

TEST_CASE("hold_off outlives the hard limit: what was told to stay off does not come on before its time") {
    Resting bench;
    bench.probes.outlets({64.0F});
    bench.run(3 * kSecond);
    bench.command(kHeater, Action::hold_off, 10 * kMinute);
    bench.probes.outlets({65.0F});
    bench.run(5 * kSecond);
    REQUIRE(bench.view().reason == Reason::bath_over_limit);
    bench.probes.outlets({59.0F});
    bench.run(9 * kMinute);
    CHECK_FALSE(bench.heater.is_on);
    bench.run(kMinute);
    CHECK(bench.heater.is_on);
}

TEST_CASE("F23 the hard limit ends locks for good") {
    Resting bench;
    bench.command(kHeater, Action::on, 10 * kMinute);
    bench.command(kPump, Action::on, 10 * kMinute);
    bench.probes.outlets({65.0F});
    bench.run(kSecond);
    CHECK_FALSE(bench.heater.is_on);
    CHECK_FALSE(bench.pump.is_on);
    bench.probes.outlets({60.0F});
    bench.run(2 * kMinute);
    CHECK_FALSE(bench.heater.is_on);
    CHECK_FALSE(bench.pump.is_on);
}

TEST_CASE("the minimum on-time holds a wish of automatic control back, and that is told") {
    BathBench bench(setpoint_60());
    bench.settle(59.0F, 66.0F, 40.0F);
    REQUIRE(bench.heater.is_on);
    bench.probes.outlets({61.0F});
    bench.run(5 * kSecond);
    CHECK(bench.heater.is_on);
    CHECK(bench.view().reason == Reason::guard);
    bench.run(30 * kSecond);
    CHECK_FALSE(bench.heater.is_on);
    CHECK(bench.view().reason == Reason::satisfied);
}

TEST_CASE("soft settings apply at once and keep locks and learning") {
    Resting bench;
    bench.command(kPump, Action::on, 10 * kMinute);
    bench.settings.target_c = 62.0F;
    bench.bath->apply(bench.now_ms, bench.settings);
    CHECK(bench.heater.is_on);
    CHECK(bench.view().lock_left_ms[kPump]);
    bench.settings.setpoint_enabled = false;
    bench.bath->apply(bench.now_ms, bench.settings);
    CHECK(bench.view().mode == Mode::n_curve);
}

TEST_CASE("automatic control that is switched off heats and pumps no more, at once") {
    BathSettings settings = setpoint_60();
    settings.min_on_ms = 5 * kMinute;
    BathBench bench(settings);
    bench.settle(55.0F, 63.0F, 40.0F);
    REQUIRE(bench.heater.is_on);
    REQUIRE(bench.pump.is_on);
    bench.settings.control_enabled = false;
    bench.bath->apply(bench.now_ms, bench.settings);
    bench.run(100);
    CHECK_FALSE(bench.heater.is_on);  // no guard delays it
    CHECK_FALSE(bench.pump.is_on);
    CHECK(bench.view().mode == Mode::off);
    CHECK(bench.view().reason == Reason::switched_off);

    SUBCASE("by hand it still does, for as long as the lease lasts") {
        bench.settings.min_off_ms = 0;
        bench.bath->apply(bench.now_ms, bench.settings);
        CHECK(bench.command(kHeater, Action::on, kMinute) == Refusal::none);
        bench.run(kSecond);
        CHECK(bench.heater.is_on);
        CHECK(bench.view().reason == Reason::manual);
        bench.run(kMinute);
        CHECK_FALSE(bench.heater.is_on);
        CHECK(bench.view().reason == Reason::switched_off);
    }
    SUBCASE("switched on again it goes on where its settings say") {
        bench.settings.control_enabled = true;
        bench.bath->apply(bench.now_ms, bench.settings);
        bench.run(bench.settings.min_off_ms + kSecond);
        CHECK(bench.heater.is_on);
        CHECK(bench.view().mode == Mode::setpoint);
    }
}
