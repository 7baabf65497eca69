#pragma once
// One sample of all sensors to a level: hard limits, rate of rise, smoke, gas, faults of the sensors. Pure and alone:
// nothing here knows of a network.
#include <array>
#include <cstdint>

#include "btr/battery/gas.h"
#include "btr/battery/settings.h"
#include "btr/battery/temperature.h"
#include "btr/hal/hal.h"

namespace btr::battery {

// Bit set of telemetry's `fault`; a bit keeps its meaning for ever.
enum FaultBit : std::uint32_t {
    kFaultInternalMissing = 1U << 0,
    kFaultInternalRange = 1U << 1,     // open, shorted, or beyond what is believed
    kFaultInternalJump = 1U << 2,      // faster than possible
    kFaultInternalConverter = 1U << 3,  // fault register of the MAX31865
    kFaultAmbient = 1U << 4,
    kFaultHumidity = 1U << 5,
    kFaultMq2 = 1U << 6,
    kFaultMq4 = 1U << 7,
    kFaultMq8 = 1U << 8,
    kFaultMq7 = 1U << 9,
    kFaultVoc = 1U << 10,
    kFaultSmoke = 1U << 11,
    kFaultSmokeChip = 1U << 12,
    kFaultSampling = 1U << 13,  // no samples for three periods (F5)
    kFaultSettings = 1U << 14,  // stored settings unusable: defaults in use
    kFaultStore = 1U << 15,     // the store does not take the settings
};

// Why the level is what it is, most telling first.
enum class Cause : std::uint8_t {
    internal_limit,
    internal_rate,
    smoke,
    gas,
    ambient_limit,
    ambient_rate,
    voc,
    sensor_fault,
    remote,
    none,
};
constexpr std::size_t kLocalCauses = 8;
const char* name_of(Cause cause);  // at most 12 columns

constexpr Millis kLevelHoldMs = 10 * kSecond;

// Believed values of the latest sample; nothing where there is none.
struct Believed {
    std::optional<float> ambient_c, humidity_percent, internal_c, rate_c_per_s;
    std::array<std::optional<float>, kGasChannels> gas_ppm;  // as the original prints them
    std::optional<float> voc_index, voc_raw, smoke_ir, smoke_chip_c;
};

class Grader {
public:
    // `started_ms`: boot, from which the gas sensors warm up.
    Grader(const BatterySettings& settings, Millis started_ms);
    void configure(const BatterySettings& settings);

    // One sample. `now_ms` must not go back.
    void add(Millis now_ms, const RawBattery& raw);

    // The local level: rises at once and falls 10 s after the last evidence for it. Every DANGER is a hard rule's (F3),
    // so no message may lower one; nothing but warnings may be (F4).
    Level level() const { return level_; }
    // The most telling cause of the level, and all that are at its height now, as bits of 1 << Cause.
    Cause cause() const { return cause_; }
    std::uint32_t causes() const { return causes_; }
    // What is wrong in this sample, unconfirmed; one bad sample is no reason for a warning.
    std::uint32_t faults() const { return faults_; }
    // The sensors that have been wrong for long enough to be a warning, a bit for each.
    std::uint32_t faulty_sensors() const { return faulty_sensors_; }
    bool is_gas_warm(Millis now_ms) const { return now_ms - started_ms_ >= kGasWarmUpMs; }
    const Believed& believed() const { return believed_; }
    const TemperatureChannel& internal() const { return internal_; }
    const GasMonitor& gas() const { return gas_; }

private:
    void believe(Millis now_ms, const RawBattery& raw);
    GasReadings gas_readings(const RawBattery& raw);
    std::uint32_t find_faults(Millis now_ms, const RawBattery& raw) const;
    void judge(Millis now_ms);

    TemperatureChannel internal_;
    TemperatureChannel ambient_;
    GasMonitor gas_;
    PlausibilityFilter smoke_chip_{kSmokeChipSpec};
    // "Invalid for more than two samples" (F6), and long enough that one withheld spike is no fault.
    static constexpr std::size_t kSensors = 10;
    std::array<Tally, kSensors> fault_tallies_;
    Millis started_ms_;
    Believed believed_;
    std::optional<float> last_ambient_c_;  // for the compensation, which must not jump with a missing reading
    std::optional<float> last_humidity_percent_;
    std::uint32_t faults_ = 0;
    std::uint32_t faulty_sensors_ = 0;
    Level level_ = Level::normal;
    Cause cause_ = Cause::none;
    std::uint32_t causes_ = 0;
    Millis at_level_ms_;
};

}  // namespace btr::battery
