#include "btr/protocol/bath_telemetry.h"

#include <cmath>

#include "btr/protocol/device_time.h"
#include "btr/protocol/json_writer.h"

namespace btr::protocol {
namespace {

constexpr const char* kCelsius = "\u2103";

void begin_channel(JsonWriter& json, std::string_view code) { json.begin_object().key("code").text(code).key("value"); }

void end_channel(JsonWriter& json, std::string_view unit, bool is_good) {
    json.key("unit").text(unit).key("quality").text(is_good ? "ok" : "ERR").end_object();
}

void write_temperature(JsonWriter& json, std::string_view code, std::optional<float> temp_c) {
    const bool is_good = temp_c && std::isfinite(*temp_c);
    begin_channel(json, code);
    is_good ? json.real(*temp_c) : json.null();
    end_channel(json, kCelsius, is_good);
}

void write_state(JsonWriter& json, std::string_view code, bool is_on) {
    begin_channel(json, code);
    json.integer(std::int64_t{is_on ? 1 : 0});
    end_channel(json, "", true);
}

void write_channels(JsonWriter& json, const BathTelemetry& told) {
    json.key("channels").begin_array();
    write_temperature(json, "TempIn", told.core_c);
    for (std::size_t i = 0; i < told.outlet_count && i < kMaxOutlets; ++i) {
        FixedText<16> code("TempOut");
        code.append_integer(static_cast<std::int64_t>(i) + 1);
        write_temperature(json, code.view(), told.outlets_c[i]);
    }
    write_temperature(json, "TankTemp", told.tank_c);
    write_state(json, "Heater", told.heater);
    write_state(json, "Pump", told.pump);
    write_state(json, "Aeration", told.aeration);
    write_state(json, "EmergencyState", told.emergency);
    json.end_array();
}

void write_faults(JsonWriter& json, std::uint32_t faults) {
    json.key("faults").begin_array();
    for (std::uint32_t bit = 0; bit < 32; ++bit) {
        if ((faults >> bit & 1U) == 0) {
            continue;
        }
        bit < kBathFaultKeys.size() ? json.text(kBathFaultKeys[bit]) : json.integer(std::int64_t{bit});
    }
    json.end_array();
}

void write_extensions(JsonWriter& json, const BathTelemetry& told) {
    json.key("seq").integer(std::int64_t{told.seq}).key("uptime_s").integer(told.taken_ms / kSecond).key("utc");
    told.utc_s ? json.integer(*told.utc_s) : json.text("unsynced");
    json.key("mode").text(told.mode).key("reason").text(told.reason);
    json.key("boost").short_number(static_cast<double>(told.boost_k), 2);
    json.key("d_on").short_number(static_cast<double>(told.delta_on_k), 2);
    json.key("locks").begin_object();
    json.key("heater").integer(told.locks_ms[0]).key("pump").integer(told.locks_ms[1]);
    json.key("aeration").integer(told.locks_ms[2]).end_object();
    write_faults(json, told.faults);
    json.key("dropped").integer(std::int64_t{told.dropped});
    if (told.late) {
        json.key("late").boolean(true);
    }
}

}  // namespace

bool encode_bath_telemetry(const BathTelemetry& telemetry, bool extensions, TextBuffer& into) {
    FixedText<24> ts;
    append_device_time(telemetry.utc_s, telemetry.taken_ms, ts);
    JsonWriter json(into);
    json.begin_object().key("schema_version").integer(std::int64_t{2}).key("ts").text(ts.view());
    write_channels(json, telemetry);
    if (extensions) {
        write_extensions(json, telemetry);
    }
    json.end_object();
    return json.is_complete();
}

}  // namespace btr::protocol
