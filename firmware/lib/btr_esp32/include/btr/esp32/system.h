#pragma once
// Resets, watchdog and identity of the chip.
#include "btr/hal/time.h"
#include "btr/protocol/text.h"
#include "btr/sched/task_table.h"

#include "btr/esp32/clock.h"

namespace btr::esp32 {

// Why the chip started, as a key of the register: power_on, software, watchdog, brownout, panic, unknown.
const char* reset_reason();

// "btr-" and the last three bytes of the MAC address: the name of a device that was told none.
using ChipName = protocol::FixedText<16>;
ChipName chip_name();

// The task that calls this has to call feed_watchdog() at least every 5 s from now on, or the chip restarts (F14).
void join_watchdog();
void feed_watchdog();
void sleep_ms(Millis period_ms);  // at least one tick of the system

// Runs the table in this task for ever.
template <typename Program, std::size_t N>
[[noreturn]] void run(Program& program, const std::array<sched::Task<Program>, N>& tasks) {
    join_watchdog();
    sched::TaskTable<Program, N> table(tasks, now_ms());
    for (;;) {
        table.tick(program, now_ms());
        feed_watchdog();
        sleep_ms(table.idle_ms(now_ms()));
    }
}

// Starts `task(argument)` on the core that the radio does not use; the control task has the highest priority.
enum class Priority : unsigned { network = 2, sensors = 4, control = 6 };
void start_task(const char* name, void (*task)(void*), void* argument, Priority priority);

}  // namespace btr::esp32
