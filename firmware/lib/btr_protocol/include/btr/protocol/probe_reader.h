#pragma once
// DS18B20 on two buses, read without ever waiting for one.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/hal.h"
#include "btr/protocol/probe_roles.h"

namespace btr::protocol {

class OneWireBus {
public:
    virtual ~OneWireBus() = default;
    virtual bool reset() = 0;  // whether anybody is there
    virtual void write(std::uint8_t byte) = 0;
    virtual std::uint8_t read() = 0;
    // The next address of a search; false at its end, and the next call starts over.
    virtual bool search(RomCode& next) = 0;
};

// All probes convert at once, every second; 0.8 s later they are read one by one, each call of latest() one probe,
// since a scratchpad takes 12 ms on the bus.
class ProbeReader final : public BathProbes {
public:
    ProbeReader(OneWireBus& first, OneWireBus& second) : buses_{&first, &second} {}
    // Searches both buses (15 ms per probe) and returns the roles from now on: see assign_roles(). Once.
    ProbeRoles begin(const ProbeRoles& remembered);

    RawProbes latest(Millis now_ms) override;
    bool does_any_answer() const;

private:
    struct Slot {
        std::size_t bus;
        RomCode code;
        RawProbe* into;
    };

    FoundProbes search(std::size_t bus);
    void add(std::size_t bus, const std::optional<RomCode>& code, RawProbe& into);
    void start_conversions(Millis now_ms);
    RawProbe read(const Slot& slot);

    std::array<OneWireBus*, 2> buses_;
    std::array<bool, 2> is_converting_{};
    std::array<Slot, 2 + kMaxOutlets> slots_{};
    std::size_t slot_count_ = 0;
    std::size_t next_ = 0;  // slot to read; slot_count_: all read
    RawProbes newest_;
    std::optional<Millis> started_ms_;
};

}  // namespace btr::protocol
