#include "btr/control/settings_codec.h"

#include <algorithm>
#include <cctype>

#include "btr/protocol/bath_telemetry.h"

namespace btr::control {
namespace {

using protocol::JsonValue;
using protocol::Problems;

constexpr std::string_view kTimeServers = "ntp_host";

// The two keys that the register calls otherwise than the settings.
struct Alias {
    std::string_view key;
    std::string_view in_register;
};
constexpr Alias kAliases[] = {{"post_interval", "read_interval"}, {kTimeServers, "ntp_servers"}};

std::string_view own_name(std::string_view name) {
    for (const Alias& alias : kAliases) {
        if (name == alias.in_register) {
            return alias.key;
        }
    }
    return name;
}

std::string_view register_name(std::string_view name) {
    for (const Alias& alias : kAliases) {
        if (name == alias.key) {
            return alias.in_register;
        }
    }
    return name;
}

bool is_host(std::string_view text) {
    const auto is_outer = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
    const auto is_inner = [&](char c) { return is_outer(c) || c == '.' || c == ':' || c == '-'; };
    return !text.empty() && text.size() <= kMostHostBytes && is_outer(text.front()) && is_outer(text.back()) &&
           std::all_of(text.begin(), text.end(), is_inner);
}

// What is wrong with the list, or null when it was taken.
const char* set_hosts(JsonValue value, TimeServers& into) {
    if (!value.is_array()) {
        return "not_hosts";
    }
    if (value.size() > kMostTimeServers) {
        return "too_many_hosts";
    }
    TimeServers servers;
    for (const JsonValue host : value) {
        const auto text = host.text();
        if (!text || !is_host(*text)) {
            return "not_hosts";
        }
        servers.hosts[servers.count++].append(*text);
    }
    into = servers;
    return nullptr;
}

void read_member(JsonValue value, BathConfig& draft, Problems& problems) {
    const auto& table = settings_table();
    const std::string_view name = own_name(value.key());
    const char* reason = "unknown_setting";
    if (name == kTimeServers) {
        reason = set_hosts(value, draft.time_servers);
    } else if (const auto* row = protocol::find_row(table, "", name)) {
        reason = protocol::set_member(value, *row, draft.settings);
    } else if (protocol::is_group(table, name) && value.is_object()) {
        protocol::merge_group(value, name, table, draft.settings, problems);
        return;
    }
    if (reason) {
        problems.add(name, reason);
    }
}

// A key under its own name and the register's: which one was meant is unknown.
void refuse_double_names(JsonValue change, Problems& problems) {
    for (const Alias& alias : kAliases) {
        if (change.member(alias.key).is_present() && change.member(alias.in_register).is_present()) {
            problems.add(alias.key, "setting_twice");
        }
    }
}

bool is_empty(JsonValue change) {
    for (const JsonValue member : change) {
        if (!member.is_object() || member.size() > 0) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::optional<BathConfig> merged(const BathConfig& current, JsonValue change, Problems& problems) {
    if (is_empty(change)) {
        problems.add("config", "empty_config");
        return std::nullopt;
    }
    BathConfig draft = current;
    refuse_double_names(change, problems);
    for (const JsonValue member : change) {
        read_member(member, draft, problems);
    }
    if (problems.is_empty()) {
        check_settings(draft.settings, problems);
    }
    return problems.is_empty() ? std::optional<BathConfig>(draft) : std::nullopt;
}

void write_config(const BathConfig& config, protocol::JsonWriter& json) {
    json.key(register_name(kTimeServers)).begin_array();
    for (std::size_t i = 0; i < config.time_servers.count; ++i) {
        json.text(config.time_servers.hosts[i].view());
    }
    json.end_array();
    std::string_view open;
    for (const auto& row : settings_table()) {
        if (row.group() != open) {
            if (!open.empty()) {
                json.end_object();
            }
            open = row.group();
            json.key(open).begin_object();
        }
        json.key(register_name(row.name()));
        protocol::write_value(row, config.settings, json);
    }
    json.end_object();  // the table ends with a group
}

}  // namespace btr::control
