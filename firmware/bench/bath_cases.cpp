// One tick of the bath controller and its telemetry, ours and printed by cJSON.
#include <cJSON.h>

#include <cstdio>
#include <memory>
#include <string_view>

#include "bath_bench.h"
#include "btr/control/bath_device.h"
#include "btr/protocol/device_time.h"
#include "cases.h"
#include "cut_store.h"

namespace btr::bench {
namespace {

constexpr Millis kTickMs = 20;  // of the control task on the device

// A bath with three outlets that is being heated, on a broker.
struct HeatingBath {
    HeatingBath() {
        control::BathConfig config;
        config.settings.target_c = 60.0F;
        config.settings.post_interval_ms = 60000;
        control::commission(store, config);
        probes.outlets({40.0F, 40.1F, 40.2F});
        probes.set.core.temp_c = 41.0F;
        probes.set.tank.temp_c = 42.0F;
        device->begin(0);
        device->on_connected(0);
        while (now_ms < kMinute + 10 * kSecond) {
            step();
        }
    }
    void step() {
        now_ms += kTickMs;
        clock.now_utc_s = 1775095200 + now_ms / kSecond;
        probes.set.tank.temp_c += 0.0002F;
        device->tick(now_ms);
    }

    test::FakeRelay heater, pump;
    test::FakeMotor motor;
    test::FakeProbes probes{0};
    test::CutStore store;
    TakingLink link;
    SetClock clock;
    Millis now_ms = 0;
    const control::BathIdentity identity{"compostlab/v2", "CP500", "1.0.0", "power_on", "192.0.2.17", true};
    std::unique_ptr<control::BathDevice> device =
        std::make_unique<control::BathDevice>(identity, BathHardware{heater, pump, motor, probes}, store, link, clock);
};

// A minute at the device's beat, its 60 samples and its one telemetry included.
int tick(int times) {
    HeatingBath bath;
    const int ticks = times * static_cast<int>(kMinute / kTickMs);
    for (int i = 0; i < ticks; ++i) {
        measure([&] { bath.step(); });
    }
    return ticks;
}

// The dearest of regular ticks: a new sample, and telemetry is sent.
int tick_with_telemetry(int times) {
    HeatingBath bath;
    int measured_ticks = 0;
    while (measured_ticks < times) {
        const bool is_due = (bath.now_ms + kTickMs) % kMinute == 5 * kSecond;
        if (is_due) {
            const std::size_t before = bath.link.sent_bytes;
            measure([&] { bath.step(); });
            measured_ticks += bath.link.sent_bytes > before ? 1 : 0;
        } else {
            bath.step();
        }
    }
    return measured_ticks;
}

int command(int times) {
    HeatingBath bath;
    for (int i = 0; i < times; ++i) {
        char text[160];
        const int length = std::snprintf(
            text, sizeof(text), R"({"commands":[{"command":"heater","action":"on","duration":300000,"id":"c%d"}]})", i);
        measure([&] {
            bath.device->on_message(bath.now_ms, bath.device->command_topic(),
                                    reinterpret_cast<const std::uint8_t*>(text), static_cast<std::size_t>(length),
                                    false);
        });
        for (int ticks = 0; ticks < 50; ++ticks) {
            bath.step();
        }
    }
    return times;
}

protocol::BathTelemetry usual_telemetry() {
    protocol::BathTelemetry told;
    told.taken_ms = 86'461'020;
    told.utc_s = 1775095200;
    told.core_c = 45.5F;
    told.tank_c = 78.125F;
    told.outlets_c = {60.0625F, 60.1875F, 60.0F};
    told.outlet_count = 3;
    told.heater = told.pump = true;
    told.seq = 1441;
    told.reason = "heating";
    told.boost_k = 1.5F;
    told.delta_on_k = 12.25F;
    told.locks_ms = {240000, 0, 0};
    return told;
}

int encode(int times) {
    const protocol::BathTelemetry told = usual_telemetry();
    for (int i = 0; i < times; ++i) {
        measure([&] {
            protocol::FixedText<protocol::kMostTelemetryBytes> text;
            protocol::encode_bath_telemetry(told, true, text);
        });
    }
    return times;
}

void add_channel(cJSON* channels, const char* code, double value, const char* unit) {
    cJSON* channel = cJSON_CreateObject();
    cJSON_AddStringToObject(channel, "code", code);
    cJSON_AddNumberToObject(channel, "value", value);
    cJSON_AddStringToObject(channel, "unit", unit);
    cJSON_AddStringToObject(channel, "quality", "ok");
    cJSON_AddItemToArray(channels, channel);
}

// The plain way: a tree on the heap, printed to the heap.
char* printed(const protocol::BathTelemetry& told) {
    constexpr const char* kCelsius = "\u2103";
    constexpr const char* kOutlets[] = {"TempOut1", "TempOut2", "TempOut3"};
    protocol::FixedText<24> ts;
    protocol::append_device_time(told.utc_s, told.taken_ms, ts);
    cJSON* root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema_version", 2);
    cJSON_AddStringToObject(root, "ts", ts.c_str());
    cJSON* channels = cJSON_AddArrayToObject(root, "channels");
    add_channel(channels, "TempIn", static_cast<double>(*told.core_c), kCelsius);
    for (std::size_t i = 0; i < told.outlet_count; ++i) {
        add_channel(channels, kOutlets[i], static_cast<double>(*told.outlets_c[i]), kCelsius);
    }
    add_channel(channels, "TankTemp", static_cast<double>(*told.tank_c), kCelsius);
    add_channel(channels, "Heater", told.heater ? 1 : 0, "");
    add_channel(channels, "Pump", told.pump ? 1 : 0, "");
    add_channel(channels, "Aeration", told.aeration ? 1 : 0, "");
    add_channel(channels, "EmergencyState", told.emergency ? 1 : 0, "");
    cJSON_AddNumberToObject(root, "seq", told.seq);
    cJSON_AddNumberToObject(root, "uptime_s", static_cast<double>(told.taken_ms / kSecond));
    cJSON_AddNumberToObject(root, "utc", static_cast<double>(*told.utc_s));
    cJSON_AddStringToObject(root, "mode", told.mode);
    cJSON_AddStringToObject(root, "reason", told.reason);
    cJSON_AddNumberToObject(root, "boost", static_cast<double>(told.boost_k));
    cJSON_AddNumberToObject(root, "d_on", static_cast<double>(told.delta_on_k));
    cJSON* locks = cJSON_AddObjectToObject(root, "locks");
    cJSON_AddNumberToObject(locks, "heater", static_cast<double>(told.locks_ms[0]));
    cJSON_AddNumberToObject(locks, "pump", static_cast<double>(told.locks_ms[1]));
    cJSON_AddNumberToObject(locks, "aeration", static_cast<double>(told.locks_ms[2]));
    cJSON_AddArrayToObject(root, "faults");
    cJSON_AddNumberToObject(root, "dropped", told.dropped);
    char* text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return text;
}

int encode_by_cjson(int times) {
    const protocol::BathTelemetry told = usual_telemetry();
    protocol::FixedText<protocol::kMostTelemetryBytes> ours;
    protocol::encode_bath_telemetry(told, true, ours);
    for (int i = 0; i < times; ++i) {
        char* text = nullptr;
        measure([&] { text = printed(told); });
        must_be_same(ours.c_str(), text);
        measured([](void* memory) { cJSON_free(memory); }, text);
    }
    return times;
}

constexpr Case kCases[] = {
    {"bath_tick", tick},     {"bath_tick_with_telemetry", tick_with_telemetry}, {"bath_command", command},
    {"bath_encode", encode}, {"bath_encode_by_cjson", encode_by_cjson},
};

constexpr Size kSizes[] = {
    {"BathDevice", sizeof(control::BathDevice)},
    {"BathDevice.late", sizeof(protocol::LateBuffer<protocol::BathTelemetry, control::BathReporter::kKept,
                                                    control::BathReporter::kLatePeriodMs>)},
    {"BathTelemetry", sizeof(protocol::BathTelemetry)},
};

}  // namespace

const std::pair<const Case*, std::size_t> kBathCases{kCases, std::size(kCases)};
const std::pair<const Size*, std::size_t> kBathSizes{kSizes, std::size(kSizes)};

}  // namespace btr::bench
