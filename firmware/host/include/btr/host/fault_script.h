#pragma once
// What goes wrong and when: a text of one fault a line, such as `300 outlet2 unplug for 20`. host/README.md has the
// table.
#include <cstdint>
#include <string_view>
#include <vector>

#include "btr/hal/time.h"
#include "btr/host/parsed.h"

namespace btr::host {

enum class Target : std::uint8_t {
    ambient,
    humidity,
    internal,
    mq2,
    mq4,
    mq8,
    mq7,
    voc,
    smoke,
    smoke_chip,  // battery node
    core,
    tank,
    outlet1,
    outlet2,
    outlet3,
    outlet4,
    outlet5,
    outlet6,         // probes of the bath
    heater,                                                                   // its relay and element
    link,
    store,
    device,                                                      // of both
};

enum class FaultKind : std::uint8_t {
    open,            // PT100 wire broken: 988.79 degC, with the fault register set
    shorted,         // PT100 shorted: -242.02 degC, with the fault register set
    stuck,           // always the value
    offset,          // the value is added
    nan,             // not a number
    silent,          // the sensor does not answer
    unplug,          // no probe on the bus
    power_on_85,     // DS18B20 after a brown-out: exactly 85
    crc,             // the bus garbles what the probe says
    welded,          // the relay stays closed, whatever it is told
    dead,            // the element does not heat
    drop,            // the cable is out
    fail,            // nothing can be written
    watchdog_reset,  // the device starts again
    brownout,
};

enum class Machine : std::uint8_t { battery_node, bath };

struct Fault {
    Millis from_ms;
    Millis until_ms;  // not any more
    Target target;
    FaultKind kind;
    float value;  // of stuck and offset
};

// Times are milliseconds since the program started, on the device's clock; a reset does not set them back.
class FaultScript {
public:
    static constexpr std::size_t kMostFaults = 1000;

    // The error names the line; what the machine does not have is an error, too. An empty text is a script without
    // faults.
    static Parsed<FaultScript> parse(std::string_view text, Machine machine);

    // The fault that the target has now, the last line's if several; null when it is sound. Never a reset.
    const Fault* active(Target target, Millis now_ms) const;
    // The first reset after one moment and up to another; null when there is none.
    const Fault* reset_between(Millis after_ms, Millis until_ms) const;

    const std::vector<Fault>& faults() const { return faults_; }

private:
    std::vector<Fault> faults_;
};

const char* name_of(Target target);
const char* name_of(FaultKind kind);

}  // namespace btr::host
