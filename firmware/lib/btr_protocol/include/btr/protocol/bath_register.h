#pragma once
// What a bath says of itself at boot. The settings are written by whoever knows them, between begin and end.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"
#include "btr/protocol/json_writer.h"

namespace btr::protocol {

constexpr std::size_t kMostRegisterBytes = 2048;  // with six time servers of the longest names; a test holds it to that

struct BathRegister {
    Millis now_ms = 0;
    std::optional<std::int64_t> utc_s;
    const char* ip_address = "0.0.0.0";
    const char* code = "";
    const char* firmware = "";  // with extensions
    const char* reset_reason = "";  // with extensions
};

// Leaves the object `config` open for the settings. No secret ever comes here: without extensions the passwords of the
// original's message stand as "********", which they always were; what else it said of Wi-Fi and broker is left out.
void begin_bath_register(JsonWriter& json, const BathRegister& told, bool extensions);
void end_bath_register(JsonWriter& json);

}  // namespace btr::protocol
