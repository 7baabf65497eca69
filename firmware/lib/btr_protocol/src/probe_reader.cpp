#include "btr/protocol/probe_reader.h"

#include <algorithm>

namespace btr::protocol {
namespace {

// Data sheet DS18B20.
constexpr Millis kPeriodMs = kSecond;
constexpr Millis kConversionMs = 800;  // at most 750 ms for 12 bits
constexpr std::uint8_t kMatch = 0x55;
constexpr std::uint8_t kSkip = 0xCC;
constexpr std::uint8_t kConvert = 0x44;
constexpr std::uint8_t kReadScratchpad = 0xBE;

}  // namespace

ProbeRoles ProbeReader::begin(const ProbeRoles& remembered) {
    const ProbeRoles roles = assign_roles(remembered, search(0), search(1));
    newest_.outlet_count = roles.outlet_count();
    add(0, roles.core, newest_.core);
    add(0, roles.tank, newest_.tank);
    for (std::size_t i = 0; i < roles.outlets.size(); ++i) {
        add(1, roles.outlets[i], newest_.outlets[i]);
    }
    next_ = slot_count_;
    return roles;
}

FoundProbes ProbeReader::search(std::size_t bus) {
    FoundProbes found;
    RomCode code{};
    while (buses_[bus]->search(code)) {
        if (rom_from(text_of(code).view())) {
            found.add(code);
        }
    }
    return found;
}

void ProbeReader::add(std::size_t bus, const std::optional<RomCode>& code, RawProbe& into) {
    into = missing_probe(0);
    if (code) {
        slots_[slot_count_++] = {bus, *code, &into};
    }
}

RawProbes ProbeReader::latest(Millis now_ms) {
    if (next_ < slot_count_) {
        if (now_ms - *started_ms_ >= kConversionMs) {
            *slots_[next_].into = read(slots_[next_]);
            ++next_;
        }
    } else if (!started_ms_ || now_ms - *started_ms_ >= kPeriodMs) {
        start_conversions(now_ms);
    }
    return newest_;
}

bool ProbeReader::does_any_answer() const {
    return std::any_of(slots_.begin(), slots_.begin() + static_cast<std::ptrdiff_t>(slot_count_),
                       [](const Slot& slot) { return slot.into->fault == ProbeFault::none; });
}

void ProbeReader::start_conversions(Millis now_ms) {
    for (std::size_t bus = 0; bus < buses_.size(); ++bus) {
        is_converting_[bus] = buses_[bus]->reset();
        buses_[bus]->write(kSkip);
        buses_[bus]->write(kConvert);
    }
    started_ms_ = now_ms;
    next_ = 0;
}

RawProbe ProbeReader::read(const Slot& slot) {
    OneWireBus& bus = *buses_[slot.bus];
    // Who was not there to be told to convert still has the temperature of before: it would pass for a new one.
    if (!is_converting_[slot.bus] || !bus.reset()) {
        return missing_probe(*started_ms_);
    }
    bus.write(kMatch);
    for (const std::uint8_t byte : slot.code) {
        bus.write(byte);
    }
    bus.write(kReadScratchpad);
    Scratchpad scratchpad{};
    std::generate(scratchpad.begin(), scratchpad.end(), [&bus] { return bus.read(); });
    return probe_from(scratchpad, *started_ms_);
}

}  // namespace btr::protocol
