#include <doctest/doctest.h>

#include "btr/battery/override.h"

using namespace btr;
using battery::Level;
using battery::Override;

TEST_CASE("H3 a danger that comes between two steps is shown at once, whatever was ordered before") {
    Override override;
    REQUIRE(override.order(0, Level::normal, kMinute, Level::warning) == nullptr);
    CHECK(override.effective(Level::warning) == Level::normal);
    CHECK(override.effective(Level::danger) == Level::danger);
}

TEST_CASE("H3 an order to lower ends with the danger that it met, and does not come back when that passes") {
    Override override;
    REQUIRE(override.order(0, Level::normal, kMinute, Level::warning) == nullptr);
    override.update(500, Level::danger);
    CHECK(override.effective(Level::warning) == Level::warning);
}
