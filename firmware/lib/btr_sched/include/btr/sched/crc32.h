#pragma once
#include <cstddef>
#include <cstdint>

namespace btr::sched {

// CRC-32 of ISO 3309, as in Ethernet and zip: polynomial 0x04C11DB7 reflected, start and end inverted.
// `crc`: that of what came before.
std::uint32_t crc32(const std::uint8_t* bytes, std::size_t length, std::uint32_t crc = 0);

}  // namespace btr::sched
