#include "btr/sched/crc32.h"

namespace btr::sched {

std::uint32_t crc32(const std::uint8_t* bytes, std::size_t length, std::uint32_t crc) {
    constexpr std::uint32_t kReflected = 0xEDB88320U;
    crc = ~crc;
    for (std::size_t i = 0; i < length; ++i) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc >> 1) ^ ((crc & 1U) != 0 ? kReflected : 0U);
        }
    }
    return ~crc;
}

}  // namespace btr::sched
