#include "btr/control/bath_memory_codec.h"

#include <cmath>

#include "record.h"

namespace btr::control {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::uint8_t kHasPhase = 1;

}  // namespace

MemoryRecord pack_memory(const BathMemory& memory) {
    MemoryRecord bytes{};
    RecordWriter record(bytes.data());
    record.byte(kFormat);
    record.byte(memory.emergency ? 1 : 0);
    record.byte(memory.aeration_on ? 1 : 0);
    record.byte(memory.aeration_changed_utc_s ? kHasPhase : 0);
    record.real(memory.boost_k);
    record.word(memory.latched_faults);
    const auto changed_s = static_cast<std::uint64_t>(memory.aeration_changed_utc_s.value_or(0));
    record.word(static_cast<std::uint32_t>(changed_s));
    record.word(static_cast<std::uint32_t>(changed_s >> 32));
    return bytes;
}

std::optional<BathMemory> unpack_memory(const std::uint8_t* bytes, std::size_t length) {
    RecordReader record(bytes, length);
    if (record.byte() != kFormat || length != kMemoryBytes) {
        return std::nullopt;
    }
    BathMemory memory;
    memory.emergency = record.byte() != 0;
    memory.aeration_on = record.byte() != 0;
    const bool has_phase = record.byte() == kHasPhase;
    memory.boost_k = record.real();
    if (!std::isfinite(memory.boost_k) || memory.boost_k < 0.0F) {
        memory.boost_k = 0.0F;
    }
    memory.latched_faults = record.word();
    const std::uint64_t low = record.word();
    const std::uint64_t changed_s = low | std::uint64_t{record.word()} << 32;
    if (has_phase) {
        memory.aeration_changed_utc_s = static_cast<std::int64_t>(changed_s);
    }
    return memory;
}

}  // namespace btr::control
