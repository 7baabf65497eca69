#include "btr/esp32/outputs.h"

#include <Arduino.h>
#include <driver/gpio.h>

#include <algorithm>

namespace btr::esp32 {
namespace {

constexpr std::uint32_t kFrequencyHz = 1000;
constexpr std::uint8_t kBits = 10;
constexpr float kFullDuty = 1 << kBits;

}  // namespace

void drive_low(std::uint8_t pin) {
    gpio_set_level(static_cast<gpio_num_t>(pin), 0);  // the register first, so that the pin never goes high
    pinMode(pin, OUTPUT);
}

void PinOutput::set(bool on) { digitalWrite(pin_, on ? HIGH : LOW); }

PwmPin::PwmPin(std::uint8_t pin) : pin_(pin) {
    drive_low(pin);
    ledcAttach(pin, kFrequencyHz, kBits);
    ledcWrite(pin, 0);
}

void PwmPin::set(float duty) { ledcWrite(pin_, static_cast<std::uint32_t>(std::clamp(duty, 0.0F, 1.0F) * kFullDuty)); }

}  // namespace btr::esp32
