#include "btr/protocol/provisioning.h"

#include <algorithm>

#include "btr/protocol/utf8.h"

namespace btr::protocol {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

template <typename Accepts>
bool all(std::string_view text, Accepts accepts) {
    return std::all_of(text.begin(), text.end(), accepts);
}

bool is_name(std::string_view text) {
    return all(text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
}
bool is_host(std::string_view text) {
    return all(text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == ':'; });
}
bool is_ascii(std::string_view text) {
    return all(text, [](char c) { return c >= ' ' && c <= '~'; });
}
bool is_flag(std::string_view text) { return text == "on" || text == "off"; }
bool is_port(std::string_view text) {
    std::int32_t number = 0;
    for (const char c : text) {
        if (!is_digit(c)) {
            return false;
        }
        number = number * 10 + (c - '0');
    }
    return number >= 1 && number <= 65535;
}
bool is_root(std::string_view text) {
    return text.front() != '/' && text.back() != '/' &&
           all(text, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '/' || c == '.'; });
}
bool is_probe(std::string_view text) { return rom_from(text).has_value(); }
bool is_text(std::string_view text) {  // any UTF-8 without control characters
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0 || (length == 1 && (text[0] < ' ' || text[0] == '\x7f'))) {
            return false;
        }
        text.remove_prefix(length);
    }
    return true;
}

constexpr const char* kName = "1 to 32 letters, digits, - or _";
constexpr const char* kFlag = "on or off";
constexpr const char* kSsid = "1 to 32 bytes";
constexpr const char* kPassword = "8 to 64 printable characters";
constexpr const char* kHost = "a host name or an address, at most 63 characters";
constexpr const char* kLogin = "1 to 64 printable characters";
constexpr const char* kProbe = "the 16 hexadecimal digits on a DS18B20";

constexpr std::array<ItemRow, kItems> kRows{{
    {"device.id", is_name, 1, 32, false, kName},
    {"device.root", is_root, 1, 48, false, "a topic without + and #, at most 48 characters"},
    {"device.legacy", is_flag, 2, 3, false, kFlag},
    {"device.extensions", is_flag, 2, 3, false, kFlag},
    {"wifi.0.ssid", is_text, 1, 32, false, kSsid},
    {"wifi.0.password", is_ascii, 8, 64, true, kPassword},
    {"wifi.1.ssid", is_text, 1, 32, false, kSsid},
    {"wifi.1.password", is_ascii, 8, 64, true, kPassword},
    {"wifi.2.ssid", is_text, 1, 32, false, kSsid},
    {"wifi.2.password", is_ascii, 8, 64, true, kPassword},
    {"wifi.3.ssid", is_text, 1, 32, false, kSsid},
    {"wifi.3.password", is_ascii, 8, 64, true, kPassword},
    {"mqtt.host", is_host, 1, 63, false, kHost},
    {"mqtt.port", is_port, 1, 5, false, "a number from 1 to 65535"},
    {"mqtt.user", is_ascii, 1, 64, false, kLogin},
    {"mqtt.password", is_ascii, 1, 64, true, kLogin},
    // on some clouds the client id is the key of the account
    {"mqtt.client_id", is_ascii, 1, 64, true, kLogin},
    {"mqtt.tls", is_flag, 2, 3, false, kFlag},
    {"ntp.0", is_host, 1, 63, false, kHost},
    {"ntp.1", is_host, 1, 63, false, kHost},
    {"ntp.2", is_host, 1, 63, false, kHost},
    {"ntp.3", is_host, 1, 63, false, kHost},
    {"ota.password", is_ascii, 12, 64, true, "12 to 64 printable characters"},
    {"probe.core", is_probe, 16, 16, false, kProbe},
    {"probe.tank", is_probe, 16, 16, false, kProbe},
    {"probe.out.0", is_probe, 16, 16, false, kProbe},
    {"probe.out.1", is_probe, 16, 16, false, kProbe},
    {"probe.out.2", is_probe, 16, 16, false, kProbe},
    {"probe.out.3", is_probe, 16, 16, false, kProbe},
    {"probe.out.4", is_probe, 16, 16, false, kProbe},
    {"probe.out.5", is_probe, 16, 16, false, kProbe},
}};

bool accepts(const ItemRow& row, std::string_view value) {
    return value.size() >= row.least && value.size() <= row.most && row.accepts(value);
}

