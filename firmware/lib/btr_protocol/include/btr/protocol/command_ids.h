#pragma once
// A command acts once, and only while it is meant (F18).
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "btr/protocol/ack.h"
#include "btr/protocol/json.h"

namespace btr::protocol {

// The answers to the last kMost commands with an id. A repeated command gets the answer of the first one again.
class CommandIds {
public:
    static constexpr std::size_t kMost = 32;  // two messages full of commands

    // The answer given before, null for an id that is new or long gone.
    const Ack* find(std::string_view id) const;
    // Takes the place of the oldest one.
    void remember(const Ack& ack);

private:
    std::array<Ack, kMost> acks_;
    std::size_t next_ = 0;
};

// The id of a command, a text of 1..kMostIdLength bytes. Nothing when there is none; `is_bad` tells one that cannot be
// used: the command is then refused, as nobody could be told whether it acted.
struct CommandId {
    std::string_view text;  // of the document; empty: none
    bool is_bad = false;
};
CommandId read_id(const JsonValue& command);

enum class Freshness : std::uint8_t {
    fresh,    // without `expires`, or that is still to come
    expired,  // `expires` is now or was
    unknown,  // `expires` is no whole number, or the clock was not set since boot
};

// `expires` is in seconds since 1970 UTC.
Freshness freshness_of(const JsonValue& command, std::optional<std::int64_t> now_utc_s);

// Why a command must not act, as a key; null when it may. When nobody knows whether it is expired, the safe side wins:
// it acts if all it can do is to switch off.
const char* refusal_of(Freshness freshness, bool only_switches_off);

}  // namespace btr::protocol
