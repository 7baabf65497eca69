#include "sensor_task.h"

#include "btr/esp32/clock.h"
#include "btr/esp32/system.h"
#include "sensors.h"

namespace btr::battery {
namespace {

constexpr TickType_t kPoll = pdMS_TO_TICKS(50);

}  // namespace

SensorTask::SensorTask()
    : requests_(xQueueCreate(1, sizeof(bool))),
      readings_(xQueueCreate(1, sizeof(RawBattery))),
      screens_(xQueueCreate(1, sizeof(Screen))) {}

void SensorTask::start() { esp32::start_task("sensors", run, this, esp32::Priority::sensors); }

RawBattery SensorTask::take() {
    RawBattery readings;
    xQueueReceive(readings_, &readings, 0);
    const bool request = true;
    xQueueOverwrite(requests_, &request);
    return readings;
}

void SensorTask::show(const Screen& lines) { xQueueOverwrite(screens_, &lines); }

void SensorTask::run(void* task) {
    auto& self = *static_cast<SensorTask*>(task);
    static Sensors sensors;
    static Panel panel;
    static Screen lines;
    bool request = false;
    esp32::join_watchdog();
    for (;;) {
        esp32::feed_watchdog();
        if (xQueueReceive(self.requests_, &request, kPoll) == pdTRUE) {
            const RawBattery readings = sensors.read();
            xQueueOverwrite(self.readings_, &readings);
        }
        sensors.tick(esp32::now_ms());
        if (xQueueReceive(self.screens_, &lines, 0) == pdTRUE) {
            panel.draw(lines);
        }
    }
}

}  // namespace btr::battery
