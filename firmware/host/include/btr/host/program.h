#pragma once
// What both programs do alike: boot, ticks, the network, faults of the whole device, and an orderly end.
#include <string>
#include <vector>

#include "btr/host/fault_script.h"
#include "btr/host/file_store.h"
#include "btr/host/mqtt_link.h"
#include "btr/host/options.h"

namespace btr::host {

// A device and the world that its sensors see. `now_ms` is the device's uptime, `elapsed_ms` the time of the fault
// script, which no reset sets back.
class Twin {
public:
    virtual ~Twin() = default;
    virtual void boot(const char* reset_reason, Millis now_ms) = 0;
    // Power is gone: every pin falls back to its default.
    virtual void cut_power() = 0;
    // Time passes for the world, also while the device is off.
    virtual void let_pass(Millis elapsed_ms) = 0;
    virtual void tick(Millis now_ms, Millis elapsed_ms) = 0;
    virtual void on_connected(Millis now_ms) = 0;
    virtual void on_message(Millis now_ms, const LinkEvent& message) = 0;
    // Of the device that was booted last.
    virtual std::vector<std::string> subscriptions() const = 0;
    virtual Message will() const = 0;
};

struct Surroundings {
    MqttLink& link;
    FileStore& store;
    const FaultScript& faults;
    const CommonOptions& options;
    double clock_speed;  // of the device's own clock
};

// Runs until SIGTERM or SIGINT, then publishes the last will as a goodbye. Returns the exit status of the program;
// errors are told on the standard error.
int run(Twin& twin, const Surroundings& around);

// Says what is wrong and returns 2, the exit status for a command line or a file that cannot be used.
int refuse(const std::string& why);

// --help, or what is wrong with the command line; then the exit status. Nothing: go on.
std::optional<int> parse_command_line(OptionTable& table, int argc, const char* const* argv);

// The script that the options name, or one without faults.
Parsed<FaultScript> load_faults(const CommonOptions& options, Machine machine);

}  // namespace btr::host
