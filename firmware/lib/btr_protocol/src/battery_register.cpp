#include "btr/protocol/battery_register.h"

namespace btr::protocol {
namespace {

constexpr int kSchema = 1;
// override: corrections as JSON, with id and time to live; utc: samples say when they were taken.
constexpr const char* kCapabilities[] = {"override", "ack", "config", "late", "local_status", "fault", "utc"};

}  // namespace

void begin_battery_register(JsonWriter& json, const BatteryRegister& told) {
    json.begin_object();
    json.key("id").text(told.id);
    json.key("firmware").text(told.firmware);
    json.key("schema").integer(kSchema);
    json.key("reset_reason").text(told.reset_reason);
    json.key("capabilities").begin_array();
    for (const char* capability : kCapabilities) {
        json.text(capability);
    }
    json.end_array();
    json.key("limits").begin_object();
}

void end_battery_register(JsonWriter& json) { json.end_object().end_object(); }

}  // namespace btr::protocol
