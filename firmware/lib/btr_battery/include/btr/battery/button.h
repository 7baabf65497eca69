#pragma once
// The only button: short for the next page, long to acknowledge.
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"

namespace btr::battery {

enum class Press : std::uint8_t { none, brief, lasting };

constexpr Millis kDebounceMs = 30;
constexpr Millis kLastingMs = 2 * kSecond;

// A brief press counts when it ends, a lasting one once, while it is still held.
class Button {
public:
    Press update(Millis now_ms, bool is_pressed);

private:
    bool raw_ = false;
    bool is_down_ = false;
    bool is_spent_ = false;
    Millis raw_since_ms_ = 0;
    Millis down_since_ms_ = 0;
};

}  // namespace btr::battery
