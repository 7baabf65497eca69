#include "btr/control/bath_memory_codec.h"

#include <algorithm>
#include <cmath>

#include "record.h"

namespace btr::control {
namespace {

constexpr std::uint8_t kFormat = 1;
// One byte: whether there is a phase in its lowest bit, the heated half hours in its upper four.
constexpr std::uint8_t kHasPhase = 1;
constexpr int kHeatedShift = 4;
constexpr std::uint32_t kMostHeated = 15;

}  // namespace

MemoryRecord pack_memory(const BathMemory& memory) {
    MemoryRecord bytes{};
    RecordWriter record(bytes.data());
    record.byte(kFormat);
    record.byte(memory.emergency ? 1 : 0);
    record.byte(memory.aeration_on ? 1 : 0);
    const std::uint32_t heated = std::min<std::uint32_t>(memory.heated_half_hours, kMostHeated);
    const std::uint32_t phase = memory.aeration_changed_utc_s ? kHasPhase : 0;
    record.byte(static_cast<std::uint8_t>(heated << kHeatedShift | phase));
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
    const std::uint8_t flags = record.byte();
    const bool has_phase = (flags & kHasPhase) != 0;
    memory.heated_half_hours = static_cast<std::uint8_t>(flags >> kHeatedShift);
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
