#pragma once
#include <cstdint>
#include <optional>

namespace btr::battery {

// MAX31865 with a PT100 on three wires, converting by itself 50 times a second.
class Max31865 {
public:
    struct Reading {
        std::uint16_t ratio;  // 15 bits
        std::uint8_t fault;   // fault register, 0: none
    };

    explicit Max31865(std::uint8_t select_pin);
    // Nothing: the chip did not answer as it was set up; it is set up again and answers the next time.
    std::optional<Reading> read();

private:
    std::uint8_t transfer(std::uint8_t address, std::uint8_t value);
    void write(std::uint8_t address, std::uint8_t value);

    std::uint8_t select_pin_;
};

}  // namespace btr::battery
