#include "btr/protocol/probe_roles.h"

#include <doctest/doctest.h>

#include <initializer_list>

using namespace btr::protocol;

namespace {

RomCode probe(std::uint8_t number) {
    RomCode code{0x28, number, 0x10, 0, 0, 0, 0, 0};
    code[7] = one_wire_crc(code.data(), 7);
    return code;
}

FoundProbes bus(std::initializer_list<std::uint8_t> numbers) {
    FoundProbes found;
    for (const std::uint8_t number : numbers) {
        found.add(probe(number));
    }
    return found;
}

}  // namespace

TEST_CASE("the checksum is Maxim's") {
    // Application note 27: ROM code 02 1C B8 01 00 00 00 has the CRC A2.
    const std::array<std::uint8_t, 8> example{0x02, 0x1C, 0xB8, 0x01, 0, 0, 0, 0xA2};
    CHECK(one_wire_crc(example.data(), 7) == 0xA2);
    CHECK(one_wire_crc(example.data(), 8) == 0);
}

TEST_CASE("an address is 16 digits of a DS18B20 with its checksum, and reads back as it was") {
    const RomText text = text_of(probe(7));
    CHECK(text.view().substr(0, 4) == "2807");
    CHECK(rom_from(text.view()) == probe(7));
    FixedText<16> upper;
    for (const char c : text.view()) {
        upper.append(c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c);
    }
    CHECK(rom_from(upper.view()) == probe(7));
    CHECK_FALSE(rom_from("2807100000000000"));                // checksum
    CHECK_FALSE(rom_from("021cb801000000a2"));                // another family
    CHECK_FALSE(rom_from(text.view().substr(0, 15)));
    CHECK_FALSE(rom_from("28071000000000g0"));
    CHECK_FALSE(rom_from(""));
}

TEST_CASE("temperatures are read as the data sheet's table has them") {
    struct Row {
        std::uint8_t low, high;
        float temp_c;
    };
    for (const Row row : {Row{0xD0, 0x07, 125.0F}, Row{0x50, 0x05, 85.0F}, Row{0x91, 0x01, 25.0625F},
                          Row{0x00, 0x00, 0.0F}, Row{0xF8, 0xFF, -0.5F}, Row{0x90, 0xFC, -55.0F}}) {
        Scratchpad scratchpad{row.low, row.high, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10, 0};
        scratchpad[8] = one_wire_crc(scratchpad.data(), 8);
        const btr::RawProbe probe = probe_from(scratchpad, 7000);
        CHECK(probe.temp_c == row.temp_c);
        CHECK(probe.fault == btr::ProbeFault::none);
        CHECK(probe.sampled_ms == 7000);
        scratchpad[8] ^= 1U;
        CHECK(probe_from(scratchpad, 7000).fault == btr::ProbeFault::crc);
    }
}

TEST_CASE("F5 a bus that is open or shorted is a missing probe, not 0 degrees") {
    for (const int bits : {0x00, 0xFF}) {
        Scratchpad scratchpad;
        scratchpad.fill(static_cast<std::uint8_t>(bits));
        CHECK(probe_from(scratchpad, 0).fault == btr::ProbeFault::missing);
        CHECK(probe_from(scratchpad, 0).temp_c == -127.0F);
    }
}

TEST_CASE("H7 at the first start, two probes on the first bus are core and tank, those on the second the outlets") {
    const ProbeRoles roles = assign_roles({}, bus({1, 2}), bus({3, 4, 5}));
    CHECK(roles.core == probe(1));
    CHECK(roles.tank == probe(2));
    CHECK(roles.outlet_count() == 3);
    CHECK(roles.outlets[2] == probe(5));
}

TEST_CASE("H7 an unplugged core probe never makes the tank's probe the core") {
    const ProbeRoles remembered = assign_roles({}, bus({1, 2}), bus({3, 4}));
    const ProbeRoles roles = assign_roles(remembered, bus({2}), bus({4}));
    CHECK(roles == remembered);
}

TEST_CASE("with one probe on the first bus, or three, nobody can say which is which: no role") {
    CHECK_FALSE(assign_roles({}, bus({1}), {}).core);
    const ProbeRoles three = assign_roles({}, bus({1, 2, 3}), {});
    CHECK_FALSE(three.core);
    CHECK_FALSE(three.tank);
}

TEST_CASE("a replaced probe takes the role that was cleared by hand, and no other") {
    ProbeRoles remembered = assign_roles({}, bus({1, 2}), bus({3, 4, 5}));
    SUBCASE("the core, cleared") {
        remembered.core.reset();
        CHECK(assign_roles(remembered, bus({9, 2}), {}).core == probe(9));
    }
    SUBCASE("the tank, cleared") {
        remembered.tank.reset();
        CHECK(assign_roles(remembered, bus({1, 9}), {}).tank == probe(9));
    }
    SUBCASE("the core, not cleared: the stranger is left alone") {
        CHECK(assign_roles(remembered, bus({9, 2}), {}) == remembered);
    }
    SUBCASE("an outlet, cleared") {
        remembered.outlets[1].reset();
        const ProbeRoles roles = assign_roles(remembered, bus({1, 2}), bus({3, 9, 5}));
        CHECK(roles.outlets[1] == probe(9));
        CHECK(roles.outlet_count() == 3);
    }
}

TEST_CASE("more outlets than there are places are left out") {
    const ProbeRoles roles = assign_roles({}, {}, bus({1, 2, 3, 4, 5, 6, 7, 8, 9}));
    CHECK(roles.outlet_count() == btr::kMaxOutlets);
    CHECK(roles.outlets[5] == probe(6));
}
