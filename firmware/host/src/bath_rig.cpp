#include "btr/host/bath_rig.h"

#include <algorithm>
#include <limits>

namespace btr::host {

namespace {

constexpr std::array<double, 3> kOutletOffsetsK = {-0.12, 0.05, 0.14};  // no two probes agree
constexpr Millis kConversionMs = 750;                                   // DS18B20 at 12 bits
constexpr Millis kConversionPeriodMs = kSecond;
constexpr Millis kWaterStepMs = kSecond;
constexpr float kUnpluggedC = -127.0F;
constexpr float kPowerOnC = 85.0F;
constexpr double kTankC = 41.0, kBathC = 37.0, kCoreC = 37.4;

}  // namespace

BathRig::BathRig(double water_speed, const FaultScript& faults)
    : water_speed_(water_speed), faults_(faults), plant_({}, kTankC, kBathC, kCoreC) {
    cut_power();
}

void BathRig::cut_power() {
    heater.set(false);
    pump.set(false);
    aeration.set(0.0F);
    newest_ = RawProbes{};
    newest_.outlet_count = kOutletOffsetsK.size();
    conversion_ends_ms_.reset();
}

void BathRig::let_pass(Millis elapsed_ms) {
    const Fault* fault = faults_.active(Target::heater, elapsed_ms);
    const bool is_welded = fault != nullptr && fault->kind == FaultKind::welded;
    const bool is_dead = fault != nullptr && fault->kind == FaultKind::dead;
    auto left_ms = static_cast<Millis>(static_cast<double>(elapsed_ms - elapsed_ms_) * water_speed_);
    for (elapsed_ms_ = elapsed_ms; left_ms > 0; left_ms -= kWaterStepMs) {
        plant_.advance(std::min(left_ms, kWaterStepMs), (heater.is_on() || is_welded) && !is_dead, pump.is_on());
    }
}

RawProbes BathRig::latest(Millis now_ms) {
    if (!conversion_ends_ms_) conversion_ends_ms_ = now_ms + kConversionMs;
    if (now_ms >= *conversion_ends_ms_) {
        convert(now_ms);
        conversion_ends_ms_ = std::max(*conversion_ends_ms_ + kConversionPeriodMs, now_ms);
    }
    return newest_;
}

void BathRig::convert(Millis now_ms) {
    newest_.core = measure(Target::core, plant_.core_c(), now_ms);
    newest_.tank = measure(Target::tank, plant_.tank_c(), now_ms);
    for (std::size_t i = 0; i < newest_.outlet_count; ++i) {
        const auto outlet = static_cast<Target>(static_cast<std::size_t>(Target::outlet1) + i);
        newest_.outlets[i] = measure(outlet, plant_.bath_c() + kOutletOffsetsK[i], now_ms);
    }
}

RawProbe BathRig::measure(Target probe, double temp_c, Millis now_ms) const {
    RawProbe reading{test::probe_reading(temp_c), ProbeFault::none, now_ms};
    const Fault* fault = faults_.active(probe, elapsed_ms_);
    if (fault == nullptr) return reading;
    if (fault->kind == FaultKind::stuck) reading.temp_c = fault->value;
    if (fault->kind == FaultKind::offset) reading.temp_c += fault->value;
    if (fault->kind == FaultKind::nan) reading.temp_c = std::numeric_limits<float>::quiet_NaN();
    if (fault->kind == FaultKind::power_on_85) reading.temp_c = kPowerOnC;
    if (fault->kind == FaultKind::unplug) reading = {kUnpluggedC, ProbeFault::missing, now_ms};
    if (fault->kind == FaultKind::crc) reading.fault = ProbeFault::crc;
    return reading;
}

}  // namespace btr::host
