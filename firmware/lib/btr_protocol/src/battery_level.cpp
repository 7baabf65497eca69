#include "btr/protocol/battery_level.h"

namespace btr::protocol {

const char* key_of(Level level) {
    switch (level) {
        case Level::normal: return "normal";
        case Level::warning: return "warning";
        case Level::danger: return "danger";
    }
    return "danger";
}

const char* word_of(Level level) {
    switch (level) {
        case Level::normal: return "NORMAL";
        case Level::warning: return "WARNING";
        case Level::danger: return "DANGER";
    }
    return "DANGER";
}

std::optional<Level> level_of_key(std::string_view key) {
    for (const Level level : {Level::normal, Level::warning, Level::danger}) {
        if (key == key_of(level)) {
            return level;
        }
    }
    return std::nullopt;
}

}  // namespace btr::protocol
