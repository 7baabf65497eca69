#pragma once
// What the logic asks of hardware, operating system and network. Interfaces and plain values only.
//
// No call here may block for more than some milliseconds: whoever implements it starts what takes long and hands out
// the newest result.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"

namespace btr {

// A relay. The pin's default, before set() and after a reset, is off.
class SwitchOutput {
public:
    virtual ~SwitchOutput() = default;
    virtual void set(bool on) = 0;
};

// A motor on PWM at 1 kHz; duty 0..1, 0 before the first call.
class PwmOutput {
public:
    virtual ~PwmOutput() = default;
    virtual void set(float duty) = 0;
};

// Small named records that survive reset and power loss. A write may be cut off anywhere: sched/twin_store.h makes it
// safe. Names have at most 15 characters (the limit of NVS).
class Store {
public:
    virtual ~Store() = default;
    // Copies the record, at most `capacity` bytes, and returns its length; 0 when there is none or it is longer.
    virtual std::size_t read(const char* name, std::uint8_t* into, std::size_t capacity) = 0;
    // Returns whether the whole record is stored now.
    virtual bool write(const char* name, const std::uint8_t* bytes, std::size_t length) = 0;
};

struct Message {
    const char* topic;
    const char* payload;  // UTF-8, not necessarily ended by 0
    std::size_t length;
    int qos;
    bool retained;
};

// The connection to the broker. It comes back by itself, in the background.
class Link {
public:
    virtual ~Link() = default;
    virtual bool is_connected() const = 0;
    // Takes a copy and returns true, or returns false when it cannot be queued now. Never waits.
    virtual bool publish(const Message& message) = 0;
};

class WallClock {
public:
    virtual ~WallClock() = default;
    // Seconds since 1970 UTC; nothing before the first synchronisation since boot.
    virtual std::optional<std::int64_t> utc_s() const = 0;
};

// ---------------------------------------------------------------------------------------------------------- bath

enum class ProbeFault : std::uint8_t { none, missing, crc };

// The newest finished conversion of one DS18B20, unjudged: 85 after power-on and -127 are passed on as they are.
struct RawProbe {
    float temp_c = 0.0F;
    ProbeFault fault = ProbeFault::missing;
    Millis sampled_ms = 0;
};

constexpr std::size_t kMaxOutlets = 6;

struct RawProbes {
    RawProbe core;
    RawProbe tank;
    std::array<RawProbe, kMaxOutlets> outlets;
    std::size_t outlet_count = 0;  // as found on the bus or configured; the others are not there
};

class BathProbes {
public:
    virtual ~BathProbes() = default;
    // The newest conversions; starts the next ones when due (every second). Never waits for one.
    virtual RawProbes latest(Millis now_ms) = 0;
};

struct BathHardware {
    SwitchOutput& heater;
    SwitchOutput& pump;
    PwmOutput& aeration;
    BathProbes& probes;
};

// ------------------------------------------------------------------------------------------------------- battery

enum GasChannel : std::size_t { kMq2, kMq4, kMq8, kMq7, kGasChannels };  // order of the telemetry fields

// One sample of all sensors, unjudged. Absent: the sensor did not answer.
struct RawBattery {
    std::optional<float> ambient_c;         // SHT4x
    std::optional<float> humidity_percent;  // SHT4x
    std::optional<float> internal_c;        // PT100 through MAX31865, as converted, even if absurd
    std::uint8_t internal_fault = 0;        // fault register of the MAX31865, 0: none
    std::array<std::optional<std::uint16_t>, kGasChannels> gas_adc;  // 0..4095
    std::optional<std::uint16_t> voc_raw;   // SGP41 signal in ticks
    std::optional<float> voc_index;         // Sensirion index 1..500; absent while it conditions
    std::optional<std::uint32_t> smoke_ir;  // MAX30105 infrared count
    std::optional<float> smoke_chip_c;      // MAX30105 die temperature
};

struct Colour {
    std::uint8_t red = 0, green = 0, blue = 0;
};

constexpr std::size_t kScreenLines = 6;
constexpr std::size_t kScreenColumns = 21;

// What the node shows: WS2812, buzzer, OLED. Lines end with 0.
struct Indication {
    Colour light;
    bool buzzer = false;
    std::array<std::array<char, kScreenColumns + 1>, kScreenLines> lines{};
};

}  // namespace btr
