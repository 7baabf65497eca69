#include "max31865.h"

#include <Arduino.h>
#include <SPI.h>

namespace btr::battery {
namespace {

// Data sheet MAX31865, 19-6478, tables 1 and 2.
constexpr std::uint8_t kConfig = 0x00;
constexpr std::uint8_t kRatioHigh = 0x01;
constexpr std::uint8_t kRatioLow = 0x02;
constexpr std::uint8_t kFault = 0x07;
constexpr std::uint8_t kWrite = 0x80;
constexpr std::uint8_t kSetUp = 0xD1;        // bias on, automatic conversion, 3 wires, 50 Hz filter
constexpr std::uint8_t kClearFaults = 0x02;  // clears itself
constexpr std::uint32_t kClockHz = 1000000;

}  // namespace

Max31865::Max31865(std::uint8_t select_pin) : select_pin_(select_pin) {
    pinMode(select_pin, OUTPUT);
    digitalWrite(select_pin, HIGH);
}

std::optional<Max31865::Reading> Max31865::read() {
    SPI.beginTransaction(SPISettings(kClockHz, MSBFIRST, SPI_MODE1));
    std::optional<Reading> reading;
    if (transfer(kConfig, 0) != kSetUp) {
        write(kConfig, kSetUp);
    } else {
        const unsigned high = transfer(kRatioHigh, 0);
        const unsigned low = transfer(kRatioLow, 0);
        const std::uint8_t fault = transfer(kFault, 0);
        reading = Reading{static_cast<std::uint16_t>((high << 8U | low) >> 1U), fault};
        if (fault != 0) {
            write(kConfig, kSetUp | kClearFaults);  // so that a repaired wire is seen
        }
    }
    SPI.endTransaction();
    return reading;
}

std::uint8_t Max31865::transfer(std::uint8_t address, std::uint8_t value) {
    digitalWrite(select_pin_, LOW);
    SPI.transfer(address);
    const std::uint8_t answer = SPI.transfer(value);
    digitalWrite(select_pin_, HIGH);
    return answer;
}

void Max31865::write(std::uint8_t address, std::uint8_t value) { transfer(address | kWrite, value); }

}  // namespace btr::battery
