#include "btr/protocol/probe_reader.h"

#include <doctest/doctest.h>

#include <map>
#include <vector>

using namespace btr::protocol;
using btr::Millis;
using btr::ProbeFault;
using btr::RawProbes;

namespace {

RomCode probe(std::uint8_t number) {
    RomCode code{0x28, number, 0x10, 0, 0, 0, 0, 0};
    code[7] = one_wire_crc(code.data(), 7);
    return code;
}

// A bus with DS18B20 that have converted what they measured when they were last told to.
class FakeBus final : public OneWireBus {
public:
    std::map<RomCode, float> now_c;  // those that are plugged in
    int conversions = 0;
    int reads = 0;
    bool is_deaf = false;   // nobody answers a reset, nor hears what follows
    bool is_wrong = false;  // a bit of each scratchpad is read wrongly

    bool reset() override {
        written_.clear();
        return !now_c.empty() && !is_deaf;
    }
    void write(std::uint8_t byte) override {
        written_.push_back(byte);
        if (is_deaf) {
            return;
        }
        if (written_ == std::vector<std::uint8_t>{0xCC, 0x44}) {
            converted_c_ = now_c;
            ++conversions;
        } else if (written_.size() == 10 && written_[0] == 0x55 && byte == 0xBE) {
            RomCode code{};
            std::copy(written_.begin() + 1, written_.begin() + 9, code.begin());
            load(code);
        }
    }
    std::uint8_t read() override { return scratchpad_[at_++]; }
    bool search(RomCode& next) override {
        if (found_ == now_c.size()) {
            found_ = 0;
            return false;
        }
        next = std::next(now_c.begin(), static_cast<std::ptrdiff_t>(found_++))->first;
        return true;
    }

private:
    void load(const RomCode& code) {
        scratchpad_.fill(0xFF);  // nobody pulls the wire down
        at_ = 0;
        ++reads;
        if (now_c.count(code) == 0) {
            return;
        }
        const float temp_c = converted_c_.count(code) != 0 ? converted_c_[code] : 85.0F;
        const auto bits = static_cast<std::uint16_t>(static_cast<int>(temp_c * 16.0F));
        scratchpad_ = {static_cast<std::uint8_t>(bits),
                       static_cast<std::uint8_t>(bits >> 8),
                       0x4B,
                       0x46,
                       0x7F,
                       0xFF,
                       0x0C,
                       0x10,
                       0};
        scratchpad_[8] = static_cast<std::uint8_t>(one_wire_crc(scratchpad_.data(), 8) ^ (is_wrong ? 1 : 0));
    }

    std::vector<std::uint8_t> written_;
    std::map<RomCode, float> converted_c_;
    Scratchpad scratchpad_{};
    std::size_t at_ = 0;
    std::size_t found_ = 0;
};

struct Bench {
    FakeBus first, second;
    ProbeReader reader{first, second};
    RawProbes newest;

    Bench() {
        first.now_c = {{probe(1), 40.0F}, {probe(2), 70.0F}};
        second.now_c = {{probe(3), 50.0F}, {probe(4), 51.0F}};
    }
    void run(Millis from_ms, Millis to_ms) {
        for (Millis now = from_ms; now < to_ms; now += 20) {
            newest = reader.latest(now);
        }
    }
};

}  // namespace

TEST_CASE("every second all probes convert, and are read when they are ready, one in each call") {
    Bench bench;
    bench.reader.begin({});
    CHECK_FALSE(bench.reader.does_any_answer());
    bench.run(0, 800);
    CHECK(bench.newest.core.fault == ProbeFault::missing);
    CHECK(bench.first.reads + bench.second.reads == 0);
    bench.run(800, 820);
    CHECK(bench.first.reads + bench.second.reads == 1);
    bench.run(820, 1000);
    CHECK(bench.newest.core.temp_c == 40.0F);
    CHECK(bench.newest.tank.temp_c == 70.0F);
    CHECK(bench.newest.outlet_count == 2);
    CHECK(bench.newest.outlets[1].temp_c == 51.0F);
    CHECK(bench.newest.outlets[1].sampled_ms == 0);
    CHECK(bench.reader.does_any_answer());
    CHECK(bench.first.conversions == 1);
    bench.first.now_c[probe(2)] = 71.5F;
    bench.run(1000, 2000);
    CHECK(bench.first.conversions == 2);
    CHECK(bench.newest.tank.temp_c == 71.5F);
    CHECK(bench.newest.tank.sampled_ms == 1000);
}

TEST_CASE("H7 an unplugged core probe is missing, the tank stays the tank") {
    Bench bench;
    bench.reader.begin({});
    bench.run(0, 1000);
    bench.first.now_c.erase(probe(1));
    bench.run(1000, 2000);
    CHECK(bench.newest.core.fault == ProbeFault::missing);
    CHECK(bench.newest.core.temp_c == -127.0F);
    CHECK(bench.newest.core.sampled_ms == 1000);
    CHECK(bench.newest.tank.temp_c == 70.0F);
    bench.first.now_c.clear();
    bench.run(2000, 3000);
    CHECK(bench.newest.tank.fault == ProbeFault::missing);
}

TEST_CASE("F5 a bus that did not hear of the conversion has no new temperature, whatever its probes still hold") {
    Bench bench;
    bench.reader.begin({});
    bench.run(0, 1000);
    REQUIRE(bench.newest.tank.temp_c == 70.0F);
    bench.first.now_c[probe(2)] = 90.0F;
    bench.first.is_deaf = true;
    bench.run(1000, 1020);  // the conversion is asked for
    bench.first.is_deaf = false;
    bench.run(1020, 2000);
    CHECK(bench.newest.tank.fault == ProbeFault::missing);
    CHECK(bench.newest.outlets[0].fault == ProbeFault::none);
    bench.run(2000, 3000);
    CHECK(bench.newest.tank.temp_c == 90.0F);
}

TEST_CASE("a wrong checksum is told, and a power-on value passed on as it is") {
    Bench bench;
    bench.first.is_wrong = true;
    bench.reader.begin({});
    bench.run(0, 900);
    CHECK(bench.newest.core.fault == ProbeFault::crc);
    bench.second.now_c[probe(5)] = 20.0F;  // plugged in after the start: not in a role, not read
    bench.run(900, 2000);
    CHECK(bench.newest.outlet_count == 2);
}

TEST_CASE("remembered roles come before the order of the search; strangers on the bus are no probes") {
    Bench bench;
    ProbeRoles remembered;
    remembered.core = probe(2);
    remembered.tank = probe(1);
    bench.first.now_c[RomCode{0x10, 1, 2, 3, 4, 5, 6, 7}] = 0.0F;  // another family
    const ProbeRoles roles = bench.reader.begin(remembered);
    CHECK(roles.core == probe(2));
    CHECK(roles.outlet_count() == 2);
    bench.run(0, 1000);
    CHECK(bench.newest.core.temp_c == 70.0F);
}

TEST_CASE("a bath without any probe is read without end or error") {
    FakeBus first, second;
    ProbeReader reader(first, second);
    CHECK(reader.begin({}) == ProbeRoles{});
    for (Millis now = 0; now < 5000; now += 20) {
        CHECK(reader.latest(now).core.fault == ProbeFault::missing);
    }
    CHECK_FALSE(reader.does_any_answer());
}
