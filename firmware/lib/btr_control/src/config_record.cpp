#include "btr/control/settings_codec.h"
#include "record.h"

namespace btr::control {
namespace {

constexpr std::uint8_t kFormat = 1;

using Row = protocol::SettingRow<BathSettings>;

void store(const Row& row, const BathSettings& settings, RecordWriter& record) {
    if (const auto* flag = std::get_if<bool BathSettings::*>(&row.member)) {
        record.word(settings.**flag ? 1 : 0);
    } else if (const auto* whole = std::get_if<std::int32_t BathSettings::*>(&row.member)) {
        record.word(static_cast<std::uint32_t>(settings.**whole));
    } else if (const auto* real = std::get_if<float BathSettings::*>(&row.member)) {
        record.real(settings.**real);
    }
}

void restore(const Row& row, RecordReader& record, BathSettings& settings) {
    if (const auto* flag = std::get_if<bool BathSettings::*>(&row.member)) {
        settings.** flag = record.word() != 0;
    } else if (const auto* whole = std::get_if<std::int32_t BathSettings::*>(&row.member)) {
        settings.** whole = static_cast<std::int32_t>(record.word());
    } else if (const auto* real = std::get_if<float BathSettings::*>(&row.member)) {
        settings.** real = record.real();
    }
}

// Returns whether the list is one.
bool restore_hosts(RecordReader& record, TimeServers& servers) {
    const std::size_t count = record.byte();
    if (count > kMostTimeServers) {
        return false;
    }
    while (servers.count < count) {
        const std::size_t length = record.byte();
        const std::uint8_t* text = record.take(length);
        if (!text || length == 0 || length > kMostHostBytes) {
            return false;
        }
        servers.hosts[servers.count++].append({reinterpret_cast<const char*>(text), length});
    }
    return record.is_whole() && record.is_at_end();
}

}  // namespace

std::size_t pack_config(const BathConfig& config, ConfigRecord& into) {
    RecordWriter record(into.data());
    record.byte(kFormat);
    record.byte(kSettings);
    for (const Row& row : settings_table()) {
        store(row, config.settings, record);
    }
    record.byte(static_cast<std::uint8_t>(config.time_servers.count));
    for (std::size_t i = 0; i < config.time_servers.count; ++i) {
        const auto host = config.time_servers.hosts[i].view();
        record.byte(static_cast<std::uint8_t>(host.size()));
        record.bytes(host.data(), host.size());
    }
    return record.length();
}

std::optional<BathConfig> unpack_config(const std::uint8_t* bytes, std::size_t length) {
    RecordReader record(bytes, length);
    const bool is_ours = record.byte() == kFormat;
    const std::size_t count = record.byte();
    if (!is_ours || count > kSettings) {
        return std::nullopt;
    }
    BathConfig config;
    for (std::size_t i = 0; i < count; ++i) {
        restore(settings_table()[i], record, config.settings);
    }
    protocol::Problems problems;
    check_settings(config.settings, problems);
    if (!restore_hosts(record, config.time_servers) || !problems.is_empty()) {
        return std::nullopt;
    }
    return config;
}

}  // namespace btr::control
