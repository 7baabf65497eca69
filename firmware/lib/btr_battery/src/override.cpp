#include "btr/battery/override.h"

namespace btr::battery {

const char* Override::order(Millis now_ms, Level level, Millis ttl_ms, Level local) {
    if (local == Level::danger && level < local) {
        return "hard_rule";
    }
    level_ = level;
    until_ms_ = now_ms + ttl_ms;
    return nullptr;
}

void Override::update(Millis now_ms, Level local) {
    if (level_ && (now_ms >= until_ms_ || (local == Level::danger && *level_ < local))) {
        level_.reset();
    }
}

Level Override::effective(Level local) const { return local == Level::danger ? local : level_.value_or(local); }

}  // namespace btr::battery
