#pragma once
// The task that owns I2C and SPI: it reads when asked and draws what it is given, and nobody waits for it.
#include <freertos/FreeRTOS.h>
#include <freertos/queue.h>

#include "btr/hal/hal.h"
#include "panel.h"

namespace btr::battery {

class SensorTask {
public:
    SensorTask();
    void start();

    // What was read since the last call; nothing answered if that is not finished. Asks for the next reading.
    RawBattery take();
    void show(const Screen& lines);

private:
    static void run(void* task);

    QueueHandle_t requests_;
    QueueHandle_t readings_;
    QueueHandle_t screens_;
};

}  // namespace btr::battery
