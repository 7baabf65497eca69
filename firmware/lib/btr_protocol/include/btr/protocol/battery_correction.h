#pragma once
// What is sent to a battery node on `statue`: the original's bare words, or ours as JSON.
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"
#include "btr/protocol/ack.h"
#include "btr/protocol/battery_level.h"
#include "btr/protocol/command_ids.h"

namespace btr::protocol {

constexpr Millis kLongestOverrideMs = kMinute;  // F4

struct Correction {
    FixedText<kMostIdLength> id;  // empty: nobody waits for an answer
    std::optional<Level> level;   // nothing when `refusal` says why
    Millis ttl_ms = kLongestOverrideMs;
    Freshness freshness = Freshness::fresh;
    const char* refusal = nullptr;  // key: bad_id, bad_level, bad_ttl
};

// Reads `normal`, `warning`, `danger`, or {"level":"danger","id":"a1","ttl_s":60,"expires":1767225600}, all but the
// level optional. A ttl_s above 60 counts as 60: an override ends a minute after its last refresh. Nothing when it is
// neither a word nor such an object, which is then not answered.
std::optional<Correction> decode_correction(const std::uint8_t* payload, std::size_t length,
                                            std::optional<std::int64_t> now_utc_s);

}  // namespace btr::protocol
