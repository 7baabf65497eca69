// A battery node as a program: the firmware's BatteryDevice around a cell whose temperature was recorded.
#include "btr/battery/battery_device.h"
#include "btr/host/battery_sensors.h"
#include "btr/host/pace.h"
#include "btr/host/program.h"
#include "btr/host/recording.h"
#include "btr/host/report.h"

namespace btr::host {
namespace {

constexpr const char* kFirmwareVersion = BTR_VERSION "-host";
constexpr Millis kSampleMs = 500;
constexpr std::size_t kMostRecordingBytes = 256 * 1024 * 1024;

struct BatteryOptions {
    CommonOptions common;
    std::string id = "cell-1";
    std::string recording_file;
    double start_s = 0.0;
    bool vents = false;
    bool legacy_topics = false;

    void add_to(OptionTable& table) {
        table.text("--recording", "FILE", recording_file, "CSV, Time,Temperature every 0.5 s; required");
        table.number("--start", 0.0, 1e9, start_s, "where in the recording to start, in seconds");
        table.text("--id", "NAME", id, "device id; its topics are btr/NAME/...");
        table.flag("--vents", vents, "let gas, smoke and heat reach the node when the cell opens");
        table.flag("--legacy-topics", legacy_topics, "the original's topics, sensor and statue");
        common.add_to(table);
    }
};

class BatteryTwin : public Twin {
public:
    BatteryTwin(const BatteryOptions& options, const Recording& recording, const FaultScript& faults, FileStore& store,
                MqttLink& link)
        : options_(options),
          recording_(recording),
          faults_(faults),
          store_(store),
          link_(link),
          sensors_(options.vents) {}

    void boot(const char* reset_reason, Millis now_ms) override {
        const bool extensions = options_.common.extensions == "on";
        const battery::BatteryIdentity identity{options_.id.c_str(), kFirmwareVersion, reset_reason,
                                                options_.legacy_topics, extensions};
        device_.emplace(identity, store_, link_, clock_);
        device_->begin(now_ms);
        next_sample_ms_ = now_ms;
        shown_.reset();
    }
    void cut_power() override { device_.reset(); }
    void let_pass(Millis) override {}
    void tick(Millis now_ms, Millis elapsed_ms) override {
        if (now_ms >= next_sample_ms_) {
            next_sample_ms_ += ((now_ms - next_sample_ms_) / kSampleMs + 1) * kSampleMs;
            sample(now_ms, elapsed_ms);
        }
        device_->tick(now_ms, false);
        report_level(elapsed_ms);
    }
    void on_connected(Millis now_ms) override { device_->on_connected(now_ms); }
    void on_message(Millis now_ms, const LinkEvent& message) override {
        const auto* bytes = reinterpret_cast<const std::uint8_t*>(message.text.data());
        const std::uint32_t ignored = device_->inbox().total();
        device_->on_message(now_ms, message.topic.c_str(), bytes, message.text.size(), message.retained);
        const bool is_ignored = device_->inbox().total() != ignored;
        Report(is_ignored ? "ignored" : "ordered").text("order", message.text);
    }
    std::vector<std::string> subscriptions() const override {
        std::vector<std::string> topics;
        for (const char* topic : device_->subscriptions()) {
            if (topic != nullptr) topics.emplace_back(topic);
        }
        return topics;
    }
    Message will() const override { return device_->will(); }

private:
    void sample(Millis now_ms, Millis elapsed_ms) {
        const double elapsed_s = static_cast<double>(elapsed_ms) / 1000.0;
        const float cell_c = recording_.temp_at(options_.start_s + elapsed_s);
        RawBattery readings = sensors_.read(cell_c, static_cast<float>(elapsed_s - sampled_s_));
        sampled_s_ = elapsed_s;
        spoil(readings, faults_, elapsed_ms);
        device_->sample(now_ms, readings);
    }
    void report_level(Millis elapsed_ms) {
        if (shown_ == device_->shown()) return;
        shown_ = device_->shown();
        Report report("status");
        report.text("status", protocol::word_of(*shown_));
        report.number("recorded_s", options_.start_s + static_cast<double>(elapsed_ms) / 1000.0, 1);
        if (const auto temp_c = device_->grader().believed().internal_c) {
            report.number("temp_c", static_cast<double>(*temp_c), 2);
        }
    }

    const BatteryOptions& options_;
    const Recording& recording_;
    const FaultScript& faults_;
    FileStore& store_;
    MqttLink& link_;
    SystemClock clock_;
    BatterySensors sensors_;
    std::optional<battery::BatteryDevice> device_;
    std::optional<battery::Level> shown_;
    Millis next_sample_ms_ = 0;
    double sampled_s_ = 0.0;
};

Parsed<Recording> load_recording(const std::string& path) {
    const Parsed<std::string> text = read_file(path, kMostRecordingBytes);
    if (!text.value) return Parsed<Recording>::failed(text.error);
    Parsed<Recording> recording = Recording::parse(*text.value);
    if (!recording.value) recording.error = path + ", " + recording.error;
    return recording;
}

int main_of(int argc, char** argv) {
    BatteryOptions options;
    OptionTable table(
        "btr_battery_host",
        "A battery node with the firmware's own logic, around a cell that follows a recording. At --speed 5\n"
        "recorded time and the device's clock run five times as fast. After the end the last value stays.");
    options.add_to(table);
    if (const auto status = parse_command_line(table, argc, argv)) return *status;
    if (options.recording_file.empty()) return refuse("--recording FILE is missing");
    if (const auto problem = options.common.complete(options.id)) return refuse(*problem);
    const Parsed<Recording> recording = load_recording(options.recording_file);
    if (!recording.value) return refuse(recording.error);
    const Parsed<FaultScript> faults = load_faults(options.common, Machine::battery_node);
    if (!faults.value) return refuse(faults.error);
    FileStore store(options.common.state_folder);
    MqttLink link(options.common.broker);
    BatteryTwin twin(options, *recording.value, *faults.value, store, link);
    return run(twin, {link, store, *faults.value, options.common, options.common.speed});
}

}  // namespace
}  // namespace btr::host

int main(int argc, char** argv) { return btr::host::main_of(argc, argv); }
