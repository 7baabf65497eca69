#pragma once
// What may be set on a battery node, in the integration's words, and the bounds that no message and no file lifts
// (F16).
#include <array>

#include "btr/protocol/settings_table.h"

namespace btr::battery {

// Temperatures in degC, rates in degC/s. The defaults are the integration's; see there for what they were measured on.
struct BatterySettings {
    float internal_warning_c = 50.0F;  // the limit of the original
    float internal_danger_c = 60.0F;   // usual upper limit of discharge
    float ambient_warning_c = 50.0F;
    float ambient_danger_c = 70.0F;  // above what cells may be stored in
    float rate_warning_c_per_s = 0.3F;
    float rate_danger_c_per_s = 0.5F;  // held for 3 s; GB 38031 asks for 1.0, which comes later
    float rate_warm_c = 33.0F;         // a rise alarms only above this: a hand warms a sensor to 33 degC at most,
    float rate_rise_k = 25.0F;         // or after a rise by this much, which no hand causes
    float smoke_limit = 750.0F;        // infrared count of the MAX30105
    float gas_ratio = 3.0F;            // multiple of the learned baseline, together with
    float gas_rise_ppm = 50.0F;        // the least rise above it
    float voc_limit = 400.0F;          // Sensirion index, 100 is usual, 500 the most
};

// The upper bounds of what leads to DANGER are caps: 80 degC is where the decomposition of the SEI is reported to set
// in, 1 degC/s is GB 38031.
constexpr std::array<protocol::SettingRow<BatterySettings>, 12> kSettingRows{{
    {"internal_warning_c", "degC", &BatterySettings::internal_warning_c, 35, 75},
    {"internal_danger_c", "degC", &BatterySettings::internal_danger_c, 40, 80},
    {"ambient_warning_c", "degC", &BatterySettings::ambient_warning_c, 35, 70},
    {"ambient_danger_c", "degC", &BatterySettings::ambient_danger_c, 40, 85},
    {"rate_warning_c_per_s", "degC/s", &BatterySettings::rate_warning_c_per_s, 0.1, 1},
    {"rate_danger_c_per_s", "degC/s", &BatterySettings::rate_danger_c_per_s, 0.2, 1},
    {"rate_warm_c", "degC", &BatterySettings::rate_warm_c, 20, 40},
    {"rate_rise_k", "K", &BatterySettings::rate_rise_k, 5, 30},
    {"smoke_limit", "", &BatterySettings::smoke_limit, 100, 2000},
    {"gas_ratio", "", &BatterySettings::gas_ratio, 1.5, 5},
    {"gas_rise_ppm", "ppm", &BatterySettings::gas_rise_ppm, 20, 200},
    {"voc_limit", "", &BatterySettings::voc_limit, 150, 450},
}};

// The rules between settings: no warning above its danger.
void check_settings(const BatterySettings& settings, protocol::Problems& problems);

bool operator==(const BatterySettings& left, const BatterySettings& right);

// Changes from JSON over `into`, all or none (F15); then the reasons are in `problems`.
bool change_settings(const protocol::JsonValue& object, BatterySettings& into, protocol::Problems& problems);

}  // namespace btr::battery
