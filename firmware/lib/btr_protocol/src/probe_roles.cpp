#include "btr/protocol/probe_roles.h"

#include <algorithm>

namespace btr::protocol {
namespace {

constexpr std::uint8_t kDs18b20Family = 0x28;
constexpr std::uint8_t kCrcPolynomial = 0x8C;  // bits reversed, as the bus sends them
constexpr float kDegreesPerBit = 0.0625F;      // data sheet DS18B20, 12 bits
constexpr float kMissingC = -127.0F;

std::optional<std::uint8_t> digit_of(char character) {
    if (character >= '0' && character <= '9') {
        return static_cast<std::uint8_t>(character - '0');
    }
    if (character >= 'a' && character <= 'f') {
        return static_cast<std::uint8_t>(character - 'a' + 10);
    }
    if (character >= 'A' && character <= 'F') {
        return static_cast<std::uint8_t>(character - 'A' + 10);
    }
    return std::nullopt;
}

bool has(const ProbeRoles& roles, const RomCode& code) {
    return roles.core == code || roles.tank == code ||
           std::find(roles.outlets.begin(), roles.outlets.end(), code) != roles.outlets.end();
}

FoundProbes newcomers(const FoundProbes& found, const ProbeRoles& roles) {
    FoundProbes unknown;
    for (std::size_t i = 0; i < found.count; ++i) {
        if (!has(roles, found.codes[i])) {
            unknown.add(found.codes[i]);
        }
    }
    return unknown;
}

}  // namespace

std::uint8_t one_wire_crc(const std::uint8_t* bytes, std::size_t length) {
    std::uint8_t crc = 0;
    for (std::size_t i = 0; i < length; ++i) {
        crc = static_cast<std::uint8_t>(crc ^ bytes[i]);
        for (int bit = 0; bit < 8; ++bit) {
            const bool carry = (crc & 1U) != 0;
            crc = static_cast<std::uint8_t>(crc >> 1U);
            crc = carry ? static_cast<std::uint8_t>(crc ^ kCrcPolynomial) : crc;
        }
    }
    return crc;
}

std::optional<RomCode> rom_from(std::string_view text) {
    RomCode code{};
    if (text.size() != 2 * code.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < code.size(); ++i) {
        const auto high = digit_of(text[2 * i]);
        const auto low = digit_of(text[2 * i + 1]);
        if (!high || !low) {
            return std::nullopt;
        }
        code[i] = static_cast<std::uint8_t>(*high * 16 + *low);
    }
    const bool is_probe = code[0] == kDs18b20Family && one_wire_crc(code.data(), code.size()) == 0;
    return is_probe ? std::optional<RomCode>(code) : std::nullopt;
}

RomText text_of(const RomCode& code) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    RomText text;
    for (const std::uint8_t byte : code) {
        text.append(kDigits[byte / 16]).append(kDigits[byte % 16]);
    }
    return text;
}

void FoundProbes::add(const RomCode& code) {
    if (count < codes.size()) {
        codes[count++] = code;
    }
}

std::size_t ProbeRoles::outlet_count() const {
    std::size_t count = outlets.size();
    while (count > 0 && !outlets[count - 1]) {
        --count;
    }
    return count;
}

bool operator==(const ProbeRoles& left, const ProbeRoles& right) {
    return left.core == right.core && left.tank == right.tank && left.outlets == right.outlets;
}

ProbeRoles assign_roles(const ProbeRoles& remembered, const FoundProbes& first_bus, const FoundProbes& second_bus) {
    ProbeRoles roles = remembered;
    const FoundProbes first = newcomers(first_bus, remembered);
    if (!roles.core && !roles.tank) {
        if (first.count == 2) {
            roles.core = first.codes[0];
            roles.tank = first.codes[1];
        }
    } else if (first.count == 1 && !(roles.core && roles.tank)) {
        (roles.core ? roles.tank : roles.core) = first.codes[0];
    }
    const FoundProbes second = newcomers(second_bus, roles);
    std::size_t next = 0;
    for (auto& outlet : roles.outlets) {
        if (!outlet && next < second.count) {
            outlet = second.codes[next++];
        }
    }
    return roles;
}

RawProbe missing_probe(Millis sampled_ms) { return {kMissingC, ProbeFault::missing, sampled_ms}; }

RawProbe probe_from(const Scratchpad& scratchpad, Millis sampled_ms) {
    for (const int nobody : {0x00, 0xFF}) {
        if (std::count(scratchpad.begin(), scratchpad.end(), nobody) == static_cast<int>(scratchpad.size())) {
            return missing_probe(sampled_ms);
        }
    }
    const auto bits = static_cast<std::uint16_t>(scratchpad[0] | scratchpad[1] << 8);
    const float temp_c = static_cast<float>(static_cast<std::int16_t>(bits)) * kDegreesPerBit;
    const bool is_whole = one_wire_crc(scratchpad.data(), scratchpad.size()) == 0;
    return {temp_c, is_whole ? ProbeFault::none : ProbeFault::crc, sampled_ms};
}

}  // namespace btr::protocol
