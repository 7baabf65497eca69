#pragma once
// What a device is told before it can join a network: names, addresses, secrets. None of it is in the source.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "btr/protocol/probe_roles.h"
#include "btr/protocol/text.h"

namespace btr::protocol {

enum class Item : std::size_t {
    device_id,
    device_root,
    device_legacy,
    device_extensions,
    wifi_ssid_0,
    wifi_password_0,
    wifi_ssid_1,
    wifi_password_1,
    wifi_ssid_2,
    wifi_password_2,
    wifi_ssid_3,
    wifi_password_3,
    mqtt_host,
    mqtt_port,
    mqtt_user,
    mqtt_password,
    mqtt_client_id,
    mqtt_tls,
    ntp_0,
    ntp_1,
    ntp_2,
    ntp_3,
    ota_password,
    probe_core,
    probe_tank,
    probe_out_0,
    probe_out_1,
    probe_out_2,
    probe_out_3,
    probe_out_4,
    probe_out_5,
};
constexpr std::size_t kItems = 31;
constexpr std::size_t kMostNetworks = 4;
constexpr std::size_t kMostNtpServers = 4;
constexpr std::size_t kMostItemBytes = 64;
constexpr std::size_t kMostCertificateBytes = 3072;
constexpr std::size_t kMostProvisioningBytes = kItems * (20 + kMostItemBytes);

struct ItemRow {
    std::string_view key;
    bool (*accepts)(std::string_view value);  // beside the length
    std::size_t least, most;                  // bytes
    bool is_secret;
    const char* must;  // what a value has to be, for the user
};
const std::array<ItemRow, kItems>& item_rows();

class Provisioning {
public:
    // Empty: not set.
    std::string_view text(Item item) const { return values_[static_cast<std::size_t>(item)].view(); }
    const char* c_str(Item item) const { return values_[static_cast<std::size_t>(item)].c_str(); }
    bool is_set(Item item) const { return !text(item).empty(); }
    bool flag(Item item, bool otherwise) const { return is_set(item) ? text(item) == "on" : otherwise; }
    std::int32_t number(Item item, std::int32_t otherwise) const;
    std::string_view certificate() const { return certificate_.view(); }  // PEM, ended by 0

    // False for a value that the item does not accept; nothing is changed then. An empty value clears the item.
    bool set(Item item, std::string_view value);
    // One certificate in PEM, lines ended by \n; empty clears it. False, and nothing changed, for anything else.
    bool set_certificate(std::string_view pem);

    // Wi-Fi networks, from the first on without a gap; `network` counts from 0.
    std::size_t network_count() const;
    const char* ssid(std::size_t network) const { return c_str(network_item(Item::wifi_ssid_0, network)); }
    const char* password(std::size_t network) const;  // null for an open network

    ProbeRoles probe_roles() const;
    void set_probe_roles(const ProbeRoles& roles);

    // Key of what keeps the device from joining a network, empty when it can.
    std::string_view missing() const;

    // Lines "key=value", without the certificate. False when it does not fit.
    bool write(TextBuffer& into) const;
    // Takes over every line that is valid today; returns how many were not, for example of another firmware.
    std::size_t read(std::string_view lines);

private:
    static Item network_item(Item first, std::size_t network) {
        return static_cast<Item>(static_cast<std::size_t>(first) + 2 * network);
    }

    std::array<FixedText<kMostItemBytes>, kItems> values_;
    FixedText<kMostCertificateBytes> certificate_;
};

}  // namespace btr::protocol
