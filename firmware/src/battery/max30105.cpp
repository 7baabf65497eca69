#include "max30105.h"

#include <Wire.h>

#include <array>

namespace btr::battery {
namespace {

// Data sheet MAX30105, register map.
constexpr std::uint8_t kAddress = 0x57;
constexpr std::uint8_t kFifoWrite = 0x04;
constexpr std::uint8_t kFifoRead = 0x06;
constexpr std::uint8_t kFifoData = 0x07;
constexpr std::uint8_t kFifoConfig = 0x08;
constexpr std::uint8_t kMode = 0x09;
constexpr std::uint8_t kParticle = 0x0A;
constexpr std::uint8_t kInfraredCurrent = 0x0D;
constexpr std::uint8_t kSlots = 0x11;
constexpr std::uint8_t kChipTemperature = 0x1F;
constexpr std::uint8_t kStartTemperature = 0x21;

constexpr std::uint8_t kMultiLed = 0x07;
constexpr std::uint8_t kFifoDepth = 32;

struct Setting {
    std::uint8_t address, value;
};
constexpr std::array<Setting, 5> kSetUp{{
    {kFifoConfig, 0xB0},       // mean of 32, overwriting: a new count every 80 ms
    {kParticle, 0x2F},         // 4096 nA, 400 per second, 411 us: 18 bits
    {kInfraredCurrent, 0x1F},  // 6.4 mA
    {kSlots, 0x02},            // infrared alone
    {kMode, kMultiLed},        // last: this is what read() looks for
}};

bool write(std::uint8_t address, std::uint8_t value) {
    Wire.beginTransmission(kAddress);
    Wire.write(address);
    Wire.write(value);
    return Wire.endTransmission() == 0;
}

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> read_bytes(std::uint8_t address) {
    Wire.beginTransmission(kAddress);
    Wire.write(address);
    if (Wire.endTransmission(false) != 0 || Wire.requestFrom(kAddress, N) != N) {
        return std::nullopt;
    }
    std::array<std::uint8_t, N> bytes{};
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(Wire.read());
    }
    return bytes;
}

}  // namespace

std::optional<Max30105::Reading> Max30105::read() {
    const auto mode = read_bytes<1>(kMode);
    if (!mode || (*mode)[0] != kMultiLed) {
        set_up();
        return std::nullopt;
    }
    const auto next = read_bytes<1>(kFifoWrite);
    if (!next || !write(kFifoRead, static_cast<std::uint8_t>(((*next)[0] + kFifoDepth - 1) % kFifoDepth))) {
        return std::nullopt;
    }
    const auto count = read_bytes<3>(kFifoData);
    const auto chip = read_bytes<2>(kChipTemperature);
    if (!count || !chip || !write(kStartTemperature, 1)) {
        return std::nullopt;
    }
    const auto& c = *count;
    const std::uint32_t infrared = (std::uint32_t{c[0]} << 16U | std::uint32_t{c[1]} << 8U | c[2]) & 0x3FFFFU;
    const float chip_c = static_cast<float>(static_cast<std::int8_t>((*chip)[0])) + 0.0625F * ((*chip)[1] & 0x0FU);
    return Reading{infrared, chip_c};
}

void Max30105::set_up() {
    for (const Setting& setting : kSetUp) {
        if (!write(setting.address, setting.value)) {
            return;
        }
    }
    write(kStartTemperature, 1);
}

}  // namespace btr::battery
