#include <doctest/doctest.h>

#include <random>
#include <string>

#include "btr/host/battery_sensors.h"
#include "btr/host/fault_script.h"

using namespace btr;
using namespace btr::host;

namespace {

FaultScript script(const std::string& text, Machine machine) {
    const auto parsed = FaultScript::parse(text, machine);
    INFO(parsed.error);
    REQUIRE(parsed.value);
    return *parsed.value;
}

}  // namespace

TEST_CASE("A script has a fault a line, comments and blank lines") {
    const auto faults = script(
        "# a day in the laboratory\n"
        "\n"
        "60 outlet2 unplug for 20   # somebody trips over the cable\r\n"
        "\t70.5\ttank stuck -12.5\n"
        "80 link drop for 0.25\n"
        "90 device watchdog_reset",
        Machine::bath);
    REQUIRE(faults.faults().size() == 4);

    CHECK(faults.active(Target::outlet2, 59999) == nullptr);
    CHECK(faults.active(Target::outlet2, 60000)->kind == FaultKind::unplug);
    CHECK(faults.active(Target::outlet2, 79999) != nullptr);
    CHECK(faults.active(Target::outlet2, 80000) == nullptr);
    CHECK(faults.active(Target::outlet1, 60000) == nullptr);

    CHECK(faults.active(Target::tank, 70499) == nullptr);
    CHECK(faults.active(Target::tank, 1000 * kHour)->value == -12.5F);

    CHECK(faults.active(Target::link, 80249)->kind == FaultKind::drop);
    CHECK(faults.active(Target::link, 80250) == nullptr);
}

TEST_CASE("A later line wins while both hold") {
    const auto faults = script("0 core stuck 50\n10 core unplug for 5\n", Machine::bath);
    CHECK(faults.active(Target::core, 9999)->kind == FaultKind::stuck);
    CHECK(faults.active(Target::core, 12000)->kind == FaultKind::unplug);
    CHECK(faults.active(Target::core, 15000)->kind == FaultKind::stuck);
}

TEST_CASE("A reset is met once by whoever asks from step to step") {
    const auto faults = script("2 device brownout\n1 device watchdog_reset\n", Machine::battery_node);
    CHECK(faults.reset_between(0, 999) == nullptr);
    CHECK(faults.reset_between(999, 1000)->kind == FaultKind::watchdog_reset);
    CHECK(faults.reset_between(1000, 1999) == nullptr);
    CHECK(faults.reset_between(1000, 2000)->kind == FaultKind::brownout);
    CHECK(faults.reset_between(0, 5000)->kind == FaultKind::watchdog_reset);
    CHECK(faults.active(Target::device, 1000) == nullptr);
}

TEST_CASE("What cannot be understood is refused with its line and what would be right") {
    const struct {
        const char* text;
        Machine machine;
        const char* error;
    } cases[] = {
        {"soon tank unplug", Machine::bath, "line 1: 'soon' is no time in seconds"},
        {"-1 tank unplug", Machine::bath, "line 1: '-1' is no time in seconds"},
        {"nan tank unplug", Machine::bath, "line 1: 'nan' is no time in seconds"},
        {"1e300 tank unplug", Machine::bath, "line 1: '1e300' is no time in seconds"},
        {"\n\n5", Machine::bath, "line 3: '' is none of core, tank, outlet1"},
        {"5 internal open", Machine::bath, "line 1: 'internal' is none of core, tank, outlet1"},
        {"5 tank unplug", Machine::battery_node, "line 1: 'tank' is none of ambient, humidity, internal"},
        {"5 tank open", Machine::bath,
         "line 1: tank cannot have the fault 'open', but: stuck VALUE, offset VALUE, nan,"},
        {"5 mq2 nan", Machine::battery_node, "line 1: mq2 cannot have the fault 'nan', but: stuck VALUE"},
        {"5 tank", Machine::bath, "line 1: tank cannot have the fault ''"},
        {"5 tank stuck", Machine::bath, "line 1: '' is no value"},
        {"5 tank stuck hot", Machine::bath, "line 1: 'hot' is no value"},
        {"5 tank unplug 7", Machine::bath, "line 1: nothing is known of '7' here"},
        {"5 tank unplug for", Machine::bath, "line 1: '' is no length of time"},
        {"5 tank unplug for ever", Machine::bath, "line 1: 'ever' is no length of time"},
        {"5 tank unplug for 3 s", Machine::bath, "line 1: nothing is known of 's' here"},
        {"5 device brownout for 3", Machine::bath, "line 1: nothing is known of 'for' here"},
    };
    for (const auto& row : cases) {
        CAPTURE(row.text);
        const auto parsed = FaultScript::parse(row.text, row.machine);
        CHECK_FALSE(parsed.value);
        CAPTURE(parsed.error);
        CHECK(parsed.error.rfind(row.error, 0) == 0);
    }
}

