#pragma once
// What a battery node says of itself at boot, and after a change of its limits.
#include <cstddef>

#include "btr/protocol/json_writer.h"

namespace btr::protocol {

constexpr std::size_t kMostBatteryRegisterBytes = 1024;

struct BatteryRegister {
    const char* id = "";
    const char* firmware = "";
    const char* reset_reason = "";
};

// Leaves the object `limits` open for the settings, which are written by whoever knows them. Holds no secret.
void begin_battery_register(JsonWriter& json, const BatteryRegister& told);
void end_battery_register(JsonWriter& json);

}  // namespace btr::protocol
