// One sample of the battery node and its telemetry, ours and printed by cJSON.
#include <cJSON.h>

#include <cmath>
#include <memory>

#include "battery_story.h"
#include "btr/battery/battery_device.h"
#include "btr/protocol/post.h"
#include "cases.h"
#include "cut_store.h"

namespace btr::bench {
namespace {

using protocol::BatteryChannel;

constexpr Millis kTickMs = 20;  // of the control task on the device
constexpr Millis kWarmMs = 5 * kMinute;

// A warm node beside a quiet cell, on a broker.
struct QuietNode {
    QuietNode() {
        device->begin(0);
        device->on_connected(0);
        while (now_ms < kWarmMs) {
            device->sample(now_ms, next());
            now_ms += battery::kSamplePeriodMs;
        }
    }
    // Readings move as noise does, so that no path is spared.
    const RawBattery& next() {
        ++samples;
        raw.internal_c = 32.0F + 0.05F * static_cast<float>(samples % 7);
        raw.ambient_c = 25.0F + 0.02F * static_cast<float>(samples % 5);
        raw.gas_adc[kMq2] = static_cast<std::uint16_t>(60 + samples % 3);
        return raw;
    }

    test::CutStore store;
    TakingLink link;
    SetClock clock;
    RawBattery raw = test::quiet_readings();
    int samples = 0;
    Millis now_ms = 0;
    const battery::BatteryIdentity identity{"cell-7", "1.2.0", "power_on", false, true};
    std::unique_ptr<battery::BatteryDevice> device =
        std::make_unique<battery::BatteryDevice>(identity, store, link, clock);
};

// Judging, grading, drawing the page, encoding and handing over.
int sample(int times) {
    QuietNode node;
    for (int i = 0; i < times; ++i) {
        const RawBattery& raw = node.next();
        measure([&] { node.device->sample(node.now_ms, raw); });
        node.now_ms += battery::kSamplePeriodMs;
    }
    return times;
}

int grade(int times) {
    QuietNode node;
    battery::Grader grader(battery::BatterySettings{}, 0);
    for (Millis now_ms = 0; now_ms < kWarmMs; now_ms += battery::kSamplePeriodMs) {
        grader.add(now_ms, node.next());
    }
    for (int i = 0; i < times; ++i) {
        const RawBattery& raw = node.next();
        measure([&] { grader.add(kWarmMs + i * battery::kSamplePeriodMs, raw); });
    }
    return times;
}

int tick(int times) {
    QuietNode node;
    for (int i = 0; i < times; ++i) {
        if (node.now_ms % battery::kSamplePeriodMs == 0) {
            node.device->sample(node.now_ms, node.next());
        }
        measure([&] { node.device->tick(node.now_ms, false); });
        node.now_ms += kTickMs;
    }
    return times;
}

protocol::BatteryTelemetry usual_telemetry() {
    protocol::BatteryTelemetry told;
    told.now_ms = 86'461'020;
    told.uptime_s = 86461;
    told.seq = 172922;
    told.utc_s = 1775095200;
    told.gas_ready = true;
    constexpr float kValues[] = {25.5F, 32.1F,  45.2F,  15.3F, 12.1F,    8.5F,
                                 22.0F, 103.0F, 120.0F, 33.5F, 30125.0F, 0.012F};
    for (std::size_t i = 0; i < protocol::kBatteryChannels; ++i) {
        told.set(static_cast<BatteryChannel>(i), kValues[i]);
    }
    return told;
}

int encode(int times) {
    const protocol::BatteryTelemetry told = usual_telemetry();
    for (int i = 0; i < times; ++i) {
        measure([&] {
            protocol::FixedText<protocol::kMostTelemetryBytes> text;
            protocol::encode_battery_telemetry(told, true, text);
        });
    }
    return times;
}

void add_rounded(cJSON* root, const char* key, const protocol::BatteryTelemetry& told, BatteryChannel channel,
                 double parts) {
    cJSON_AddNumberToObject(root, key, std::round(static_cast<double>(*told.get(channel)) * parts) / parts);
}

// The plain way: a tree on the heap, printed to the heap.
char* printed(const protocol::BatteryTelemetry& told) {
    cJSON* root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "timestamp_ms", static_cast<double>(told.now_ms));
    add_rounded(root, "temp_ambient_c", told, BatteryChannel::temp_ambient_c, 100);
    add_rounded(root, "temp_internal_c", told, BatteryChannel::temp_internal_c, 100);
    add_rounded(root, "humidity_percent", told, BatteryChannel::humidity_percent, 100);
    add_rounded(root, "mq2_ppm", told, BatteryChannel::mq2_ppm, 10);
    add_rounded(root, "mq4_ppm", told, BatteryChannel::mq4_ppm, 10);
    add_rounded(root, "mq8_ppm", told, BatteryChannel::mq8_ppm, 10);
    add_rounded(root, "mq7_ppm", told, BatteryChannel::mq7_ppm, 10);
    add_rounded(root, "voc_index", told, BatteryChannel::voc_index, 10);
    add_rounded(root, "max30105_smoke", told, BatteryChannel::max30105_smoke, 1);
    add_rounded(root, "max30105_temp_c", told, BatteryChannel::max30105_temp_c, 100);
    cJSON_AddStringToObject(root, "status", "NORMAL");
    cJSON_AddNumberToObject(root, "seq", told.seq);
    cJSON_AddNumberToObject(root, "uptime_s", told.uptime_s);
    cJSON_AddStringToObject(root, "local_status", "NORMAL");
    cJSON_AddNullToObject(root, "override");
    cJSON_AddNumberToObject(root, "fault", told.fault);
    add_rounded(root, "voc_raw", told, BatteryChannel::voc_raw, 1);
    cJSON_AddBoolToObject(root, "gas_ready", told.gas_ready ? 1 : 0);
    add_rounded(root, "rate_c_per_s", told, BatteryChannel::rate_c_per_s, 1000);
    cJSON_AddNumberToObject(root, "utc", static_cast<double>(*told.utc_s));
    char* text = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return text;
}

int encode_by_cjson(int times) {
    const protocol::BatteryTelemetry told = usual_telemetry();
    protocol::FixedText<protocol::kMostTelemetryBytes> ours;
    protocol::encode_battery_telemetry(told, true, ours);
    for (int i = 0; i < times; ++i) {
        char* text = nullptr;
        measure([&] { text = printed(told); });
        must_be_same(ours.c_str(), text);
        measured([](void* memory) { cJSON_free(memory); }, text);
    }
    return times;
}

constexpr Case kCases[] = {
    {"battery_sample", sample},
    {"battery_grade", grade},
    {"battery_tick", tick},
    {"battery_encode", encode},
    {"battery_encode_by_cjson", encode_by_cjson},
};

constexpr Size kSizes[] = {
    {"BatteryDevice", sizeof(battery::BatteryDevice)},
    {"BatteryDevice.late",
     sizeof(protocol::LateBuffer<protocol::BatteryTelemetry, battery::kKeptSamples, battery::kLatePeriodMs>)},
    {"BatteryTelemetry", sizeof(protocol::BatteryTelemetry)},
    {"PostBuffer", sizeof(protocol::PostBuffer)},
};

}  // namespace

const std::pair<const Case*, std::size_t> kBatteryCases{kCases, std::size(kCases)};
const std::pair<const Size*, std::size_t> kBatterySizes{kSizes, std::size(kSizes)};

}  // namespace btr::bench
