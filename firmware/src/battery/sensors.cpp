#include "sensors.h"

#include <Arduino.h>
#include <SPI.h>
#include <Wire.h>

#include <algorithm>

#include "btr/battery/convert.h"
#include "pins.h"

namespace btr::battery {
namespace {

constexpr std::uint32_t kI2cHz = 400000;
constexpr std::array<std::uint8_t, kGasChannels> kGasPins{pins::kMq2, pins::kMq4, pins::kMq8, pins::kMq7};

// What the SGP41 takes for its own compensation (data sheet, table 11); 50 %RH and 25 degC when nothing is known.
std::uint16_t humidity_ticks(const RawBattery& readings) {
    const float percent = std::clamp(readings.humidity_percent.value_or(50.0F), 0.0F, 100.0F);
    return static_cast<std::uint16_t>(percent * 65535.0F / 100.0F);
}

std::uint16_t temperature_ticks(const RawBattery& readings) {
    const float temp_c = std::clamp(readings.ambient_c.value_or(25.0F), -45.0F, 130.0F);
    return static_cast<std::uint16_t>((temp_c + 45.0F) * 65535.0F / 175.0F);
}

}  // namespace

Sensors::Sensors() : pt100_(pins::kPt100Select) {
    SPI.begin(pins::kSck, pins::kMiso, pins::kMosi, -1);
    Wire.begin(pins::kSda, pins::kScl, kI2cHz);
    sht4x_.begin(Wire, SHT40_I2C_ADDR_44);
    sgp41_.begin(Wire);
}

RawBattery Sensors::read() {
    float ambient_c = 0.0F;
    float humidity_percent = 0.0F;
    const bool has_climate = sht4x_.measureHighPrecision(ambient_c, humidity_percent) == 0;
    newest_.ambient_c = has_climate ? std::optional<float>(ambient_c) : std::nullopt;
    newest_.humidity_percent = has_climate ? std::optional<float>(humidity_percent) : std::nullopt;

    const auto pt100 = pt100_.read();
    newest_.internal_c = pt100 ? std::optional<float>(max31865_temp_c(pt100->ratio)) : std::nullopt;
    newest_.internal_fault = pt100 ? pt100->fault : 0;

    const auto smoke = smoke_.read();
    newest_.smoke_ir = smoke ? std::optional<std::uint32_t>(smoke->infrared) : std::nullopt;
    newest_.smoke_chip_c = smoke ? std::optional<float>(smoke->chip_c) : std::nullopt;

    std::transform(kGasPins.begin(), kGasPins.end(), newest_.gas_adc.begin(),
                   [](std::uint8_t pin) { return std::optional<std::uint16_t>(analogRead(pin)); });
    return newest_;
}

void Sensors::tick(Millis now_ms) {
    std::uint16_t voc = 0;
    std::uint16_t nox = 0;
    std::uint16_t error = 0;
    const Sgp41Task task = schedule_.due(now_ms);
    switch (task) {
        case Sgp41Task::wait: return;
        case Sgp41Task::condition:  // with the values that the data sheet asks for
            error = sgp41_.executeConditioning(0x8000, 0x6666, voc);
            break;
        case Sgp41Task::measure:
            error = sgp41_.measureRawSignals(humidity_ticks(newest_), temperature_ticks(newest_), voc, nox);
            break;
    }
    newest_.voc_raw.reset();
    newest_.voc_index.reset();
    if (error != 0) {
        schedule_.restart();
        return;
    }
    newest_.voc_raw = voc;
    if (task == Sgp41Task::measure) {
        const std::int32_t index = voc_algorithm_.process(voc);
        if (index > 0) {  // 0 while it starts
            newest_.voc_index = static_cast<float>(index);
        }
    }
}

}  // namespace btr::battery
