#include "btr/host/battery_sensors.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace btr::host {

namespace {

constexpr float kRoomC = 23.0F;
constexpr float kVentC = 110.0F;
constexpr float kMostAdc = 4095.0F, kMostTicks = 65535.0F, kMostSmoke = 262143.0F;
constexpr float kSgp41ConditioningS = 10.0F;  // data sheet
// What a PT100 says through a MAX31865 with Rref 430 when it is shorted or open, and the fault bits that go with it.
constexpr float kShortedC = -242.02F, kOpenC = 988.79F;
constexpr std::uint8_t kRtdLow = 0x40, kRtdHigh = 0x80;

struct GasSource {
    float usual_ppm;
    float vented_ppm;  // more, when gas fills the enclosure
};
constexpr std::array<GasSource, kGasChannels> kGases{
    {{15.0F, 420.0F}, {12.0F, 310.0F}, {8.5F, 560.0F}, {22.0F, 380.0F}}};

template <typename Count>
Count as_count(float value, float most) {
    return static_cast<Count>(std::lround(std::clamp(value, 0.0F, most)));
}

// The index that the algorithm would settle at; on the original's scale of 0..500 the raw signal is 285 in clean air.
float voc_index(std::uint16_t ticks) {
    const float voc = static_cast<float>(ticks) / kMostTicks * 500.0F;
    return std::round(std::clamp(100.0F + 3.0F * (285.0F - voc), 1.0F, 500.0F));
}

void spoil_channel(std::optional<float>& reading, const Fault* fault) {
    if (fault == nullptr) return;
    if (fault->kind == FaultKind::stuck) reading = fault->value;
    if (fault->kind == FaultKind::offset && reading) *reading += fault->value;
    if (fault->kind == FaultKind::nan) reading = std::numeric_limits<float>::quiet_NaN();
    if (fault->kind == FaultKind::silent) reading.reset();
}

template <typename Count>
void spoil_count(std::optional<Count>& reading, const Fault* fault, float most) {
    if (fault == nullptr) return;
    std::optional<float> value;
    if (reading) value = static_cast<float>(*reading);
    spoil_channel(value, fault);
    reading.reset();
    if (value) reading = as_count<Count>(*value, most);
}

}  // namespace

RawBattery BatterySensors::read(float cell_c, float since_last_s) {
    let_pass(cell_c, since_last_s);
    RawBattery readings;
    readings.ambient_c = air_c_ + noise(0.02F);
    readings.humidity_percent = 45.0F + 12.0F * gas_ - 0.5F * (air_c_ - kRoomC) + noise(0.1F);
    readings.internal_c = std::clamp(cell_c + noise(0.02F), kShortedC, kOpenC);
    for (std::size_t i = 0; i < kGasChannels; ++i) {
        const float ppm = kGases[i].usual_ppm + kGases[i].vented_ppm * gas_ + noise(0.3F);
        readings.gas_adc[i] = as_count<std::uint16_t>(ppm / 1000.0F * kMostAdc, kMostAdc);
    }
    const float voc = 285.0F - 130.0F * gas_ + noise(0.5F);
    readings.voc_raw = as_count<std::uint16_t>(voc / 500.0F * kMostTicks, kMostTicks);
    if (on_s_ >= kSgp41ConditioningS) readings.voc_index = voc_index(*readings.voc_raw);
    readings.smoke_ir = as_count<std::uint32_t>(120.0F + 1400.0F * gas_ + noise(2.0F), kMostSmoke);
    readings.smoke_chip_c = smoke_chip_c_;
    return readings;
}

void BatterySensors::let_pass(float cell_c, float seconds) {
    on_s_ += seconds;
    const bool is_venting = vents_ && cell_c > kVentC;
    // gas fills the enclosure within seconds and clears within minutes
    gas_ += ((is_venting ? 1.0F : 0.0F) - gas_) * seconds / (is_venting ? 6.0F : 240.0F);
    // a hot cell warms the air at the node by some kelvin; jets of gas do by far more
    const float warmed_c = kRoomC + std::clamp(0.02F * (cell_c - kRoomC), 0.0F, 8.0F) + 22.0F * gas_;
    air_c_ += (warmed_c - air_c_) * seconds / 20.0F;
    smoke_chip_c_ += (warmed_c + 1.2F - smoke_chip_c_) * seconds / 35.0F;
}

void spoil(RawBattery& readings, const FaultScript& faults, Millis now_ms) {
    constexpr std::array kGasTargets = {Target::mq2, Target::mq4, Target::mq8, Target::mq7};
    const auto fault_of = [&](Target target) { return faults.active(target, now_ms); };
    spoil_channel(readings.ambient_c, fault_of(Target::ambient));
    spoil_channel(readings.humidity_percent, fault_of(Target::humidity));
    spoil_channel(readings.internal_c, fault_of(Target::internal));
    spoil_channel(readings.smoke_chip_c, fault_of(Target::smoke_chip));
    for (std::size_t i = 0; i < kGasChannels; ++i) {
        spoil_count(readings.gas_adc[i], fault_of(kGasTargets[i]), kMostAdc);
    }
    spoil_count(readings.smoke_ir, fault_of(Target::smoke), kMostSmoke);
    if (const Fault* voc = fault_of(Target::voc)) {
        spoil_count(readings.voc_raw, voc, kMostTicks);
        if (!readings.voc_raw) readings.voc_index.reset();
        if (readings.voc_index) readings.voc_index = voc_index(*readings.voc_raw);
    }
    const Fault* internal = fault_of(Target::internal);
    if (internal == nullptr) return;
    if (internal->kind == FaultKind::open) {
        readings.internal_c = kOpenC;
        readings.internal_fault = kRtdHigh;
    }
    if (internal->kind == FaultKind::shorted) {
        readings.internal_c = kShortedC;
        readings.internal_fault = kRtdLow;
    }
}

}  // namespace btr::host
