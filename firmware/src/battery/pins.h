#pragma once
// GPIOs of the original battery node's board (ESP32-S3). That document names no pins for I2C: 8 and 9 are the
// defaults of the chip's Arduino variant.
#include <cstdint>

namespace btr::battery::pins {

constexpr std::uint8_t kButton = 17;  // to ground
constexpr std::uint8_t kBuzzer = 18;  // active, high is on
constexpr std::uint8_t kLight = 48;   // WS2812

constexpr std::uint8_t kPt100Select = 10;  // MAX31865
constexpr std::uint8_t kMosi = 11;
constexpr std::uint8_t kSck = 12;
constexpr std::uint8_t kMiso = 13;

constexpr std::uint8_t kMq2 = 1;  // ADC1: works beside the radio
constexpr std::uint8_t kMq4 = 2;
constexpr std::uint8_t kMq8 = 3;
constexpr std::uint8_t kMq7 = 4;

constexpr std::uint8_t kSda = 8;  // SHT4x, SGP41, MAX30105, OLED
constexpr std::uint8_t kScl = 9;

}  // namespace btr::battery::pins
