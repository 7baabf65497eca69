#pragma once
// GPIOs of the original bath controller's board (ESP32).
#include <cstdint>

namespace btr::bath::pins {

constexpr std::uint8_t kFirstBus = 4;   // DS18B20: core and tank
constexpr std::uint8_t kSecondBus = 5;  // DS18B20: outlets
constexpr std::uint8_t kHeater = 25;    // relay
constexpr std::uint8_t kPump = 26;      // relay
constexpr std::uint8_t kAeration = 27;  // PWM, 1 kHz

}  // namespace btr::bath::pins
