// Bath controller: hardware, logic and network put together. Nothing is decided here.
#include <Arduino.h>
#include <esp_system.h>
#include <soc/gpio_struct.h>

#include "../version.h"
#include "btr/control/bath_device.h"
#include "btr/esp32/node.h"
#include "btr/esp32/outputs.h"
#include "one_wire_pin.h"
#include "pins.h"

namespace btr::bath {
namespace {

// By register, so that it also works while the program is dying.
void switch_relays_off() { GPIO.out_w1tc = (1U << pins::kHeater) | (1U << pins::kPump); }

bool commission(Store& store) { return control::commission(store, control::without_heat()); }

struct Program {
    esp32::PinOutput heater{pins::kHeater};  // first of all: they switch off
    esp32::PinOutput pump{pins::kPump};
    esp32::PwmPin aeration{pins::kAeration};
    OneWirePin first_bus{pins::kFirstBus};
    OneWirePin second_bus{pins::kSecondBus};
    protocol::ProbeReader probes{first_bus, second_bus};
    esp32::Node node{commission};
    control::BathDevice device{identity(), {heater, pump, aeration, probes}, node.store(), node.link(), node.clock()};

    control::BathIdentity identity() const {
        using protocol::Item;
        const protocol::Provisioning& told = node.told();
        return {told.is_set(Item::device_root) ? told.c_str(Item::device_root) : "compostlab/v2",
                node.id(),
                kFirmwareVersion,
                esp32::reset_reason(),
                node.ip_address(),
                told.flag(Item::device_extensions, true)};
    }

    void begin() {
        const auto roles = probes.begin(node.told().probe_roles());
        if (!(roles == node.told().probe_roles())) {
            node.remember(roles);
        }
        device.begin(esp32::now_ms());
        for (std::size_t i = 0; i < device.time_servers().count; ++i) {
            node.add_time_server(device.time_servers().hosts[i].view());
        }
        node.start({device.command_topic(), nullptr}, device.will());
    }
};

void control_task(void*) {
    static constexpr std::array<sched::Task<Program>, 3> kTasks{{
        {"messages", 20, [](Program& p, Millis now) { p.node.deliver(now, p.device); }},
        {"control", 20, [](Program& p, Millis now) { p.device.tick(now); }},
        {"health", kSecond, [](Program& p, Millis) { p.node.note_sensors(p.probes.does_any_answer()); }},
    }};
    static Program program;  // too large for any stack
    program.begin();
    esp32::run(program, kTasks);
}

}  // namespace
}  // namespace btr::bath

void setup() {
    using namespace btr::bath;
    switch_relays_off();
    esp_register_shutdown_handler(switch_relays_off);
    set_arduino_panic_handler([](arduino_panic_info_t*, void*) { switch_relays_off(); }, nullptr);
    btr::esp32::start_task("control", control_task, nullptr, btr::esp32::Priority::control);
}

void loop() { vTaskDelete(nullptr); }  // everything runs in tasks of its own
