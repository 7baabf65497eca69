#pragma once
// The settings of a bath as the network and the store know them: one table of keys, bounds and rules.
//
// A change is merged into what holds now and judged as a whole: it is taken entirely or not at all (F15). The bounds
// are those that Home Assistant checks, never wider than what is compiled in (F16).
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/control/settings.h"
#include "btr/protocol/json.h"
#include "btr/protocol/json_writer.h"
#include "btr/protocol/problems.h"
#include "btr/protocol/settings_table.h"

namespace btr::control {

constexpr std::size_t kSettings = 25;
using SettingsTable = std::array<protocol::SettingRow<BathSettings>, kSettings>;
// In the order of the original's register. It is also the order of the stored record: only ever append.
const SettingsTable& settings_table();

// `ntp_host`: nothing to control, but one of the original's settings. None: those of the provisioning.
constexpr std::size_t kMostTimeServers = 6;  // as many as the original's file has
constexpr std::size_t kMostHostBytes = 63;
struct TimeServers {
    std::array<protocol::FixedText<kMostHostBytes>, kMostTimeServers> hosts;
    std::size_t count = 0;
};

struct BathConfig {
    BathSettings settings;
    TimeServers time_servers;
};

// Every bound and every rule between settings; adds one problem for each that does not hold.
void check_settings(const BathSettings& settings, protocol::Problems& problems);

// The configuration with the change of a config_update in it, or nothing and the problems: an unknown key, a wrong
// type, a value out of bounds, a rule that does not hold, no change at all. `wifi` and `mqtt` are unknown here, unlike
// in the original: nobody moves a bath to another broker by a message. The register's names are taken, too.
std::optional<BathConfig> merged(const BathConfig& current, protocol::JsonValue change, protocol::Problems& problems);

// Members of the register's `config`, under the register's names.
void write_config(const BathConfig& config, protocol::JsonWriter& json);

constexpr std::size_t kMostConfigBytes = 2 + 4 * kSettings + 1 + kMostTimeServers * (1 + kMostHostBytes);
using ConfigRecord = std::array<std::uint8_t, kMostConfigBytes>;
// Returns the length of the record.
std::size_t pack_config(const BathConfig& config, ConfigRecord& into);
// Nothing for a record of another format, cut off, or out of today's bounds. Settings that a newer firmware added have
// their defaults.
std::optional<BathConfig> unpack_config(const std::uint8_t* bytes, std::size_t length);

}  // namespace btr::control
