#include "btr/sched/network_plan.h"

#include <doctest/doctest.h>

#include <optional>
#include <vector>

using btr::kMinute;
using btr::kSecond;
using btr::Millis;
using btr::sched::NetworkPlan;

namespace {

struct Attempt {
    Millis at_ms;
    std::size_t network;
};

std::vector<Attempt> attempts_without_any_network(NetworkPlan& plan, Millis from_ms, Millis to_ms) {
    std::vector<Attempt> attempts;
    for (Millis now = from_ms; now < to_ms; now += 100) {
        if (const auto network = plan.update(now, false, 0)) {
            attempts.push_back({now, *network});
        }
    }
    return attempts;
}

}  // namespace

TEST_CASE("every network gets its turn, then comes a pause that grows to its limit") {
    NetworkPlan plan(2);
    const auto attempts = attempts_without_any_network(plan, 0, 30 * kMinute);
    REQUIRE(attempts.size() > 12);
    CHECK(attempts[0].at_ms == 0);
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        CHECK(attempts[i].network == i % 2);
    }
    CHECK(attempts[1].at_ms == 15 * kSecond);
    CHECK(attempts[2].at_ms == 30 * kSecond + 5 * kSecond);
    CHECK(attempts[4].at_ms == attempts[2].at_ms + 30 * kSecond + 10 * kSecond);
    const std::size_t last = attempts.size() - attempts.size() % 2 - 2;
    CHECK(attempts[last].at_ms - attempts[last - 2].at_ms == 30 * kSecond + 2 * kMinute);
}

TEST_CASE("a connection ends the attempts; when it is lost the same network is tried at once") {
    NetworkPlan plan(3);
    CHECK(plan.update(0, false, 0) == 0);
    CHECK(plan.update(15 * kSecond, false, 0) == 1);
    CHECK(plan.update(20 * kSecond, true, 0) == std::nullopt);
    CHECK(plan.update(kMinute, true, 0) == std::nullopt);
    CHECK(plan.update(2 * kMinute, false, 0) == 1);
    CHECK(plan.update(2 * kMinute + 14 * kSecond, false, 0) == std::nullopt);
    CHECK(plan.update(2 * kMinute + 15 * kSecond, false, 0) == 2);
}

TEST_CASE("a connection makes the pauses short again") {
    NetworkPlan plan(1);
    attempts_without_any_network(plan, 0, 20 * kMinute);
    plan.update(20 * kMinute, true, 0);
    const Millis lost_ms = 40 * kMinute;
    const auto attempts = attempts_without_any_network(plan, lost_ms, lost_ms + kMinute);
    REQUIRE(attempts.size() >= 2);
    CHECK(attempts[0].at_ms == lost_ms);
    CHECK(attempts[1].at_ms == lost_ms + 15 * kSecond + 5 * kSecond);
}

TEST_CASE("a device that was told no network tries none") {
    NetworkPlan plan(0);
    CHECK(attempts_without_any_network(plan, 0, 10 * kMinute).empty());
}
