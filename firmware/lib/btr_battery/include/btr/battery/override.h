#pragma once
// The level that somebody orders from outside, and how little it can do (F4, H3).
#include <optional>

#include "btr/hal/time.h"
#include "btr/protocol/battery_level.h"

namespace btr::battery {

using protocol::Level;

class Override {
public:
    // Returns null when the order acts, else why not, as a key: nothing is ordered below a local DANGER, which is
    // always a hard rule's. `ttl_ms` is positive; an order replaces the one before.
    const char* order(Millis now_ms, Level level, Millis ttl_ms, Level local);
    // Lets an order end that has expired, or that a local DANGER has overtaken: it does not come back after it.
    void update(Millis now_ms, Level local);
    const std::optional<Level>& level() const { return level_; }
    // What the node shows: raised by any order, lowered only from WARNING.
    Level effective(Level local) const;

private:
    std::optional<Level> level_;
    Millis until_ms_ = 0;
};

}  // namespace btr::battery
