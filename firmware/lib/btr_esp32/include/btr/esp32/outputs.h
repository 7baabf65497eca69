#pragma once
#include <cstdint>

#include "btr/hal/hal.h"

namespace btr::esp32 {

// Level low, whatever drove the pin before. A software reset, a panic included, leaves the pins of an ESP32 as they
// were: this has to be the first thing that a program does (F13).
void drive_low(std::uint8_t pin);

// A relay or a buzzer: high is on.
class PinOutput final : public SwitchOutput {
public:
    explicit PinOutput(std::uint8_t pin) : pin_(pin) { drive_low(pin); }
    void set(bool on) override;

private:
    std::uint8_t pin_;
};

// LEDC at 1 kHz.
class PwmPin final : public PwmOutput {
public:
    explicit PwmPin(std::uint8_t pin);
    void set(float duty) override;

private:
    std::uint8_t pin_;
};

}  // namespace btr::esp32
