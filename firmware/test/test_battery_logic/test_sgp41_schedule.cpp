#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "btr/battery/sgp41_schedule.h"

using namespace btr::battery;
using btr::Millis;

namespace {

struct Told {
    Millis at_ms;
    Sgp41Task task;
};

std::vector<Told> run(Sgp41Schedule& schedule, Millis from_ms, Millis until_ms, Millis step_ms = 50) {
    std::vector<Told> told;
    for (Millis now_ms = from_ms; now_ms < until_ms; now_ms += step_ms) {
        const Sgp41Task task = schedule.due(now_ms);
        if (task != Sgp41Task::wait) {
            told.push_back({now_ms, task});
        }
    }
    return told;
}

// Longest time without a break in which the sensor was being conditioned: up to the command that ended it.
Millis longest_conditioning_ms(const std::vector<Told>& told) {
    Millis longest_ms = 0;
    Millis since_ms = -1;
    for (const Told& entry : told) {
        if (since_ms >= 0) {
            longest_ms = std::max(longest_ms, entry.at_ms - since_ms);
        }
        if (entry.task == Sgp41Task::measure) {
            since_ms = -1;
        } else if (since_ms < 0) {
            since_ms = entry.at_ms;
        }
    }
    return longest_ms;
}

}  // namespace

TEST_CASE("F21 the SGP41 is conditioned for 10 s and then measured once a second") {
    Sgp41Schedule schedule;
    const std::vector<Told> told = run(schedule, 700, 700 + 60 * 1000);
    REQUIRE(told.size() == 60);
    for (std::size_t second = 0; second < told.size(); ++second) {
        CHECK(told[second].at_ms == 700 + static_cast<Millis>(second) * 1000);
        CHECK(told[second].task == (second < 10 ? Sgp41Task::condition : Sgp41Task::measure));
    }
    CHECK(longest_conditioning_ms(told) == 10 * 1000);
}

TEST_CASE("F21 a loop that is held up leaves seconds out and never prolongs the conditioning") {
    Sgp41Schedule schedule;
    CHECK(schedule.due(0) == Sgp41Task::condition);
    CHECK(schedule.due(8400) == Sgp41Task::condition);
    CHECK(schedule.due(8900) == Sgp41Task::wait);  // the grid stays on whole seconds
    CHECK(schedule.due(9600) == Sgp41Task::measure);
    CHECK(schedule.due(9900) == Sgp41Task::wait);
    CHECK(schedule.due(10000) == Sgp41Task::measure);
}

TEST_CASE("F21 a sensor that fails again and again is conditioned for 10 s a minute at most") {
    Sgp41Schedule schedule;
    std::vector<Told> told;
    for (Millis now_ms = 0; now_ms < 600 * 1000; now_ms += 50) {
        if (now_ms % 3000 == 0) {
            schedule.restart();
        }
        const Sgp41Task task = schedule.due(now_ms);
        if (task != Sgp41Task::wait) {
            told.push_back({now_ms, task});
        }
    }
    CHECK(longest_conditioning_ms(told) == 10 * 1000);
    int conditioned = 0;
    for (const Told& entry : told) {
        conditioned += entry.task == Sgp41Task::condition ? 1 : 0;
    }
    CHECK(conditioned <= 10 * 10);
    CHECK(conditioned >= 9 * 10);
}
