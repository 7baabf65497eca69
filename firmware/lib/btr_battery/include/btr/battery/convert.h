#pragma once
// From what a converter says to physical units.
#include <cstdint>
#include <optional>

namespace btr::battery {

// Temperature of a PT100 from the 15-bit ratio of a MAX31865 (register value without its fault bit), for the original
// board's reference resistor of 430 Ohm. Callendar-Van Dusen, IEC 60751: exact above 0 degC; below, the polynomial of
// Analog Devices' application note AN-709, within 0.05 K down to -100 degC. A ratio of 0 gives -242.02, full scale
// 988.79: what a shorted and an open sensor read.
float max31865_temp_c(std::uint16_t ratio);

// What the original prints as ppm: a straight line through the 12-bit ADC, without calibration.
float mq_ppm(std::uint16_t adc);

// The same as if it had been measured at 20 degC and 33 %RH. `ambient_c` and `humidity_percent` beyond the curve count
// as its ends (-10..50 degC, 33..85 %RH).
float compensated_mq_ppm(std::uint16_t adc, float ambient_c, float humidity_percent);

// The original's `voc_index`: the raw signal of the SGP41 scaled to 0..500. It falls with more VOC; 0: sensor failed.
float original_voc(std::uint16_t voc_raw);

}  // namespace btr::battery
