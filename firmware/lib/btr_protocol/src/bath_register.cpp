#include "btr/protocol/bath_register.h"

#include "btr/protocol/device_time.h"

namespace btr::protocol {
namespace {

constexpr std::string_view kMask = "********";

// What ours can do and an original cannot.
constexpr const char* kCapabilities[] = {"ack",     "hold_off",         "soft_config", "off_mode",
                                         "expires", "emergency_stored", "late"};

void write_extensions(JsonWriter& json, const BathRegister& told) {
    json.key("firmware").text(told.firmware).key("reset_reason").text(told.reset_reason);
    json.key("capabilities").begin_array();
    for (const char* capability : kCapabilities) {
        json.text(capability);
    }
    json.end_array();
}

void write_masked(JsonWriter& json, const BathRegister& told) {
    json.key("wifi").begin_object().key("password").text(kMask).end_object();
    json.key("mqtt").begin_object().key("pass").text(kMask).key("device_code").text(told.code).end_object();
}

}  // namespace

void begin_bath_register(JsonWriter& json, const BathRegister& told, bool extensions) {
    FixedText<24> timestamp;
    append_device_time(told.utc_s, told.now_ms, timestamp);
    json.begin_object().key("schema_version").integer(std::int64_t{2}).key("timestamp").text(timestamp.view());
    json.key("ip_address").text(told.ip_address);
    if (extensions) {
        write_extensions(json, told);
    }
    json.key("config").begin_object();
    if (!extensions) {
        write_masked(json, told);
    }
}

void end_bath_register(JsonWriter& json) { json.end_object().end_object(); }

}  // namespace btr::protocol
