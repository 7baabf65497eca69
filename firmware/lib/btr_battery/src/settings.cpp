#include "btr/battery/settings.h"

namespace btr::battery {
namespace {

struct Ordered {
    const char* path;
    float BatterySettings::* warning;
    float BatterySettings::* danger;
};

constexpr Ordered kOrdered[] = {
    {"internal_warning_c", &BatterySettings::internal_warning_c, &BatterySettings::internal_danger_c},
    {"ambient_warning_c", &BatterySettings::ambient_warning_c, &BatterySettings::ambient_danger_c},
    {"rate_warning_c_per_s", &BatterySettings::rate_warning_c_per_s, &BatterySettings::rate_danger_c_per_s},
};

}  // namespace

void check_settings(const BatterySettings& settings, protocol::Problems& problems) {
    for (const Ordered& pair : kOrdered) {
        if (settings.*pair.warning > settings.*pair.danger) {
            problems.add(pair.path, "above_danger");
        }
    }
}

bool operator==(const BatterySettings& left, const BatterySettings& right) {
    for (const auto& row : kSettingRows) {
        const auto member = std::get<float BatterySettings::*>(row.member);
        if (left.*member < right.*member || left.*member > right.*member) {
            return false;
        }
    }
    return true;
}

bool change_settings(const protocol::JsonValue& object, BatterySettings& into, protocol::Problems& problems) {
    return protocol::merge_settings(object, kSettingRows, check_settings, into, problems);
}

}  // namespace btr::battery
