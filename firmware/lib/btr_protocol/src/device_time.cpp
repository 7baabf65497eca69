#include "btr/protocol/device_time.h"

#include <ctime>

namespace btr::protocol {
namespace {

constexpr std::int64_t kZoneS = 8 * 3600;
constexpr std::int64_t kYear10000S = 253402300800;

}  // namespace

void append_device_time(std::optional<std::int64_t> utc_s, Millis uptime_ms, TextBuffer& into) {
    std::int64_t local_s = utc_s.value_or(-1) + kZoneS;
    if (!utc_s || *utc_s < 0 || local_s >= kYear10000S) {
        local_s = uptime_ms / kSecond + kZoneS;
    }
    const auto seconds = static_cast<std::time_t>(local_s);
    std::tm date{};
    gmtime_r(&seconds, &date);
    const auto part = [&into](int value, char before) {
        into.append(before).append_padded(static_cast<std::uint64_t>(value), 2);
    };
    into.append_padded(static_cast<std::uint64_t>(date.tm_year + 1900), 4);
    part(date.tm_mon + 1, '-');
    part(date.tm_mday, '-');
    part(date.tm_hour, ' ');
    part(date.tm_min, ':');
    part(date.tm_sec, ':');
}

}  // namespace btr::protocol
