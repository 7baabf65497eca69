#pragma once
// A bath that heats to 60 degC.
#include <doctest/doctest.h>

#include "bath_bench.h"

namespace btr::test {

inline control::BathSettings setpoint_60() {
    control::BathSettings settings;
    settings.target_c = 60.0F;
    return settings;
}

struct Heating : BathBench {
    Heating() : BathBench(setpoint_60()) {
        settle(55.0F, 60.0F, 40.0F);
        REQUIRE(heater.is_on);
        REQUIRE(pump.is_on);
    }
};

}  // namespace btr::test
