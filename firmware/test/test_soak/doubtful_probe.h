#pragma once
// A DS18B20 with everything that goes wrong with one, read as the device reads it: nine bytes with a checksum.
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "btr/control/bath_state.h"
#include "btr/protocol/probe_roles.h"

namespace btr::soak {

enum class Trouble : std::size_t {
    none,
    open,          // nobody answers: ones
    shorted,       // zeros, with a checksum that is right
    garbled,       // a bit is wrong
    power_on,      // 85
    unplugged,     // -127
    not_a_number,  // of no DS18B20, but of a driver
    silent,        // no new conversion
    stuck,         // the same for ever: from here on nothing shows
    shifted,       // reads too much
};
constexpr std::size_t kTroubles = 10;

class DoubtfulProbe {
public:
    Trouble trouble = Trouble::none;
    Millis until_ms = 0;  // the trouble's end

    // Once a second.
    void convert(Millis now_ms, double truth_c) {
        if (now_ms >= until_ms) {
            trouble = Trouble::none;
        }
        sample(now_ms, trouble == Trouble::stuck && honest_c_ ? static_cast<double>(*honest_c_) : truth_c);
        const bool is_bad = trouble >= Trouble::open && trouble <= Trouble::silent && trouble != Trouble::power_on;
        bad_since_ms_ = is_bad ? std::optional<Millis>(bad_since_ms_.value_or(now_ms)) : std::nullopt;
        honest_run_ = trouble == Trouble::none ? honest_run_ + 1 : 0;
        if (trouble == Trouble::none) {
            honest_c_ = raw_.temp_c;
        }
    }

    void restart() {
        raw_ = RawProbe();
        bad_since_ms_.reset();
        honest_run_ = 0;
    }

    const RawProbe& raw() const { return raw_; }
    // Since when no sample could be used, whoever judges: the time of the first one.
    std::optional<Millis> bad_since_ms() const { return bad_since_ms_; }
    // Three honest samples in a row; then what it says is the truth and has to be believed.
    bool is_honest() const { return honest_run_ >= 3; }

private:
    void sample(Millis now_ms, double truth_c) {
        switch (trouble) {
            case Trouble::silent: return;
            case Trouble::open: raw_ = read(filled(0xFF), now_ms); return;
            case Trouble::shorted: raw_ = read(filled(0x00), now_ms); return;
            case Trouble::power_on: raw_ = read(scratchpad(85.0), now_ms); return;
            case Trouble::unplugged: raw_ = read(scratchpad(-127.0), now_ms); return;
            case Trouble::shifted: raw_ = read(scratchpad(truth_c + 9.0), now_ms); return;
            case Trouble::garbled: {
                protocol::Scratchpad wrong = scratchpad(truth_c);
                wrong[1] = static_cast<std::uint8_t>(wrong[1] ^ 0x04);
                raw_ = read(wrong, now_ms);
                return;
            }
            case Trouble::not_a_number:
                raw_ = {std::numeric_limits<float>::quiet_NaN(), ProbeFault::none, now_ms};
                return;
            case Trouble::none:
            case Trouble::stuck: raw_ = read(scratchpad(truth_c), now_ms); return;
        }
    }
    static RawProbe read(const protocol::Scratchpad& bytes, Millis now_ms) {
        return protocol::probe_from(bytes, now_ms);
    }
    static protocol::Scratchpad filled(std::uint8_t byte) {
        protocol::Scratchpad bytes;
        bytes.fill(byte);
        return bytes;
    }
    static protocol::Scratchpad scratchpad(double temp_c) {
        const auto sixteenths = static_cast<std::uint16_t>(std::lround(temp_c * 16.0));
        protocol::Scratchpad bytes = filled(0);
        bytes[0] = static_cast<std::uint8_t>(sixteenths);
        bytes[1] = static_cast<std::uint8_t>(sixteenths >> 8);
        bytes[4] = 0x7F;  // 12 bits
        bytes[8] = protocol::one_wire_crc(bytes.data(), 8);
        return bytes;
    }

    RawProbe raw_;
    std::optional<Millis> bad_since_ms_;
    std::optional<float> honest_c_;
    int honest_run_ = 0;
};

}  // namespace btr::soak
