#include "btr/protocol/text.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <random>
#include <string>

using btr::protocol::FixedText;
using btr::protocol::TextBuffer;

namespace {

std::string fixed(double value, int decimals) {
    FixedText<40> text;
    return text.append_fixed(value, decimals).c_str();
}

std::string trimmed(double value, int decimals) {
    FixedText<40> text;
    return text.append_trimmed(value, decimals).c_str();
}

std::string printed(double value, int decimals) {
    char chars[400];
    std::snprintf(chars, sizeof(chars), "%.*f", decimals, value);
    return chars;
}

}  // namespace

TEST_CASE("what fits is there whole, what does not changes nothing and is told") {
    char chars[6];
    TextBuffer text(chars, sizeof(chars));
    text.append("abc").append("de");
    CHECK(text == "abcde");
    CHECK_FALSE(text.overflowed());

    text.append('f');
    CHECK(text.overflowed());
    CHECK(text == "abcde");
    CHECK(text.c_str()[5] == '\0');

    text.clear();
    text.append("much too long");
    CHECK(text.is_empty());
    text.append("a");  // a hole in the middle would be worse than a missing end
    CHECK(text.is_empty());
    CHECK(text.overflowed());
}

TEST_CASE("a fixed text is a value of its own") {
    FixedText<8> first("one");
    FixedText<8> second = first;
    first.append("!");
    CHECK(first == "one!");
    CHECK(second == "one");
    second = first;
    const FixedText<8>& same = second;
    second = same;
    CHECK(second == "one!");
    CHECK(second != "one");
    first.append("more than it holds");
    second = first;
    CHECK(second.overflowed());
}

TEST_CASE("integers from the smallest to the largest") {
    FixedText<64> text;
    text.append_integer(std::numeric_limits<std::int64_t>::min()).append(' ');
    text.append_integer(0).append(' ').append_integer(std::numeric_limits<std::int64_t>::max());
    CHECK(text == "-9223372036854775808 0 9223372036854775807");
    text.clear();
    text.append_padded(7, 2).append_padded(1234, 2).append_padded(0, 0);
    CHECK(text == "071234");
    text.clear();
    text.append_padded(7, 30);  // no more digits than the largest number has
    CHECK(text == "00000000000000000007");
}

TEST_CASE("decimals are those of printf for any float, which the original uses") {
    CHECK(fixed(25.5, 2) == "25.50");
    CHECK(fixed(-0.004, 2) == "-0.00");
    CHECK(fixed(0.125, 2) == "0.12");
    std::mt19937 random(1);
    std::uniform_real_distribution<float> values(-1200.0F, 4200.0F);
    for (int i = 0; i < 20000; ++i) {
        const float value = values(random);
        // halves and eighths fall between two texts
        const float eighth = std::round(value * 8.0F) / 8.0F;
        for (int decimals = 0; decimals <= 4; ++decimals) {
            REQUIRE(fixed(value, decimals) == printed(value, decimals));
            REQUIRE(fixed(eighth, decimals) == printed(eighth, decimals));
        }
    }
}

TEST_CASE("a number that cannot be written is nan") {
    CHECK(fixed(std::numeric_limits<double>::quiet_NaN(), 2) == "nan");
    CHECK(fixed(-std::numeric_limits<double>::infinity(), 2) == "nan");
    CHECK(fixed(1e9, 2) == "nan");
    CHECK(fixed(999999999.0, 6) == "999999999.000000");
    CHECK(fixed(1.0, 7) == "nan");
    CHECK(fixed(1.0, -1) == "nan");
}

TEST_CASE("trimmed numbers end where they mean something") {
    CHECK(trimmed(80.0, 2) == "80");
    CHECK(trimmed(45.5, 2) == "45.5");
    CHECK(trimmed(100.0, 0) == "100");
    CHECK(trimmed(-0.001, 2) == "0");
    CHECK(trimmed(0.05, 2) == "0.05");
    CHECK(trimmed(-12.30, 2) == "-12.3");
    CHECK(trimmed(std::nan(""), 2) == "nan");
}
