#pragma once
// The answer to a command that carried an id.
#include <cstddef>
#include <cstdint>

#include "btr/protocol/text.h"

namespace btr::protocol {

constexpr std::size_t kMostIdLength = 64;
constexpr std::size_t kMostReasonLength = 128;  // a longer one is not read at the other end

enum class AckResult : std::uint8_t {
    accepted,  // will act, or waits for a guard
    applied,   // acts
    refused,   // does nothing, and why
};
const char* key_of(AckResult result);

struct Ack {
    FixedText<kMostIdLength> id;
    AckResult result = AckResult::refused;
    FixedText<kMostReasonLength> reason;  // a key, or a list of what is wrong with settings; empty: none
};

// {"id":"a1","result":"refused","reason":"tank_invalid"}, without a reason null. Returns whether it fitted.
bool encode_ack(const Ack& ack, TextBuffer& into);

}  // namespace btr::protocol
