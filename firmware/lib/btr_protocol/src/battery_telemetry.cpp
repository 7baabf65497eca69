#include "btr/protocol/battery_telemetry.h"

#include <cmath>

#include "btr/protocol/json_writer.h"

namespace btr::protocol {
namespace {

struct ChannelRow {
    BatteryChannel channel;
    const char* key;
    int decimals;  // as the original prints it
};

constexpr ChannelRow kOriginal[] = {
    {BatteryChannel::temp_ambient_c, "temp_ambient_c", 2},
    {BatteryChannel::temp_internal_c, "temp_internal_c", 2},
    {BatteryChannel::humidity_percent, "humidity_percent", 2},
    {BatteryChannel::mq2_ppm, "mq2_ppm", 1},
    {BatteryChannel::mq4_ppm, "mq4_ppm", 1},
    {BatteryChannel::mq8_ppm, "mq8_ppm", 1},
    {BatteryChannel::mq7_ppm, "mq7_ppm", 1},
    {BatteryChannel::voc_index, "voc_index", 1},
    {BatteryChannel::max30105_smoke, "max30105_smoke", 0},
    {BatteryChannel::max30105_temp_c, "max30105_temp_c", 2},
};

// No sensor of ours goes beyond; it bounds the length of the message.
constexpr float kLargest = 999999.0F;

void write_extensions(const BatteryTelemetry& sample, JsonWriter& json) {
    json.key("seq").integer(sample.seq);
    json.key("uptime_s").integer(sample.uptime_s);
    json.key("local_status").text(word_of(sample.local_status));
    json.key("override");
    if (sample.override_level) {
        json.text(word_of(*sample.override_level));
    } else {
        json.null();
    }
    json.key("fault").integer(sample.fault);
    json.key("voc_raw").number(sample.get(BatteryChannel::voc_raw), 0);
    json.key("gas_ready").boolean(sample.gas_ready);
    json.key("rate_c_per_s").number(sample.get(BatteryChannel::rate_c_per_s), 3);
    json.key("utc");
    if (sample.utc_s) {
        json.integer(*sample.utc_s);
    } else {
        json.text("unsynced");
    }
}

}  // namespace

void BatteryTelemetry::set(BatteryChannel channel, std::optional<float> value) {
    const auto index = static_cast<std::size_t>(channel);
    const bool is_usable = value && std::fabs(*value) <= kLargest;
    values_[index] = is_usable ? *value : 0.0F;
    const unsigned bit = 1U << index;
    present_ = static_cast<std::uint16_t>(is_usable ? present_ | bit : present_ & ~bit);
}

std::optional<float> BatteryTelemetry::get(BatteryChannel channel) const {
    const auto index = static_cast<std::size_t>(channel);
    return (present_ >> index & 1U) != 0 ? std::optional(values_[index]) : std::nullopt;
}

bool encode_battery_telemetry(const BatteryTelemetry& sample, bool extensions, TextBuffer& into) {
    JsonWriter json(into);
    json.begin_object();
    json.key("timestamp_ms").integer(static_cast<std::uint32_t>(sample.now_ms));
    for (const ChannelRow& row : kOriginal) {
        json.key(row.key).number(sample.get(row.channel), row.decimals);
    }
    json.key("status").text(word_of(sample.status));
    if (extensions) {
        write_extensions(sample, json);
    }
    json.end_object();
    return json.is_complete();
}

}  // namespace btr::protocol
