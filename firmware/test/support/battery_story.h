#pragma once
// Stories of a battery node: readings of a quiet cell that the teller changes, half a second after the other.
#include <functional>
#include <optional>

#include "btr/battery/grader.h"

namespace btr::test {

// A cell at room temperature in clean air, everything plugged in.
inline RawBattery quiet_readings() {
    RawBattery raw;
    raw.ambient_c = 25.5F;
    raw.humidity_percent = 45.2F;
    raw.internal_c = 32.1F;
    raw.gas_adc = {std::uint16_t{63}, std::uint16_t{50}, std::uint16_t{35}, std::uint16_t{90}};
    raw.voc_raw = std::uint16_t{30000};
    raw.voc_index = 100.0F;
    raw.smoke_ir = 120U;
    raw.smoke_chip_c = 33.5F;
    return raw;
}

// A grader and its clock.
class Cell {
public:
    explicit Cell(Millis start_ms = 0, const battery::BatterySettings& settings = {})
        : grader(settings, start_ms), started_ms(start_ms), now_ms(start_ms) {}

    // Takes one sample half a second after the last.
    battery::Level next() {
        grader.add(now_ms, raw);
        now_ms += battery::kSamplePeriodMs;
        return grader.level();
    }
    battery::Level next_c(std::optional<float> internal_c) {
        raw.internal_c = internal_c;
        return next();
    }
    // Goes on for so long with the readings as they are.
    battery::Level stay(Millis span_ms) {
        for (const Millis until_ms = now_ms + span_ms; now_ms < until_ms;) {
            next();
        }
        return grader.level();
    }
    // Time from the next sample until DANGER, at most `limit_ms`, with what `change` makes of the readings each time.
    std::optional<Millis> until_danger(Millis limit_ms, const std::function<void(Millis, RawBattery&)>& change) {
        const Millis began_ms = now_ms;
        while (now_ms - began_ms <= limit_ms) {
            change(now_ms - began_ms, raw);
            if (next() == battery::Level::danger) {
                return now_ms - battery::kSamplePeriodMs - began_ms;
            }
        }
        return std::nullopt;
    }
    float seconds() const { return static_cast<float>(now_ms - started_ms) / 1000.0F; }

    RawBattery raw = quiet_readings();
    battery::Grader grader;
    Millis started_ms;
    Millis now_ms;
};

}  // namespace btr::test
