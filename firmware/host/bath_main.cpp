// A bath controller as a program: the firmware's BathDevice around simulated water.
#include "btr/control/bath_device.h"
#include "btr/host/bath_rig.h"
#include "btr/host/pace.h"
#include "btr/host/program.h"
#include "btr/host/report.h"
#include "btr/protocol/json.h"

namespace btr::host {
namespace {

constexpr const char* kFirmwareVersion = BTR_VERSION "-host";
constexpr double kMostWaterSpeed = 10.0;  // the firmware does not believe a probe that moves faster

struct BathOptions {
    CommonOptions common;
    std::string root = "compostlab/v2";
    std::string code = "bath-1";
    std::string first_settings_file;
    bool uncommissioned = false;

    void add_to(OptionTable& table) {
        table.text("--code", "NAME", code, "device code; its topics are ROOT/NAME/...");
        table.text("--root", "TOPIC", root, "topic root");
        table.text("--first-settings", "FILE", first_settings_file,
                   "JSON as config_update takes it, for an empty state");
        table.flag("--uncommissioned", uncommissioned, "leave an empty state empty: stopped, and without settings");
        common.add_to(table, kMostWaterSpeed);
    }
};

class BathTwin : public Twin {
public:
    BathTwin(const BathOptions& options, const FaultScript& faults, FileStore& store, MqttLink& link)
        : options_(options), store_(store), link_(link), rig_(options.common.speed, faults) {}

    void boot(const char* reset_reason, Millis now_ms) override {
        const control::BathIdentity identity{options_.root.c_str(), options_.code.c_str(),
                                             kFirmwareVersion,      reset_reason,
                                             "127.0.0.1",           options_.common.extensions == "on"};
        device_.emplace(identity, rig_.hardware(), store_, link_, clock_);
        device_->begin(now_ms);
    }
    void cut_power() override {
        device_.reset();
        rig_.cut_power();
        told_.reset();
    }
    void let_pass(Millis elapsed_ms) override { rig_.let_pass(elapsed_ms); }
    void tick(Millis now_ms, Millis) override {
        device_->tick(now_ms);
        report_change();
    }
    void on_connected(Millis now_ms) override { device_->on_connected(now_ms); }
    void on_message(Millis now_ms, const LinkEvent& message) override {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(message.text.data());
        const std::uint32_t ignored = device_->inbox().total();
        device_->on_message(now_ms, message.topic.c_str(), bytes, message.text.size(), message.retained);
        const bool is_ignored = message.topic != device_->command_topic() || device_->inbox().total() != ignored;
        Report(is_ignored ? "ignored" : "command").text("message", message.text);
    }
    std::vector<std::string> subscriptions() const override { return {device_->command_topic()}; }
    Message will() const override { return device_->will(); }

private:
    struct Told {
        std::array<bool, control::kOutputs> on;
        control::Reason reason;
        std::uint32_t faults;
    };

    void report_change() {
        const control::BathView& view = device_->view();
        if (told_ && told_->on == view.on && told_->reason == view.reason && told_->faults == view.faults) return;
        told_ = Told{view.on, view.reason, view.faults};
        Report report("outputs");
        report.boolean("heater", view.on[control::kHeater]).boolean("pump", view.on[control::kPump]);
        report.boolean("aeration", view.on[control::kAeration]).text("reason", control::key_of(view.reason));
        report.integer("faults", view.faults);
    }

    const BathOptions& options_;
    FileStore& store_;
    MqttLink& link_;
    SystemClock clock_;
    BathRig rig_;
    std::optional<control::BathDevice> device_;
    std::optional<Told> told_;
};

// What is set on the spot before a device is used; the reason if it cannot be.
std::optional<std::string> commission(const BathOptions& options, Store& store) {
    control::BathConfig config;
    if (!options.first_settings_file.empty()) {
        const Parsed<std::string> text = read_file(options.first_settings_file, protocol::kMostJsonBytes);
        if (!text.value) return text.error;
        const protocol::JsonDocument document(text.value->data(), text.value->size());
        if (document.problem() != protocol::JsonProblem::none) {
            return options.first_settings_file + ": " + protocol::key_of(document.problem());
        }
        protocol::Problems problems;
        const auto merged = control::merged(config, document.root(), problems);
        if (!merged) {
            protocol::FixedText<512> reasons;
            problems.describe(reasons);
            return options.first_settings_file + ": " + reasons.c_str();
        }
        config = *merged;
    }
    if (!control::commission(store, config)) return "--state " + options.common.state_folder + ": cannot be written";
    return std::nullopt;
}

int main_of(int argc, char** argv) {
    BathOptions options;
    OptionTable table(
        "btr_bath_host",
        "A bath controller with the firmware's own logic, around simulated water. At --speed 5 the water\n"
        "reacts five times as fast; the controller's own times are real.");
    options.add_to(table);
    if (const auto status = parse_command_line(table, argc, argv)) return *status;
    if (const auto problem = options.common.complete(options.code)) return refuse(*problem);
    const Parsed<FaultScript> faults = load_faults(options.common, Machine::bath);
    if (!faults.value) return refuse(faults.error);
    FileStore store(options.common.state_folder);
    if (!options.uncommissioned && store.is_empty()) {
        if (const auto problem = commission(options, store)) return refuse(*problem);
    }
    MqttLink link(options.common.broker);
    BathTwin twin(options, *faults.value, store, link);
    return run(twin, {link, store, *faults.value, options.common, 1.0});
}

}  // namespace
}  // namespace btr::host

int main(int argc, char** argv) { return btr::host::main_of(argc, argv); }
