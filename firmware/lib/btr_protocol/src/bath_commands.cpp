#include "btr/protocol/bath_commands.h"

#include <string_view>

namespace btr::protocol {
namespace {

template <typename T>
struct Word {
    std::string_view text;
    T meaning;
};

struct Target {
    BathVerb verb;
    BathOutput output;
};

constexpr Word<Target> kTargets[] = {
    {"heater", {BathVerb::output, BathOutput::heater}},
    {"pump", {BathVerb::output, BathOutput::pump}},
    {"aeration", {BathVerb::output, BathOutput::aeration}},
    {"fan", {BathVerb::output, BathOutput::aeration}},
    {"emergency", {BathVerb::emergency, BathOutput::heater}},
    {"config_update", {BathVerb::config_update, BathOutput::heater}},
};

constexpr Word<BathAction> kActions[] = {
    {"on", BathAction::on},
    {"off", BathAction::off},
    {"auto", BathAction::automatic},
    {"hold_off", BathAction::hold_off},
};

template <typename T, std::size_t N>
std::optional<T> meaning_of(JsonValue word, const Word<T> (&table)[N]) {
    const auto text = word.text();
    for (const auto& row : table) {
        if (text == row.text) {
            return row.meaning;
        }
    }
    return std::nullopt;
}

const char* read_what(JsonValue entry, BathCommand& command) {
    const auto target = meaning_of(entry.member("command"), kTargets);
    if (!target) {
        return "unknown_command";
    }
    command.verb = target->verb;
    command.output = target->output;
    if (command.verb == BathVerb::config_update) {
        command.config = entry.member("config");
        return command.config.is_object() ? nullptr : "no_config";
    }
    const auto action = meaning_of(entry.member("action"), kActions);
    const bool is_switch = action == BathAction::on || action == BathAction::off;
    if (!action || (command.verb == BathVerb::emergency && !is_switch)) {
        return "unknown_action";
    }
    command.action = *action;
    const auto duration_ms = entry.member("duration").integer();
    command.duration_ms = duration_ms && *duration_ms > 0 ? *duration_ms : 0;
    return nullptr;
}

BathCommand read_command(JsonValue entry, std::optional<std::int64_t> now_utc_s) {
    BathCommand command;
    command.problem = read_what(entry, command);
    command.id = read_id(entry);
    command.freshness = freshness_of(entry, now_utc_s);
    return command;
}

bool is_stop(JsonValue entry) {
    return entry.member("command").text() == std::string_view("emergency") &&
           entry.member("action").text() == std::string_view("on");
}

}  // namespace

bool BathCommand::only_switches_off() const {
    switch (verb) {
        case BathVerb::output: return action == BathAction::off || action == BathAction::hold_off;
        case BathVerb::emergency: return action == BathAction::on;
        case BathVerb::config_update: break;
    }
    return false;
}

BathCommands decode_bath_commands(JsonValue root, std::optional<std::int64_t> now_utc_s) {
    BathCommands commands;
    const JsonValue list = root.member("commands");
    if (!list.is_array()) {
        commands.drop = Drop::not_readable;
        return commands;
    }
    for (const JsonValue entry : list) {
        commands.stops = commands.stops || is_stop(entry);
    }
    if (list.size() > kMostCommands) {
        commands.drop = Drop::too_many_commands;
        return commands;
    }
    for (const JsonValue entry : list) {
        commands.items[commands.count++] = read_command(entry, now_utc_s);
    }
    return commands;
}

}  // namespace btr::protocol