// The text up to the first \n, which is taken off, too.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

bool is_base64(std::string_view line) {
    return !line.empty() && all(line, [](char c) { return is_alphanumeric(c) || c == '+' || c == '/' || c == '='; });
}

bool is_certificate(std::string_view pem) {
    std::size_t lines = 0;
    if (take_line(pem) != kBegin) {
        return false;
    }
    while (!pem.empty()) {
        const std::string_view line = take_line(pem);
        if (line == kEnd) {
            return lines > 0 && pem.empty();
        }
        if (!is_base64(line)) {
            return false;
        }
        ++lines;
    }
    return false;
}

Item outlet_item(std::size_t index) { return static_cast<Item>(static_cast<std::size_t>(Item::probe_out_0) + index); }

}  // namespace

const std::array<ItemRow, kItems>& item_rows() { return kRows; }

std::int32_t Provisioning::number(Item item, std::int32_t otherwise) const {
    std::int32_t number = 0;
    for (const char c : text(item)) {
        if (!is_digit(c)) {
            return otherwise;
        }
        number = number * 10 + (c - '0');
    }
    return is_set(item) ? number : otherwise;
}

bool Provisioning::set(Item item, std::string_view value) {
    const auto index = static_cast<std::size_t>(item);
    if (!value.empty() && !accepts(kRows[index], value)) {
        return false;
    }
    values_[index].clear();
    values_[index].append(value);
    return true;
}

bool Provisioning::set_certificate(std::string_view pem) {
    if (!pem.empty() && (pem.size() > kMostCertificateBytes || !is_certificate(pem))) {
        return false;
    }
    certificate_.clear();
    certificate_.append(pem);
    return true;
}

std::size_t Provisioning::network_count() const {
    std::size_t count = 0;
    while (count < kMostNetworks && is_set(network_item(Item::wifi_ssid_0, count))) {
        ++count;
    }
    return count;
}

const char* Provisioning::password(std::size_t network) const {
    const Item item = network_item(Item::wifi_password_0, network);
    return is_set(item) ? c_str(item) : nullptr;
}

ProbeRoles Provisioning::probe_roles() const {
    ProbeRoles roles;
    roles.core = rom_from(text(Item::probe_core));
    roles.tank = rom_from(text(Item::probe_tank));
    for (std::size_t i = 0; i < roles.outlets.size(); ++i) {
        roles.outlets[i] = rom_from(text(outlet_item(i)));
    }
    return roles;
}

void Provisioning::set_probe_roles(const ProbeRoles& roles) {
    const auto put = [this](Item item, const std::optional<RomCode>& code) {
        set(item, code ? text_of(*code).view() : std::string_view());
    };
    put(Item::probe_core, roles.core);
    put(Item::probe_tank, roles.tank);
    for (std::size_t i = 0; i < roles.outlets.size(); ++i) {
        put(outlet_item(i), roles.outlets[i]);
    }
}

std::string_view Provisioning::missing() const {
    if (!is_set(Item::wifi_ssid_0)) {
        return kRows[static_cast<std::size_t>(Item::wifi_ssid_0)].key;
    }
    if (!is_set(Item::mqtt_host)) {
        return kRows[static_cast<std::size_t>(Item::mqtt_host)].key;
    }
    // TLS without a CA would accept any broker.
    return flag(Item::mqtt_tls, false) && certificate().empty() ? "mqtt.ca" : "";
}

bool Provisioning::write(TextBuffer& into) const {
    into.clear();
    for (std::size_t i = 0; i < kItems; ++i) {
        if (!values_[i].is_empty()) {
            into.append(kRows[i].key).append('=').append(values_[i].view()).append('\n');
        }
    }
    return !into.overflowed();
}

std::size_t Provisioning::read(std::string_view lines) {
    std::size_t invalid = 0;
    while (!lines.empty()) {
        const std::string_view line = take_line(lines);
        const std::size_t equals = std::min(line.find('='), line.size());
        const std::string_view key = line.substr(0, equals);
        const auto row = std::find_if(kRows.begin(), kRows.end(), [key](const ItemRow& r) { return r.key == key; });
        const bool taken = row != kRows.end() && equals < line.size() &&
                           set(static_cast<Item>(row - kRows.begin()), line.substr(equals + 1));
        invalid += taken ? 0 : 1;
    }
    return invalid;
}

}  // namespace btr::protocol
