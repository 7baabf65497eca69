#include "btr/protocol/device_time.h"

#include <doctest/doctest.h>

#include <string>

using namespace btr;
using namespace btr::protocol;

namespace {

std::string time_of(std::optional<std::int64_t> utc_s, Millis uptime_ms = 0) {
    FixedText<32> text;
    append_device_time(utc_s, uptime_ms, text);
    return text.c_str();
}

}  // namespace

TEST_CASE("time is told in UTC+8") {
    CHECK(time_of(1775095200) == "2026-04-02 10:00:00");
    CHECK(time_of(1798732799) == "2026-12-31 23:59:59");
    CHECK(time_of(1798732800) == "2027-01-01 00:00:00");
    CHECK(time_of(1835366400) == "2028-02-29 00:00:00");
    CHECK(time_of(4294967296) == "2106-02-07 14:28:16");  // past 32 bits
}

TEST_CASE("before the clock was set, time counts from 1970-01-01 08:00:00 as in the original") {
    CHECK(time_of(std::nullopt) == "1970-01-01 08:00:00");
    CHECK(time_of(std::nullopt, 61999) == "1970-01-01 08:01:01");
    CHECK(time_of(std::nullopt, 50 * 24 * kHour) == "1970-02-20 08:00:00");
    CHECK(time_of(-5, 1000) == "1970-01-01 08:00:01");  // no date of this device
    CHECK(time_of(253402300800, 1000) == "1970-01-01 08:00:01");
}
