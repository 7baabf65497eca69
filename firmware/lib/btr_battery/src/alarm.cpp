#include "btr/battery/alarm.h"

namespace btr::battery {
namespace {

struct Pattern {
    Millis period_ms;
    Millis on_ms;
};

constexpr Pattern kPatterns[] = {{1000, 0}, {5000, 100}, {1000, 500}};  // by level

constexpr Colour kGreen{0, 40, 0};
constexpr Colour kBlue{0, 0, 60};
constexpr Colour kAmber{120, 60, 0};
constexpr Colour kViolet{80, 0, 80};
constexpr Colour kRed{255, 0, 0};

}  // namespace

bool Alarm::update(Millis now_ms, Level shown, std::uint32_t causes) {
    const bool is_new = shown > level_ || (shown == level_ && shown > Level::normal && (causes & ~seen_) != 0);
    seen_ = shown == level_ ? seen_ | causes : causes;
    level_ = shown;
    if (is_new) {
        began_ms_ = now_ms;
        is_silenced_ = false;
    } else if (shown == Level::normal) {
        is_silenced_ = false;
    }
    return is_new;
}

bool Alarm::is_buzzing(Millis now_ms) const {
    const Pattern& pattern = kPatterns[static_cast<std::size_t>(level_)];
    return !is_silenced_ && (now_ms - began_ms_) % pattern.period_ms < pattern.on_ms;
}

Colour light_of(Level shown, Cause cause, bool is_gas_warm) {
    switch (shown) {
        case Level::normal: return is_gas_warm ? kGreen : kBlue;
        case Level::warning: return cause == Cause::sensor_fault ? kViolet : kAmber;
        case Level::danger: return kRed;
    }
    return kRed;
}

}  // namespace btr::battery
