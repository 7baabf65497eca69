#include "btr/battery/grader.h"

#include <algorithm>
#include <cmath>

#include "btr/battery/convert.h"

namespace btr::battery {
namespace {

constexpr Tally kFaultTally{4};
// A sensor whose fault changes its kind with every sample is faulty all the same.
constexpr std::uint32_t kFaultsOfSensor[] = {
    kFaultInternalMissing | kFaultInternalRange | kFaultInternalJump | kFaultInternalConverter,
    kFaultAmbient,
    kFaultHumidity,
    kFaultMq2,
    kFaultMq4,
    kFaultMq8,
    kFaultMq7,
    kFaultVoc,
    kFaultSmoke,
    kFaultSmokeChip,
};
// The index algorithm of the SGP41 says nothing in its first 45 s, after 10 s of conditioning.
constexpr Millis kVocIndexAfterMs = kMinute;
constexpr Millis kVocRawAfterMs = 15 * kSecond;

TemperatureLimits internal_limits(const BatterySettings& settings) {
    return {settings.internal_warning_c,
            settings.internal_danger_c,
            settings.rate_warning_c_per_s,
            settings.rate_danger_c_per_s,
            settings.rate_warm_c,
            settings.rate_rise_k,
            Level::danger};
}

TemperatureLimits ambient_limits(const BatterySettings& settings) {
    return {settings.ambient_warning_c,
            settings.ambient_danger_c,
            settings.rate_warning_c_per_s,
            settings.rate_danger_c_per_s,
            settings.rate_warm_c,
            settings.rate_rise_k,
            Level::warning};
}

std::optional<float> within(const ChannelSpec& spec, std::optional<float> value) {
    return value && *value >= spec.low && *value <= spec.high ? value : std::nullopt;  // nan compares false
}

template <typename T>
std::optional<float> as_float(const std::optional<T>& value) {
    return value ? std::optional(static_cast<float>(*value)) : std::nullopt;
}

std::uint32_t internal_faults(Doubt doubt, bool is_converter_faulty) {
    if (is_converter_faulty) {
        return kFaultInternalConverter;
    }
    switch (doubt) {
        case Doubt::none: return 0;
        case Doubt::missing: return kFaultInternalMissing;
        case Doubt::over_range:
        case Doubt::under_range: return kFaultInternalRange;
        case Doubt::jump: return kFaultInternalJump;
    }
    return kFaultInternalMissing;
}

}  // namespace

const char* name_of(Cause cause) {
    switch (cause) {
        case Cause::internal_limit: return "cell hot";
        case Cause::internal_rate: return "cell rising";
        case Cause::smoke: return "smoke";
        case Cause::gas: return "gas";
        case Cause::ambient_limit: return "air hot";
        case Cause::ambient_rate: return "air rising";
        case Cause::voc: return "vapour";
        case Cause::sensor_fault: return "sensor fault";
        case Cause::remote: return "remote";
        case Cause::none: return "";
    }
    return "";
}

Grader::Grader(const BatterySettings& settings, Millis started_ms)
    : internal_(kInternalSpec, internal_limits(settings)),
      ambient_(kAmbientSpec, ambient_limits(settings)),
      fault_tallies_{kFaultTally, kFaultTally, kFaultTally, kFaultTally, kFaultTally,
                     kFaultTally, kFaultTally, kFaultTally, kFaultTally, kFaultTally},
      started_ms_(started_ms),
      at_level_ms_(started_ms) {
    gas_.configure(settings);
}

void Grader::configure(const BatterySettings& settings) {
    internal_.configure(internal_limits(settings));
    ambient_.configure(ambient_limits(settings));
    gas_.configure(settings);
}

void Grader::add(Millis now_ms, const RawBattery& raw) {
    believe(now_ms, raw);
    // F21, but for faults: a sensor that is not there must not keep the others from being judged.
    const bool may_learn = level_ == Level::normal || causes_ == 1U << static_cast<unsigned>(Cause::sensor_fault);
    gas_.update(now_ms, gas_readings(raw), is_gas_warm(now_ms), may_learn);
    faults_ = find_faults(now_ms, raw);
    faulty_sensors_ = 0;
    for (std::size_t sensor = 0; sensor < kSensors; ++sensor) {
        const bool is_faulty = fault_tallies_[sensor].update((faults_ & kFaultsOfSensor[sensor]) != 0);
        faulty_sensors_ |= is_faulty ? 1U << sensor : 0U;
    }
    judge(now_ms);
}

void Grader::believe(Millis now_ms, const RawBattery& raw) {
    internal_.add(now_ms, raw.internal_c, raw.internal_fault != 0);
    ambient_.add(now_ms, raw.ambient_c, false);
    believed_.internal_c = internal_.value_c();
    believed_.rate_c_per_s = internal_.rate_c_per_s();
    believed_.ambient_c = ambient_.value_c();
    believed_.humidity_percent = within(kHumiditySpec, raw.humidity_percent);
    for (std::size_t channel = 0; channel < kGasChannels; ++channel) {
        const std::optional<std::uint16_t>& adc = raw.gas_adc[channel];
        believed_.gas_ppm[channel] = adc ? within(kGasSpec, mq_ppm(*adc)) : std::nullopt;
    }
    believed_.voc_raw = within(kVocRawSpec, as_float(raw.voc_raw));
    believed_.voc_index = believed_.voc_raw ? within(kVocIndexSpec, raw.voc_index) : std::nullopt;
    believed_.smoke_ir = within(kSmokeSpec, as_float(raw.smoke_ir));
    believed_.smoke_chip_c = smoke_chip_.check(now_ms, raw.smoke_chip_c);
}

GasReadings Grader::gas_readings(const RawBattery& raw) {
    last_ambient_c_ = believed_.ambient_c ? believed_.ambient_c : last_ambient_c_;
    last_humidity_percent_ = believed_.humidity_percent ? believed_.humidity_percent : last_humidity_percent_;
    GasReadings readings;
    for (std::size_t channel = 0; channel < kGasChannels; ++channel) {
        if (believed_.gas_ppm[channel]) {
            readings.ppm[channel] = compensated_mq_ppm(*raw.gas_adc[channel], last_ambient_c_.value_or(20.0F),
                                                       last_humidity_percent_.value_or(33.0F));
        }
    }
    readings.voc_index = believed_.voc_index;
    readings.smoke_ir = believed_.smoke_ir;
    return readings;
}

std::uint32_t Grader::find_faults(Millis now_ms, const RawBattery& raw) const {
    const Millis up_ms = now_ms - started_ms_;
    const bool lacks_voc =
        (up_ms >= kVocRawAfterMs && !believed_.voc_raw) || (up_ms >= kVocIndexAfterMs && !believed_.voc_index);
    const struct {
        bool is_bad;
        std::uint32_t bit;
    } rows[] = {
        {!believed_.ambient_c, kFaultAmbient},
        {!believed_.humidity_percent, kFaultHumidity},
        {!believed_.gas_ppm[kMq2], kFaultMq2},
        {!believed_.gas_ppm[kMq4], kFaultMq4},
        {!believed_.gas_ppm[kMq8], kFaultMq8},
        {!believed_.gas_ppm[kMq7], kFaultMq7},
        {lacks_voc, kFaultVoc},
        {!believed_.smoke_ir, kFaultSmoke},
        {!believed_.smoke_chip_c, kFaultSmokeChip},
    };
    std::uint32_t faults = internal_faults(internal_.doubt(), raw.internal_fault != 0);
    for (const auto& row : rows) {
        faults |= row.is_bad ? row.bit : 0U;
    }
    return faults;
}

void Grader::judge(Millis now_ms) {
    const Level found[kLocalCauses] = {
        internal_.by_limit(), internal_.by_rate(),
        gas_.by_smoke(),      gas_.by_gas(),
        ambient_.by_limit(),  ambient_.by_rate(),
        gas_.by_voc(),        faulty_sensors_ != 0 ? Level::warning : Level::normal,
    };
    const Level highest = *std::max_element(std::begin(found), std::end(found));
    if (highest >= level_) {
        at_level_ms_ = now_ms;
    } else if (now_ms - at_level_ms_ < kLevelHoldMs) {
        return;
    }
    level_ = highest;
    cause_ = Cause::none;
    causes_ = 0;
    for (std::size_t index = kLocalCauses; index-- > 0 && highest > Level::normal;) {
        if (found[index] == highest) {
            cause_ = static_cast<Cause>(index);
            causes_ |= 1U << index;
        }
    }
}

}  // namespace btr::battery
