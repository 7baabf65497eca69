#pragma once
#include <OneWire.h>

#include <array>
#include <cstddef>
#include <optional>

#include "btr/hal/hal.h"
#include "btr/protocol/probe_roles.h"

namespace btr::bath {

// DS18B20 on two buses. All convert at once, every second; 0.8 s later they are read one by one, each call of latest()
// one probe, since a scratchpad takes 12 ms.
class Probes final : public BathProbes {
public:
    Probes(std::uint8_t first_pin, std::uint8_t second_pin);
    // Those that answer now; up to 15 ms each. Before begin() only.
    protocol::FoundProbes search(std::size_t bus);
    void begin(const protocol::ProbeRoles& roles);

    RawProbes latest(Millis now_ms) override;
    bool does_any_answer() const;

private:
    struct Slot {
        std::size_t bus;
        protocol::RomCode code;
        RawProbe* into;
    };

    void add(std::size_t bus, const std::optional<protocol::RomCode>& code, RawProbe& into);
    void start_conversions(Millis now_ms);
    RawProbe read(const Slot& slot);

    std::array<OneWire, 2> buses_;
    std::array<Slot, 2 + kMaxOutlets> slots_{};
    std::size_t slot_count_ = 0;
    RawProbes newest_;
    Millis started_ms_ = 0;
    std::size_t next_ = 0;  // slot to read; slot_count_: all read
    bool has_started_ = false;
};

}  // namespace btr::bath
