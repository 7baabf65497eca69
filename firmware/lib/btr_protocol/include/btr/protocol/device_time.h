#pragma once
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"
#include "btr/protocol/text.h"

namespace btr::protocol {

// "YYYY-MM-DD HH:MM:SS" in UTC+8, as the original writes it, from seconds since 1970 UTC. Before the clock was set it
// counts from 1970-01-01 08:00:00 with the time since boot, by which a reader knows it.
void append_device_time(std::optional<std::int64_t> utc_s, Millis uptime_ms, TextBuffer& into);

}  // namespace btr::protocol
