#pragma once
// Which DS18B20 measures what. A role belongs to the address of a probe, not to its place in a search: with one probe
// unplugged, the search would move all others up, and the heater would be judged by the wrong one.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "btr/hal/hal.h"
#include "btr/protocol/text.h"

namespace btr::protocol {

// 64 bits as they come over the bus: family, serial number, CRC.
using RomCode = std::array<std::uint8_t, 8>;
using RomText = FixedText<16>;

// CRC-8 of Maxim (x^8 + x^5 + x^4 + 1), of a ROM code as of a scratchpad; 0 over data that ends with its own CRC.
std::uint8_t one_wire_crc(const std::uint8_t* bytes, std::size_t length);

// 16 hexadecimal digits, of a DS18B20 (family 28) and with the right CRC; else nothing.
std::optional<RomCode> rom_from(std::string_view text);
RomText text_of(const RomCode& code);

constexpr std::size_t kMostProbesOnBus = 8;
struct FoundProbes {
    std::array<RomCode, kMostProbesOnBus> codes{};
    std::size_t count = 0;

    void add(const RomCode& code);  // what finds no room is left out
};

struct ProbeRoles {
    std::optional<RomCode> core;
    std::optional<RomCode> tank;
    std::array<std::optional<RomCode>, kMaxOutlets> outlets;

    std::size_t outlet_count() const;  // up to the last one that is known
};
bool operator==(const ProbeRoles& left, const ProbeRoles& right);

// What is remembered stays, whether it answers or not. On the first bus, two newcomers are core and tank in the order
// of the search, as on the original; a single one takes a role only when the other one is known. On the second bus,
// newcomers become the next outlets.
ProbeRoles assign_roles(const ProbeRoles& remembered, const FoundProbes& first_bus, const FoundProbes& second_bus);

// What the scratchpad of a DS18B20 says, sampled at that time. All ones or all zeros: nobody answered (an open or a
// shorted bus; the checksum of zeros is right), and the temperature is the -127 of the original.
using Scratchpad = std::array<std::uint8_t, 9>;
RawProbe probe_from(const Scratchpad& scratchpad, Millis sampled_ms);
RawProbe missing_probe(Millis sampled_ms);

}  // namespace btr::protocol
