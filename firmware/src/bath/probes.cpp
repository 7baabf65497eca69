#include "probes.h"

#include <algorithm>

namespace btr::bath {
namespace {

constexpr Millis kPeriodMs = kSecond;
constexpr Millis kConversionMs = 800;  // data sheet DS18B20: at most 750 ms for 12 bits
constexpr std::uint8_t kConvert = 0x44;
constexpr std::uint8_t kReadScratchpad = 0xBE;

}  // namespace

Probes::Probes(std::uint8_t first_pin, std::uint8_t second_pin) : buses_{OneWire(first_pin), OneWire(second_pin)} {}

protocol::FoundProbes Probes::search(std::size_t bus) {
    protocol::FoundProbes found;
    protocol::RomCode code{};
    buses_[bus].reset_search();
    while (buses_[bus].search(code.data())) {
        if (protocol::rom_from(protocol::text_of(code).view())) {
            found.add(code);
        }
    }
    return found;
}

void Probes::begin(const protocol::ProbeRoles& roles) {
    newest_.outlet_count = roles.outlet_count();
    add(0, roles.core, newest_.core);
    add(0, roles.tank, newest_.tank);
    for (std::size_t i = 0; i < roles.outlets.size(); ++i) {
        add(1, roles.outlets[i], newest_.outlets[i]);
    }
    next_ = slot_count_;
}

void Probes::add(std::size_t bus, const std::optional<protocol::RomCode>& code, RawProbe& into) {
    into = protocol::missing_probe(0);
    if (code) {
        slots_[slot_count_++] = {bus, *code, &into};
    }
}

RawProbes Probes::latest(Millis now_ms) {
    if (next_ < slot_count_) {
        if (now_ms - started_ms_ >= kConversionMs) {
            *slots_[next_].into = read(slots_[next_]);
            ++next_;
        }
    } else if (!has_started_ || now_ms - started_ms_ >= kPeriodMs) {
        start_conversions(now_ms);
    }
    return newest_;
}

bool Probes::does_any_answer() const {
    return std::any_of(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(slot_count_),
                       [](const Slot& slot) { return slot.into->fault == ProbeFault::none; });
}

void Probes::start_conversions(Millis now_ms) {
    for (OneWire& bus : buses_) {
        bus.reset();
        bus.skip();
        bus.write(kConvert);
    }
    started_ms_ = now_ms;
    has_started_ = true;
    next_ = 0;
}

RawProbe Probes::read(const Slot& slot) {
    OneWire& bus = buses_[slot.bus];
    if (bus.reset() == 0) {
        return protocol::missing_probe(started_ms_);
    }
    protocol::Scratchpad scratchpad{};
    bus.select(slot.code.data());
    bus.write(kReadScratchpad);
    bus.read_bytes(scratchpad.data(), static_cast<std::uint16_t>(scratchpad.size()));
    return protocol::probe_from(scratchpad, started_ms_);
}

}  // namespace btr::bath
