#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>

#include "bath_bench.h"
#include "btr/control/outlet_fusion.h"
#include "btr/control/probe_judge.h"

using namespace btr;
using namespace btr::control;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// A judge that has seen three good samples of `temp_c`, the last one at 3 s.
ProbeJudge trusting(float temp_c, ProbeRange range = kBathRange) {
    ProbeJudge judge(range);
    for (Millis at = kSecond; at <= 3 * kSecond; at += kSecond) judge.update(at, {temp_c, ProbeFault::none, at});
    return judge;
}

std::optional<float> next(ProbeJudge& judge, Millis at, float temp_c, ProbeFault fault = ProbeFault::none) {
    return judge.update(at, {temp_c, fault, at}).temp_c;
}

std::array<JudgedProbe, kMaxOutlets> outlets_of(std::initializer_list<std::optional<float>> temps_c) {
    std::array<JudgedProbe, kMaxOutlets> outlets{};
    std::size_t i = 0;
    for (const auto& temp_c : temps_c) outlets[i++].temp_c = temp_c;
    return outlets;
}

}  // namespace

TEST_CASE("F5 a reading that is no temperature of this bath is never used") {
    struct Row {
        const char* what;
        float temp_c;
        ProbeFault fault;
    };
    const Row rows[] = {
        {"not a number", kNan, ProbeFault::none},
        {"infinite", std::numeric_limits<float>::infinity(), ProbeFault::none},
        {"unplugged", -127.0F, ProbeFault::none},
        {"below the range", -20.0F, ProbeFault::none},
        {"above the range", 100.0F, ProbeFault::none},
        {"power-on value", 85.0F, ProbeFault::none},
        {"checksum wrong", 40.0F, ProbeFault::crc},
        {"no answer", 40.0F, ProbeFault::missing},
        {"steeper than water can be", 45.5F, ProbeFault::none},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.what));
        ProbeJudge judge = trusting(40.0F);
        CHECK(next(judge, 4 * kSecond, row.temp_c, row.fault) == 40.0F);  // the last good one is still fresh
        for (Millis at = 5 * kSecond; at < 20 * kSecond; at += kSecond) {
            const auto used = next(judge, at, row.temp_c, row.fault);
            CHECK((!used || *used == 40.0F || row.temp_c == 45.5F));
        }
    }
}

TEST_CASE("F5 exactly 85 is believed only where the tank already was") {
    ProbeJudge hot = trusting(84.9375F, kTankRange);
    CHECK(next(hot, 4 * kSecond, 85.0F) == 85.0F);
    ProbeJudge fresh(kTankRange);  // power-on: never anything but 85
    for (Millis at = kSecond; at < 10 * kSecond; at += kSecond) CHECK_FALSE(next(fresh, at, 85.0F));
}

TEST_CASE("F5 a probe that resets before every conversion is not believed at 85 while the tank goes on") {
    ProbeJudge judge = trusting(84.9375F, kTankRange);
    Millis at = 4 * kSecond;
    while (at < kMinute && next(judge, at, 85.0F)) at += kSecond;
    CHECK(at <= 3 * kSecond + ProbeJudge::kPowerOnMostMs + ProbeJudge::kFreshMs);
    for (const float temp_c : {84.9375F, 85.0F}) CHECK_FALSE(next(judge, at += kSecond, temp_c));
    CHECK(next(judge, at += kSecond, 85.0625F) == 85.0625F);  // a tank that dwelt there is believed again
}

TEST_CASE("F5 a reading three periods old is stale") {
    ProbeJudge judge = trusting(40.0F);
    const RawProbe frozen{40.0F, ProbeFault::none, 3 * kSecond};
    CHECK(judge.update(3 * kSecond + 2999, frozen).temp_c == 40.0F);
    CHECK_FALSE(judge.update(6 * kSecond, frozen).temp_c);
    CHECK_FALSE(judge.update(7 * kSecond, {40.0F, ProbeFault::none, 8 * kSecond}).temp_c);  // from the future
}

TEST_CASE("F5 a step costs one sample, not the probe") {
    ProbeJudge judge = trusting(40.0F);
    CHECK(next(judge, 4 * kSecond, 60.0F) == 40.0F);
    CHECK(next(judge, 5 * kSecond, 60.0F) == 60.0F);
}

