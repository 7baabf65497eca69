#include "btr/sched/update_trial.h"

#include <doctest/doctest.h>

using btr::kMinute;
using btr::kSecond;
using btr::sched::UpdateTrial;
using btr::sched::Verdict;

TEST_CASE("a new firmware stays when sensors answered and the broker was reached, and it ran for a minute") {
    UpdateTrial trial;
    CHECK(trial.update(0, false, false) == Verdict::on_trial);
    CHECK(trial.update(10 * kSecond, true, false) == Verdict::on_trial);
    CHECK(trial.update(20 * kSecond, false, true) == Verdict::on_trial);
    CHECK(trial.update(59 * kSecond, true, true) == Verdict::on_trial);
    CHECK(trial.update(kMinute, false, false) == Verdict::keep);
}

TEST_CASE("a new firmware without sensors or without the broker goes back after 15 minutes") {
    for (const bool sensors : {false, true}) {
        CAPTURE(sensors);
        UpdateTrial trial;
        trial.update(0, sensors, !sensors);
        CHECK(trial.update(15 * kMinute - 1, sensors, !sensors) == Verdict::on_trial);
        CHECK(trial.update(15 * kMinute, sensors, !sensors) == Verdict::go_back);
    }
}
