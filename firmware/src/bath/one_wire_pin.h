#pragma once
#include <OneWire.h>

#include "btr/protocol/probe_reader.h"

namespace btr::bath {

class OneWirePin final : public protocol::OneWireBus {
public:
    explicit OneWirePin(std::uint8_t pin) : wire_(pin) { wire_.reset_search(); }
    bool reset() override { return wire_.reset() != 0; }
    void write(std::uint8_t byte) override { wire_.write(byte); }
    std::uint8_t read() override { return wire_.read(); }
    bool search(protocol::RomCode& next) override { return wire_.search(next.data()); }

private:
    OneWire wire_;
};

}  // namespace btr::bath
