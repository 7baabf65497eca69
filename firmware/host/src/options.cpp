#include "btr/host/options.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace btr::host {

namespace {

std::string short_text(double value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%g", value);
    return text;
}

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : "|") + word;
    return all;
}

std::string parse_broker(std::string_view text, BrokerOptions& into) {
    const std::size_t colon = text.rfind(':');
    const auto port = colon == std::string_view::npos ? std::nullopt : parse_number(text.substr(colon + 1));
    const bool is_port = port && *port >= 1 && *port <= 65535 && *port == static_cast<double>(static_cast<int>(*port));
    if (colon == 0 || !is_port) return "is not HOST:PORT";
    into.host = text.substr(0, colon);
    into.port = static_cast<int>(*port);
    return {};
}

}  // namespace

OptionTable::OptionTable(std::string program, std::string purpose)
    : program_(std::move(program)), purpose_(std::move(purpose)) {}

void OptionTable::custom(const char* name, const char* shape, std::function<std::string(std::string_view)> take,
                         const char* help) {
    options_.push_back({name, shape, help, std::move(take)});
}

void OptionTable::text(const char* name, const char* shape, std::string& into, const char* help) {
    const auto take = [&into](std::string_view value) -> std::string {
        into = value;
        return into.empty() ? "is empty" : "";
    };
    custom(name, shape, take, help);
}

void OptionTable::number(const char* name, double least, double most, double& into, const char* help) {
    const std::string range = short_text(least) + ".." + short_text(most);
    const auto take = [&into, least, most, range](std::string_view value) -> std::string {
        const auto parsed = parse_number(value);
        if (!parsed || *parsed < least || *parsed > most) return "is no number within " + range;
        into = *parsed;
        return {};
    };
    custom(name, range.c_str(), take, help);
}

void OptionTable::flag(const char* name, bool& into, const char* help) {
    const auto take = [&into](std::string_view) -> std::string {
        into = true;
        return {};
    };
    custom(name, "", take, help);
}

void OptionTable::choice(const char* name, std::vector<std::string> words, std::string& into, const char* help) {
    const std::string shape = joined(words);
    const auto take = [&into, words = std::move(words), shape](std::string_view value) -> std::string {
        for (const std::string& word : words) {
            if (word != value) continue;
            into = word;
            return {};
        }
        return "is none of " + shape;
    };
    custom(name, shape.c_str(), take, help);
}

std::optional<std::string> OptionTable::parse(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string name = argv[i];
        if (name == "--help") {
            is_help_ = true;
            return std::nullopt;
        }
        const Option* found = nullptr;
        for (const Option& option : options_) {
            if (option.name == name) found = &option;
        }
        if (found == nullptr) return "there is no option " + name + "; --help lists them";
        if (!found->shape.empty() && i + 1 == argc) return name + " needs a value: " + found->shape;
        const std::string value = found->shape.empty() ? "" : argv[++i];
        const std::string problem = found->take(value);
        if (!problem.empty()) return name + ": '" + value + "' " + problem;
    }
    return std::nullopt;
}

std::string OptionTable::help() const {
    std::string text = "usage: " + program_ + " --broker HOST:PORT [OPTION]...\n\n" + purpose_ + "\n\n";
    for (const Option& option : options_) {
        std::string left = "  " + option.name + (option.shape.empty() ? "" : " " + option.shape);
        left.resize(std::max<std::size_t>(left.size() + 2, 36), ' ');
        text += left + option.help + "\n";
    }
    return text;
}

void CommonOptions::add_to(OptionTable& table, double most_speed) {
    table.custom(
        "--broker", "HOST:PORT", [this](std::string_view text) { return parse_broker(text, broker); },
        "MQTT broker; required");
    table.text("--client-id", "NAME", broker.client_id, "MQTT client id (default: the device's id)");
    table.text("--user", "NAME", broker.user, "MQTT user");
    table.text("--password-file", "FILE", password_file_, "file whose first line is the password");
    table.text("--cafile", "FILE", broker.ca_file, "use TLS, and trust these certificates (PEM)");
    table.text("--state", "DIR", state_folder, "existing folder for what survives a restart (default: nothing does)");
    table.text("--faults", "FILE", faults_file, "script of what goes wrong and when");
    table.number("--speed", 0.1, most_speed, speed, "how much faster time runs");
    table.number("--uptime-start", 0.0, 1e12, uptime_start_ms, "milliseconds that the device has run at the start");
    table.choice("--reset-reason", {"power_on", "software", "watchdog", "brownout", "panic", "unknown"}, reset_reason,
                 "why the device starts");
    table.choice("--extensions", {"on", "off"}, extensions, "off: the original messages to the letter");
}

std::optional<std::string> CommonOptions::complete(const std::string& device_id) {
    if (broker.host.empty()) return "--broker HOST:PORT is missing";
    std::error_code problem;
    if (!state_folder.empty() && !std::filesystem::is_directory(state_folder, problem)) {
        return "--state " + state_folder + ": there is no such folder";
    }
    if (broker.client_id.empty()) broker.client_id = device_id;
    if (password_file_.empty()) return std::nullopt;
    if (broker.user.empty()) return "--password-file needs --user";
    const Parsed<std::string> text = read_file(password_file_, 1024);
    if (!text.value) return text.error;
    std::string_view rest = *text.value;
    broker.password = next_line(rest);
    return std::nullopt;
}

Parsed<std::string> read_file(const std::string& path, std::size_t most_bytes) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) return Parsed<std::string>::failed(path + ": cannot be read (" + std::strerror(errno) + ")");
    std::string text;
    char part[65536];
    for (std::size_t count; (count = std::fread(part, 1, sizeof(part), file.get())) > 0;) {
        text.append(part, count);
        if (text.size() > most_bytes) {
            return Parsed<std::string>::failed(path + ": longer than " + std::to_string(most_bytes) + " bytes");
        }
    }
    if (std::ferror(file.get()) != 0) {
        return Parsed<std::string>::failed(path + ": cannot be read (" + std::strerror(errno) + ")");
    }
    return Parsed<std::string>::of(std::move(text));
}

}  // namespace btr::host
