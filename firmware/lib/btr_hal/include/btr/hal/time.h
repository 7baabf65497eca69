#pragma once
// Time in this firmware is a 64-bit count of milliseconds since boot, always an argument, never read inside.
//
// The ESP32 counts microseconds in 64 bits (esp_timer_get_time), so the 49.7-day wrap of millis() cannot enter the
// logic at all; only the telemetry field timestamp_ms is cut to 32 bits, where the original's is.
#include <cstdint>

namespace btr {

using Millis = std::int64_t;

constexpr Millis kSecond = 1000;
constexpr Millis kMinute = 60 * kSecond;
constexpr Millis kHour = 60 * kMinute;

}  // namespace btr
