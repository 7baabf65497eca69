#pragma once
// Light and buzzer: what people see and hear of the level.
#include <cstdint>

#include "btr/battery/grader.h"
#include "btr/hal/hal.h"

namespace btr::battery {

// Follows the shown level. Acknowledging silences the buzzer, not the light and not the status, until there is a new
// cause at the same level or a higher level.
class Alarm {
public:
    // `causes`: bits of what holds the level. Returns true when an alarm begins that nobody has acknowledged.
    bool update(Millis now_ms, Level shown, std::uint32_t causes);
    void acknowledge() { is_silenced_ = level_ > Level::normal; }

    bool is_silenced() const { return is_silenced_; }
    bool is_buzzing(Millis now_ms) const;

private:
    Level level_ = Level::normal;
    std::uint32_t seen_ = 0;
    bool is_silenced_ = false;
    Millis began_ms_ = 0;
};

// WS2812 by level; a fault alone and the warm-up of the gas sensors have colours of their own.
Colour light_of(Level shown, Cause cause, bool is_gas_warm);

}  // namespace btr::battery
