#pragma once
// What a battery node says of one sample, twice a second.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"
#include "btr/protocol/battery_level.h"
#include "btr/protocol/text.h"

namespace btr::protocol {

// The first ten in the order of the original's message.
enum class BatteryChannel : std::size_t {
    temp_ambient_c,
    temp_internal_c,
    humidity_percent,
    mq2_ppm,
    mq4_ppm,
    mq8_ppm,
    mq7_ppm,
    voc_index,
    max30105_smoke,
    max30105_temp_c,
    voc_raw,
    rate_c_per_s,
};
constexpr std::size_t kBatteryChannels = 12;
constexpr std::size_t kMostTelemetryBytes = 511;  // the 512-byte buffer of legacy mode, less the closing 0

// Kept in hundreds over an outage, hence small: values apart from the bits that say which of them are there.
class BatteryTelemetry {
public:
    Millis now_ms = 0;          // its lower 32 bits are timestamp_ms
    std::uint32_t uptime_s = 0;
    std::uint32_t seq = 0;
    std::optional<std::int64_t> utc_s;  // nothing: the clock was not set since boot
    std::uint32_t fault = 0;
    Level status = Level::normal;        // what the node shows
    Level local_status = Level::normal;  // its own grade
    std::optional<Level> override_level;
    bool gas_ready = false;

    void set(BatteryChannel channel, std::optional<float> value);
    std::optional<float> get(BatteryChannel channel) const;

private:
    std::array<float, kBatteryChannels> values_{};
    std::uint16_t present_ = 0;
};

// The original's fields with the original's numbers; with extensions ours after them. What is not known is null, never
// nan. Returns whether it fitted; into kMostTelemetryBytes it always does.
bool encode_battery_telemetry(const BatteryTelemetry& sample, bool extensions, TextBuffer& into);

}  // namespace btr::protocol
