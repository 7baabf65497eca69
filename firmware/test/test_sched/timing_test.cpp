#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "btr/sched/backoff.h"
#include "btr/sched/task_table.h"
#include "btr/sched/timer.h"

using namespace btr;
using namespace btr::sched;

namespace {

struct Program {
    std::vector<Millis> fast;
    std::vector<Millis> slow;
};

constexpr std::array<Task<Program>, 2> kTasks = {{
    {"fast", 50, [](Program& program, Millis now_ms) { program.fast.push_back(now_ms); }},
    {"slow", 500, [](Program& program, Millis now_ms) { program.slow.push_back(now_ms); }},
}};

}  // namespace

TEST_CASE("every task runs at once and then at its period") {
    Program program;
    TaskTable<Program, 2> table(kTasks, 1000);
    for (Millis now_ms = 1000; now_ms <= 2000; now_ms += 10) {
        table.tick(program, now_ms);
    }
    CHECK(program.fast.size() == 21);
    CHECK(program.slow == std::vector<Millis>{1000, 1500, 2000});
    CHECK(table.punctuality(0).worst_late_ms == 0);
    CHECK(table.punctuality(0).missed == 0);
}

TEST_CASE("a late task runs once and keeps its beat") {
    Program program;
    TaskTable<Program, 2> table(kTasks, 0);
    table.tick(program, 0);
    table.tick(program, 1230);  // something took long
    CHECK(program.fast == std::vector<Millis>{0, 1230});
    CHECK(program.slow == std::vector<Millis>{0, 1230});
    CHECK(table.punctuality(0).missed == 23);
    CHECK(table.punctuality(0).worst_late_ms == 1180);
    CHECK(table.punctuality(1).missed == 1);
    CHECK(table.punctuality(1).worst_late_ms == 730);
    CHECK(table.idle_ms(1230) == 20);
    CHECK(table.idle_ms(1300) == 0);

    table.tick(program, 1250);
    CHECK(program.fast.back() == 1250);
    CHECK(program.slow.back() == 1230);
    table.tick(program, 1500);
    CHECK(program.slow.back() == 1500);
}

TEST_CASE("F11 a task table runs across 2^32 ms as anywhere else") {
    const auto trace = [](Millis start_ms) {
        Program program;
        TaskTable<Program, 2> table(kTasks, start_ms);
        for (Millis now_ms = start_ms; now_ms < start_ms + 20000; now_ms += 7) {
            table.tick(program, now_ms);
        }
        for (Millis& time : program.fast) {
            time -= start_ms;
        }
        return program.fast;
    };
    CHECK(trace((Millis{1} << 32) - 10000) == trace(0));
}

TEST_CASE("a timer that was never started has not passed, at whatever time") {
    Timer timer;
    CHECK_FALSE(timer.is_running());
    CHECK_FALSE(timer.elapsed(1000000));
    CHECK_FALSE(timer.has_passed(1000000, 0));
    timer.start(0);
    CHECK(timer.is_running());
    CHECK(timer.has_passed(0, 0));
    CHECK_FALSE(timer.has_passed(99, 100));
    CHECK(timer.has_passed(100, 100));
    CHECK(timer.elapsed(250) == 250);
    timer.start(200);
    CHECK(timer.elapsed(250) == 50);
    timer.stop();
    CHECK_FALSE(timer.elapsed(250));
}

TEST_CASE("waits double from the first to the cap, and begin anew after a success") {
    Backoff backoff(1000, 60000);
    CHECK(backoff.may_try(0));
    Millis now_ms = 0;
    std::vector<Millis> waits;
    for (int i = 0; i < 9; ++i) {
        backoff.failed(now_ms, 0);
        const Millis started_ms = now_ms;
        while (!backoff.may_try(now_ms)) {
            now_ms += 100;
        }
        waits.push_back(now_ms - started_ms);
    }
    CHECK(waits == std::vector<Millis>{1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000, 60000});
    backoff.succeeded();
    backoff.failed(now_ms, 0);
    CHECK_FALSE(backoff.may_try(now_ms + 999));
    CHECK(backoff.may_try(now_ms + 1000));
}

TEST_CASE("the random part leaves out up to a half") {
    std::mt19937 random(3);
    Millis least_ms = kHour;
    Millis most_ms = 0;
    for (int i = 0; i < 2000; ++i) {
        Backoff backoff(1000, 60000);
        backoff.failed(0, static_cast<std::uint32_t>(random()));
        Millis wait_ms = 0;
        while (!backoff.may_try(wait_ms)) {
            ++wait_ms;
        }
        least_ms = std::min(least_ms, wait_ms);
        most_ms = std::max(most_ms, wait_ms);
    }
    CHECK(least_ms >= 500);
    CHECK(least_ms < 510);
    CHECK(most_ms <= 1000);
    CHECK(most_ms > 990);
}
