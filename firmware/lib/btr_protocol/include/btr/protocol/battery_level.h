#pragma once
// The three levels of a battery node, as its messages spell them.
#include <cstdint>
#include <optional>
#include <string_view>

namespace btr::protocol {

enum class Level : std::uint8_t { normal, warning, danger };

const char* key_of(Level level);   // "danger": corrections
const char* word_of(Level level);  // "DANGER": telemetry
std::optional<Level> level_of_key(std::string_view key);

}  // namespace btr::protocol
