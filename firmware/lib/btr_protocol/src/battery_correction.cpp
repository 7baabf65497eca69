#include "btr/protocol/battery_correction.h"

#include <algorithm>

#include "btr/protocol/json.h"

namespace btr::protocol {
namespace {

// Puts the time to live into the correction; false when it is there and no positive whole number of seconds.
bool read_ttl(const JsonValue& root, Correction& into) {
    const JsonValue value = root.member("ttl_s");
    if (!value.is_present()) {
        return true;
    }
    const std::optional<std::int64_t> ttl_s = value.integer();
    if (!ttl_s || *ttl_s <= 0) {
        return false;
    }
    into.ttl_ms = std::min<std::int64_t>(*ttl_s, kLongestOverrideMs / kSecond) * kSecond;
    return true;
}

}  // namespace

std::optional<Correction> decode_correction(const std::uint8_t* payload, std::size_t length,
                                            std::optional<std::int64_t> now_utc_s) {
    Correction correction;
    correction.level = level_of_key({reinterpret_cast<const char*>(payload), length});
    if (correction.level) {
        return correction;
    }
    const JsonDocument document(payload, length);
    const JsonValue root = document.root();
    if (!root.is_object() || !root.member("level").is_present()) {
        return std::nullopt;
    }
    const CommandId id = read_id(root);
    correction.id.append(id.text);
    correction.freshness = freshness_of(root, now_utc_s);
    const std::optional<Level> level = level_of_key(root.member("level").text().value_or(""));
    if (id.is_bad) {
        correction.refusal = "bad_id";
    } else if (!level) {
        correction.refusal = "bad_level";
    } else if (!read_ttl(root, correction)) {
        correction.refusal = "bad_ttl";
    } else {
        correction.level = level;
    }
    return correction;
}

}  // namespace btr::protocol