TEST_CASE("A script without end is refused") {
    std::string text;
    for (std::size_t i = 0; i <= FaultScript::kMostFaults; ++i) text += "1 tank unplug\n";
    CHECK(FaultScript::parse(text, Machine::bath).error == "line 1001: more than 1000 faults");
}

TEST_CASE("No text makes the parser fail in any other way than by a reason") {
    std::mt19937 random(3);
    const char* words[] = {
        "0",   "5", "1e9", "-3", "internal", "tank", "link", "device",   "stuck", "drop", "unplug", "watchdog_reset",
        "for", "#", "\n",  "\n", "\r\n",     "\t",   "nan",  "\xff\xfe", ""};
    for (int run = 0; run < 5000; ++run) {
        std::string text;
        for (auto count = random() % 40; count > 0; --count) {
            text += words[random() % std::size(words)];
            if (random() % 8 != 0) text += ' ';
        }
        for (const Machine machine : {Machine::bath, Machine::battery_node}) {
            const auto parsed = FaultScript::parse(text, machine);
            REQUIRE(parsed.value.has_value() == parsed.error.empty());
            if (!parsed.value) continue;
            for (const Fault& fault : parsed.value->faults()) REQUIRE(fault.from_ms <= fault.until_ms);
        }
    }
}

TEST_CASE("Faults reach the readings of the channel that they name, and no other") {
    BatterySensors sensors(false);
    const RawBattery sound = sensors.read(25.0F, 60.0F);
    const auto spoilt = [&](const std::string& text) {
        RawBattery readings = sound;
        spoil(readings, script(text, Machine::battery_node), 0);
        return readings;
    };
    CHECK(spoilt("0 internal open").internal_c == doctest::Approx(988.79));
    CHECK(spoilt("0 internal open").internal_fault != 0);
    CHECK(spoilt("0 internal short").internal_c == doctest::Approx(-242.02));
    CHECK(std::isnan(*spoilt("0 internal nan").internal_c));
    CHECK(spoilt("0 internal stuck 61.5").internal_c == 61.5F);
    CHECK(spoilt("0 internal stuck 61.5").internal_fault == 0);
    CHECK(spoilt("0 ambient offset 10").ambient_c == *sound.ambient_c + 10.0F);
    CHECK_FALSE(spoilt("0 humidity silent").humidity_percent);
    CHECK(spoilt("0 mq7 stuck 9999").gas_adc[kMq7] == 4095);
    CHECK(spoilt("0 mq7 stuck 9999").gas_adc[kMq8] == sound.gas_adc[kMq8]);
    CHECK_FALSE(spoilt("0 smoke silent").smoke_ir);
    CHECK(spoilt("0 smoke_chip stuck 33").smoke_chip_c == 33.0F);
    CHECK_FALSE(spoilt("0 voc silent").voc_index);
    CHECK(*spoilt("0 voc offset -17000").voc_index > *sound.voc_index + 300.0F);
    CHECK(spoilt("0 link drop").internal_c == sound.internal_c);
}

TEST_CASE("A cell that opens fills the air around the node with gas and smoke, if it vents at all") {
    BatterySensors venting(true);
    BatterySensors tight(false);
    RawBattery in_gas, in_air;
    for (int i = 0; i < 60; ++i) {
        in_gas = venting.read(300.0F, 0.5F);
        in_air = tight.read(300.0F, 0.5F);
    }
    CHECK(*in_gas.smoke_ir > 1000);
    CHECK(*in_gas.gas_adc[kMq8] > 1800);
    CHECK(*in_gas.voc_index > 400.0F);
    CHECK(*in_air.smoke_ir < 140);
    CHECK(*in_air.voc_index < 120.0F);
    CHECK(*in_air.internal_c == doctest::Approx(300.0).epsilon(0.01));
}

TEST_CASE("The SGP41 has no index before it has conditioned") {
    BatterySensors sensors(false);
    CHECK_FALSE(sensors.read(25.0F, 0.0F).voc_index);
    CHECK_FALSE(sensors.read(25.0F, 9.5F).voc_index);
    CHECK(sensors.read(25.0F, 0.5F).voc_index);
}
