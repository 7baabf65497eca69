#pragma once
// One table of what runs how often, and one tick that runs what is due: no delay(), no task that shares state.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "btr/hal/time.h"

namespace btr::sched {

template <typename Program>
struct Task {
    const char* name;
    Millis period_ms;
    void (*run)(Program& program, Millis now_ms);
};

struct Punctuality {
    Millis worst_late_ms = 0;
    std::uint32_t missed = 0;  // runs left out because a whole period had passed
};

// Runs the tasks of a constant table in its order, each first at once. One that is late runs once, not once for each
// time it missed, and keeps its beat.
template <typename Program, std::size_t N>
class TaskTable {
public:
    TaskTable(const std::array<Task<Program>, N>& tasks, Millis now_ms) : tasks_(tasks) { due_ms_.fill(now_ms); }

    void tick(Program& program, Millis now_ms) {
        for (std::size_t i = 0; i < N; ++i) {
            if (now_ms >= due_ms_[i]) {
                note_and_plan(i, now_ms);
                tasks_[i].run(program, now_ms);
            }
        }
    }
    // How long nothing is due; 0 when something is.
    Millis idle_ms(Millis now_ms) const {
        return std::max<Millis>(*std::min_element(due_ms_.begin(), due_ms_.end()) - now_ms, 0);
    }
    const Punctuality& punctuality(std::size_t task) const { return punctuality_[task]; }

private:
    void note_and_plan(std::size_t i, Millis now_ms) {
        const Millis late_ms = now_ms - due_ms_[i];
        const Millis missed = late_ms / tasks_[i].period_ms;
        punctuality_[i].worst_late_ms = std::max(punctuality_[i].worst_late_ms, late_ms);
        punctuality_[i].missed += static_cast<std::uint32_t>(missed);
        due_ms_[i] += (missed + 1) * tasks_[i].period_ms;
    }

    const std::array<Task<Program>, N>& tasks_;
    std::array<Millis, N> due_ms_{};
    std::array<Punctuality, N> punctuality_{};
};

}  // namespace btr::sched
