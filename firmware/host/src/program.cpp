#include "btr/host/program.h"

#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>

#include "btr/host/pace.h"
#include "btr/host/report.h"

namespace btr::host {

namespace {

constexpr Millis kBeatMs = 50;
constexpr Millis kBootMs = 2 * kSecond;  // from a reset to running again
constexpr std::size_t kMostScriptBytes = 1024 * 1024;

// SIGTERM and SIGINT, taken as words instead of interruptions: blocked for every thread, and waited for by the loop.
class EndSignals {
public:
    EndSignals() {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGTERM);
        sigaddset(&signals_, SIGINT);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
    }
    // Sleeps that long, or until somebody wants the end.
    bool came_within(std::chrono::nanoseconds time) const {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
        const timespec wait{seconds.count(), (time - seconds).count()};
        return sigtimedwait(&signals_, nullptr, &wait) > 0;
    }

private:
    sigset_t signals_;
};

class Loop {
public:
    Loop(Twin& twin, const Surroundings& around) : twin_(twin), around_(around) {}

    void boot_first() {
        boot(around_.options.reset_reason.c_str(), static_cast<Millis>(around_.options.uptime_start_ms));
    }

    void step(Millis elapsed_ms) {
        apply_faults(elapsed_ms);
        twin_.let_pass(elapsed_ms);
        elapsed_ms_ = elapsed_ms;
        if (is_off_ && elapsed_ms >= on_again_ms_) {
            is_off_ = false;
            boot(reset_reason_, 0);
        }
        while (const auto event = around_.link.next()) take(*event);
        if (!is_off_) twin_.tick(now_ms(), elapsed_ms);
    }

private:
    Millis now_ms() const { return elapsed_ms_ - booted_ms_ + uptime_at_boot_ms_; }

    void boot(const char* reason, Millis uptime_ms) {
        booted_ms_ = elapsed_ms_;
        uptime_at_boot_ms_ = uptime_ms;
        twin_.boot(reason, uptime_ms);
        Report("boot").text("reset_reason", reason);
    }

    void apply_faults(Millis elapsed_ms) {
        const FaultScript& faults = around_.faults;
        if (const Fault* reset = faults.reset_between(elapsed_ms_, elapsed_ms)) {
            reset_reason_ = reset->kind == FaultKind::brownout ? "brownout" : "watchdog";
            is_off_ = true;
            on_again_ms_ = elapsed_ms + kBootMs;
            twin_.cut_power();
            Report("restart").text("reason", reset_reason_);
        }
        around_.store.set_failing(faults.active(Target::store, elapsed_ms) != nullptr);
        around_.link.set_cable(!is_off_ && faults.active(Target::link, elapsed_ms) == nullptr);
    }

    void take(const LinkEvent& event) {
        switch (event.kind) {
            case LinkEvent::Kind::connected:
                Report("connected").text("client", around_.options.broker.client_id);
                if (!is_off_) twin_.on_connected(now_ms());
                break;
            case LinkEvent::Kind::disconnected: Report("disconnected").text("reason", event.text); break;
            case LinkEvent::Kind::refused: Report("refused").text("reason", event.text); break;
            case LinkEvent::Kind::overflow: Report("overflow").text("reason", event.text); break;
            case LinkEvent::Kind::message:
                if (!is_off_) twin_.on_message(now_ms(), event);
                break;
        }
    }

    Twin& twin_;
    const Surroundings& around_;
    Millis elapsed_ms_ = 0;
    Millis booted_ms_ = 0;
    Millis uptime_at_boot_ms_ = 0;
    bool is_off_ = false;
    Millis on_again_ms_ = 0;
    const char* reset_reason_ = "";
};

}  // namespace

int run(Twin& twin, const Surroundings& around) {
    const EndSignals end;
    const Pace pace(around.clock_speed);
    Loop loop(twin, around);
    loop.boot_first();
    const Message will = twin.will();
    const std::string topic = will.topic == nullptr ? "" : will.topic;
    const std::string payload(will.payload == nullptr ? "" : will.payload, will.length);
    if (const auto problem = around.link.start(will, twin.subscriptions())) return refuse(*problem);
    Millis next_ms = 0;
    do {
        const Millis elapsed_ms = pace.now_ms();
        loop.step(elapsed_ms);
        next_ms = (elapsed_ms / kBeatMs + 1) * kBeatMs;
    } while (!end.came_within(pace.until(next_ms)));
    // what the broker would say of a device that disappears, this one says itself
    if (!topic.empty()) around.link.publish({topic.c_str(), payload.data(), payload.size(), will.qos, will.retained});
    around.link.stop();
    return 0;
}

int refuse(const std::string& why) {
    std::fprintf(stderr, "error: %s\n", why.c_str());
    return 2;
}

std::optional<int> parse_command_line(OptionTable& table, int argc, const char* const* argv) {
    const auto problem = table.parse(argc, argv);
    if (problem) return refuse(*problem);
    if (!table.is_help()) return std::nullopt;
    std::fputs(table.help().c_str(), stdout);
    return 0;
}

Parsed<FaultScript> load_faults(const CommonOptions& options, Machine machine) {
    if (options.faults_file.empty()) return Parsed<FaultScript>::of({});
    const Parsed<std::string> text = read_file(options.faults_file, kMostScriptBytes);
    if (!text.value) return Parsed<FaultScript>::failed(text.error);
    Parsed<FaultScript> script = FaultScript::parse(*text.value, machine);
    if (!script.value) script.error = options.faults_file + ", " + script.error;
    return script;
}

}  // namespace btr::host
