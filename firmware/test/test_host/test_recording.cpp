#include <doctest/doctest.h>

#include <random>
#include <string>

#include "btr/host/recording.h"

using btr::host::Parsed;
using btr::host::Recording;

namespace {

std::string error_of(const std::string& csv) { return Recording::parse(csv).error; }

}  // namespace

TEST_CASE("A recording is read between its rows, and holds its ends") {
    const auto recording = Recording::parse("Time,Temperature\n10,20\n10.5,21\r\n11.0,-3.5\n");
    REQUIRE(recording.value);
    CHECK(recording.value->duration_s() == 1.0);
    CHECK(recording.value->temp_at(-5.0) == 20.0F);
    CHECK(recording.value->temp_at(0.25) == doctest::Approx(20.5));
    CHECK(recording.value->temp_at(0.5) == 21.0F);
    CHECK(recording.value->temp_at(1.0) == -3.5F);
    CHECK(recording.value->temp_at(1e9) == -3.5F);
}

TEST_CASE("What is no regular recording is refused with the line and the reason") {
    const struct {
        const char* csv;
        const char* error;
    } cases[] = {
        {"", "line 1: the first line must be"},
        {"Zeit,Temperatur\n0,20\n", "line 1: the first line must be"},
        {"Time,Temperature\n", "line 1: the recording ends"},
        {"Time,Temperature\n0,20\n", "line 2: the recording ends"},
        {"Time,Temperature\n0,20\n\n1,20\n", "line 3: not two numbers"},
        {"Time,Temperature\n0,20\n0.5\n", "line 3: not two numbers"},
        {"Time,Temperature\n0,20\n0.5,hot\n", "line 3: not two numbers"},
        {"Time,Temperature\n0,20\n0.5,nan\n", "line 3: not two numbers"},
        {"Time,Temperature\n0,20\n0.5,inf\n", "line 3: not two numbers"},
        {"Time,Temperature\n0,20\n0.5,20,7\n", "line 3: not two numbers"},
        {"Time,Temperature\n0,20\n0.5,1e30\n", "line 3: not two numbers"},
        {"Time,Temperature\n0,20\n0.6,20\n", "line 3: its time is not 0.5 s"},
        {"Time,Temperature\n0,20\n0.5,20\n0.5,20\n", "line 4: its time is not 0.5 s"},
    };
    for (const auto& row : cases) {
        CAPTURE(row.csv);
        CHECK(error_of(row.csv).rfind(row.error, 0) == 0);
    }
}

TEST_CASE("Times that no double holds exactly are no reason to refuse a recording of hours") {
    std::string csv = "Time,Temperature\n";
    for (int i = 0; i < 20000; ++i) csv += std::to_string(0.1 + 0.5 * i) + ",25\n";
    const auto recording = Recording::parse(csv);
    CHECK(recording.error == "");
    CHECK(recording.value->duration_s() == 9999.5);
}

TEST_CASE("No text makes the reader fail in any other way than by a reason") {
    std::mt19937 random(7);
    const std::string alphabet("0123456789.,-+eEinfaTmpu\n\r \0\xff", 29);
    for (int run = 0; run < 5000; ++run) {
        std::string text = run % 2 == 0 ? "Time,Temperature\n" : "";
        for (auto length = random() % 200; length > 0; --length) text += alphabet[random() % alphabet.size()];
        const auto recording = Recording::parse(text);
        REQUIRE(recording.value.has_value() == recording.error.empty());
        if (recording.value) REQUIRE(recording.value->temp_at(0.7) < 10001.0F);
    }
}
