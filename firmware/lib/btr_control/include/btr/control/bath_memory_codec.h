#pragma once
// What must survive a reset, as a record of the store.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/control/bath_control.h"

namespace btr::control {

// Records from before the heated time was kept read as none heated.
constexpr std::size_t kMemoryBytes = 20;
using MemoryRecord = std::array<std::uint8_t, kMemoryBytes>;

MemoryRecord pack_memory(const BathMemory& memory);
// Nothing for a record of another format or length. A boost that is no number or below 0 counts as none learned; a
// byte that should be a truth value and is neither counts as a stop that is engaged (F12).
std::optional<BathMemory> unpack_memory(const std::uint8_t* bytes, std::size_t length);

}  // namespace btr::control
