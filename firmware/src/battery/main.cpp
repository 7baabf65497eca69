// Battery node: hardware, logic and network put together. Nothing is decided here.
#include <Arduino.h>

#include "../version.h"
#include "btr/battery/battery_device.h"
#include "btr/esp32/node.h"
#include "btr/esp32/outputs.h"
#include "pins.h"
#include "sensor_task.h"

namespace btr::battery {
namespace {

struct Program {
    esp32::PinOutput buzzer{pins::kBuzzer};
    SensorTask sensors;
    esp32::Node node{nullptr};
    BatteryDevice device{identity(), node.store(), node.link(), node.clock()};
    Indication shown{};

    BatteryIdentity identity() const {
        using protocol::Item;
        return {node.id(), kFirmwareVersion, esp32::reset_reason(), node.told().flag(Item::device_legacy, false),
                node.told().flag(Item::device_extensions, true)};
    }

    void begin() {
        pinMode(pins::kButton, INPUT_PULLUP);
        device.begin(esp32::now_ms());
        sensors.start();
        node.start(device.subscriptions(), device.will());
    }

    void sample(Millis now_ms) {
        const RawBattery readings = sensors.take();
        device.sample(now_ms, readings);
        node.note_sensors(readings.internal_c.has_value());
    }

    void indicate(Millis now_ms) {
        const Indication& next = device.tick(now_ms, digitalRead(pins::kButton) == LOW);
        buzzer.set(next.buzzer);
        const Colour& light = next.light;
        const Colour& lit = shown.light;
        if (light.red != lit.red || light.green != lit.green || light.blue != lit.blue) {
            rgbLedWrite(pins::kLight, light.red, light.green, light.blue);
        }
        if (next.lines != shown.lines) {
            sensors.show(next.lines);
        }
        shown = next;
    }
};

void control_task(void*) {
    static constexpr std::array<sched::Task<Program>, 3> kTasks{{
        {"messages", 20, [](Program& p, Millis now) { p.node.deliver(now, p.device); }},
        {"sample", 500, [](Program& p, Millis now) { p.sample(now); }},
        {"indicate", 20, [](Program& p, Millis now) { p.indicate(now); }},
    }};
    static Program program;  // too large for any stack
    program.begin();
    esp32::run(program, kTasks);
}

}  // namespace
}  // namespace btr::battery

void setup() {
    btr::esp32::drive_low(btr::battery::pins::kBuzzer);
    btr::esp32::start_task("control", btr::battery::control_task, nullptr, btr::esp32::Priority::control);
}

void loop() { vTaskDelete(nullptr); }  // everything runs in tasks of its own