TEST_CASE("F6 two bad samples are bridged, the third ends trust, three good ones restore it") {
    ProbeJudge judge = trusting(40.0F);
    CHECK(next(judge, 4 * kSecond, -127.0F));
    CHECK(next(judge, 5 * kSecond, -127.0F));
    CHECK_FALSE(next(judge, 6 * kSecond, -127.0F));
    CHECK_FALSE(next(judge, 7 * kSecond, 40.0F));
    CHECK_FALSE(next(judge, 8 * kSecond, 40.0F));
    CHECK(next(judge, 9 * kSecond, 40.0F) == 40.0F);

    SUBCASE("after boot as well") {
        ProbeJudge fresh;
        CHECK_FALSE(next(fresh, kSecond, 40.0F));
        CHECK_FALSE(next(fresh, 2 * kSecond, 40.0F));
        CHECK(next(fresh, 3 * kSecond, 40.0F));
    }
    SUBCASE("a bad one among them starts the count anew") {
        ProbeJudge shaky;
        next(shaky, kSecond, 40.0F);
        next(shaky, 2 * kSecond, 40.0F);
        next(shaky, 3 * kSecond, -127.0F);
        CHECK_FALSE(next(shaky, 4 * kSecond, 40.0F));
        CHECK_FALSE(next(shaky, 5 * kSecond, 40.0F));
        CHECK(next(shaky, 6 * kSecond, 40.0F));
    }
}

TEST_CASE("F23 outlets: median of the valid ones, without outliers") {
    struct Row {
        const char* what;
        std::initializer_list<std::optional<float>> outlets_c;
        std::optional<float> median_c, hottest_c;
        bool disagree;
    };
    const Row rows[] = {
        {"none", {}, {}, {}, false},
        {"none valid", {std::nullopt, std::nullopt}, {}, {}, false},
        {"one", {50.0F}, 50.0F, 50.0F, false},
        {"two: their mean", {50.0F, 51.0F}, 50.5F, 50.5F, false},
        {"three: the middle one", {52.0F, 50.0F, 51.0F}, 51.0F, 51.0F, false},
        {"an invalid one does not count", {52.0F, std::nullopt, 50.0F}, 51.0F, 51.0F, false},
        {"5 K apart is agreement", {50.0F, 55.0F, 52.0F}, 52.0F, 52.0F, false},
        {"F7 an outlier is dropped, but safety takes the hottest", {50.0F, 51.0F, 58.0F}, 50.5F, 58.0F, true},
        {"a cold outlier", {40.0F, 51.0F, 52.0F}, 51.5F, 52.0F, true},
        {"F7 two far apart: their mean, and the hottest", {40.0F, 60.0F}, 50.0F, 60.0F, true},
        {"six", {50.0F, 51.0F, 52.0F, 53.0F, 54.0F, 62.0F}, 52.0F, 62.0F, true},
    };
    for (const Row& row : rows) {
        INFO(std::string(row.what));
        const BathTemperature bath = fuse_outlets(outlets_of(row.outlets_c), row.outlets_c.size());
        CHECK(bath.median_c == row.median_c);
        CHECK(bath.hottest_c == row.hottest_c);
        CHECK(bath.disagree == row.disagree);
    }
}

TEST_CASE("F23 outlets are valid from -20 to 100 degC, the tank from -10 to 120") {
    CHECK(trusting(-19.9375F).update(3 * kSecond, {}).temp_c);
    CHECK(trusting(99.9375F).update(3 * kSecond, {}).temp_c);
    CHECK_FALSE(trusting(-20.0F).update(3 * kSecond, {}).temp_c);
    CHECK_FALSE(trusting(100.0F).update(3 * kSecond, {}).temp_c);
    CHECK(trusting(-9.9375F, kTankRange).update(3 * kSecond, {}).temp_c);
    CHECK(trusting(119.9375F, kTankRange).update(3 * kSecond, {}).temp_c);
    CHECK_FALSE(trusting(-10.0F, kTankRange).update(3 * kSecond, {}).temp_c);
    CHECK_FALSE(trusting(120.0F, kTankRange).update(3 * kSecond, {}).temp_c);
}
