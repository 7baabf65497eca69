#include "btr/protocol/json.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

using btr::protocol::JsonDocument;
using btr::protocol::JsonProblem;
using btr::protocol::JsonValue;
using btr::protocol::key_of;

namespace {

JsonProblem problem_of(std::string_view text) { return JsonDocument(text.data(), text.size()).problem(); }

std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) {
        all += text;
    }
    return all;
}

}  // namespace

TEST_CASE("values are read by their own type and by no other") {
    constexpr std::string_view text =
        R"( {"n":45.5,"i":60,"whole":60.0,"t":"text","yes":true,"no":false,"null":null,"list":[1,"b"],"o":{"x":1}} )";
    const JsonDocument document(text.data(), text.size());
    REQUIRE(document.problem() == JsonProblem::none);
    const JsonValue root = document.root();
    CHECK(root.is_object());
    CHECK(root.size() == 9);
    CHECK(root.key().empty());
    CHECK(root.member("n").number() == 45.5);
    CHECK_FALSE(root.member("n").integer());
    CHECK(root.member("i").integer() == 60);
    CHECK(root.member("whole").integer() == 60);
    CHECK(root.member("t").text() == "text");
    CHECK(root.member("yes").boolean() == true);
    CHECK(root.member("no").boolean() == false);
    CHECK(root.member("null").is_null());
    CHECK(root.member("list").is_array());
    CHECK(root.member("list").at(0).integer() == 1);
    CHECK(root.member("list").at(1).text() == "b");
    CHECK(root.member("o").member("x").number() == 1.0);

    CHECK_FALSE(root.member("t").number());
    CHECK_FALSE(root.member("t").integer());
    CHECK_FALSE(root.member("i").text());
    CHECK_FALSE(root.member("i").boolean());
    CHECK_FALSE(root.member("i").is_null());
    CHECK_FALSE(root.member("I").is_present());  // keys are exact
    CHECK_FALSE(root.at(0).is_present());        // an object is no array
    CHECK_FALSE(root.member("list").at(2).is_present());
    CHECK_FALSE(root.member("list").member("1").is_present());
    CHECK_FALSE(root.member("none").member("of").at(3).number());
    CHECK(JsonValue().size() == 0);

    std::string keys;
    for (const JsonValue value : root) {
        keys += value.key();
    }
    CHECK(keys == "niwholetyesnonulllisto");
}

TEST_CASE("an integer is exact or none") {
    const auto integer = [](std::string_view text) { return JsonDocument(text.data(), text.size()).root().integer(); };
    CHECK(integer("9007199254740992") == 9007199254740992);
    CHECK(integer("-3e2") == -300);
    CHECK_FALSE(integer("9007199254740994"));
    CHECK_FALSE(integer("1e30"));
    CHECK_FALSE(integer("0.5"));
    CHECK_FALSE(integer("1e999"));
    const JsonDocument infinite("1e999", 5);
    CHECK_FALSE(infinite.root().number());
}

TEST_CASE("what is no single JSON text is refused") {
    for (const std::string_view text :
         {"",           " ",           "{",           "}",       "{}x",    "{} {}", "nan",      "[nan]",
          "{\"a\":1,}", "{a:1}",       "'a'",         "[1,2",    "\"open", "\"\\",  "\"a\nb\"", "\"\xC3(\"",
          "\xFF",       "\"\\u0000\"", "\"\\ud800\"", "\"\\x\"", "tru",    "[1}",   "-",        "[1 2]"}) {
        CAPTURE(text);
        const JsonDocument document(text.data(), text.size());
        CHECK(document.problem() == JsonProblem::not_json);
        CHECK_FALSE(document.root().is_present());
    }
    CHECK(problem_of(std::string_view("[1]\0", 4)) == JsonProblem::not_json);
    CHECK(problem_of(std::string_view("[\"a\0b\"]", 7)) == JsonProblem::not_json);
    CHECK(problem_of("[1]\r\n\t ") == JsonProblem::none);
    CHECK(problem_of(R"("\\u0000")") == JsonProblem::none);  // an escaped backslash, then letters
}

TEST_CASE("F17 a payload of more than 4 KiB is refused") {
    const std::string largest = '"' + std::string(4094, 'x') + '"';
    CHECK(problem_of(largest) == JsonProblem::none);
    CHECK(problem_of(largest + " ") == JsonProblem::too_long);
}

TEST_CASE("F17 nesting of more than 8 is refused, and brackets within a text are none") {
    CHECK(problem_of(repeated("[", 8) + repeated("]", 8)) == JsonProblem::none);
    CHECK(problem_of(repeated("[", 9) + repeated("]", 9)) == JsonProblem::too_deep);
    CHECK(problem_of(repeated("{\"a\":[", 5) + repeated("]}", 5)) == JsonProblem::too_deep);
    CHECK(problem_of(repeated("[", 4000)) == JsonProblem::too_deep);
    CHECK(problem_of("[\"[[[[[[[[[[\\\"[[[[\"]") == JsonProblem::none);
    CHECK(problem_of("[" + repeated("[],", 20) + "[]]") == JsonProblem::none);
}

TEST_CASE("F17 more values than the arena is made for are refused") {
    CHECK(problem_of("[" + repeated("1,", 254) + "1]") == JsonProblem::none);
    CHECK(problem_of("[" + repeated("1,", 255) + "1]") == JsonProblem::too_many);
    CHECK(problem_of("[" + repeated("\"aaaaaaaaaaaa\",", 254) + "1]") == JsonProblem::none);
    CHECK(problem_of("[" + repeated("{},", 1300) + "1]") == JsonProblem::too_many);
}

TEST_CASE("a key twice in one object is refused, since nobody knows which was meant") {
    CHECK(problem_of(R"({"a":1,"b":2,"a":3})") == JsonProblem::duplicate_key);
    CHECK(problem_of(R"([{"x":{"on":1,"on":1}}])") == JsonProblem::duplicate_key);
    CHECK(problem_of(R"({"a":{"a":1},"b":{"a":1},"A":1})") == JsonProblem::none);
}

TEST_CASE("one document at a time, the next when it is gone") {
    {
        const JsonDocument first("{\"a\":\"kept\"}", 12);
        const JsonDocument second("[2]", 3);
        CHECK(second.problem() == JsonProblem::busy);
        CHECK_FALSE(second.root().is_present());
        {
            const JsonDocument third("[3]", 3);
        }
        CHECK(JsonDocument("[4]", 3).problem() == JsonProblem::busy);
        CHECK(first.root().member("a").text() == "kept");
    }
    CHECK(problem_of("[5]") == JsonProblem::none);
}

TEST_CASE("a thousand documents need no more room than one") {
    const std::string text = "[" + repeated("\"aaaaaaaaaaaa\",", 200) + "1]";
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(problem_of(text) == JsonProblem::none);
        REQUIRE(problem_of("[" + repeated("[],", 400)) != JsonProblem::none);
    }
}

TEST_CASE("every problem has a key of its own") {
    std::vector<std::string> keys;
    for (int i = 0; i <= static_cast<int>(JsonProblem::busy); ++i) {
        keys.emplace_back(key_of(static_cast<JsonProblem>(i)));
        for (int j = 0; j < i; ++j) {
            CHECK(keys[static_cast<std::size_t>(j)] != keys.back());
        }
    }
}

TEST_CASE("F17 any bytes: an answer, and no harm") {
    std::mt19937 random(17);
    constexpr std::string_view pieces[] = {"{",        "}",      "[",    "]",      "\"",        ":",  ",",
                                           "1",        "-2.5e3", "true", "null",   "\\u12",     "\\", "a",
                                           "\xC3\xA9", "\xFF",   " ",    "\"k\":", "{\"a\":1}", "nul"};
    int accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text;
        const auto length = random() % 12;
        for (unsigned i = 0; i < length; ++i) {
            text += pieces[random() % std::size(pieces)];
        }
        // in memory of its own, so that reading past the end is seen
        const std::vector<char> bytes(text.begin(), text.end());
        const JsonDocument document(bytes.data(), bytes.size());
        accepted += document.problem() == JsonProblem::none;
        REQUIRE((document.problem() == JsonProblem::none) == document.root().is_present());
    }
    CHECK(accepted > 100);
}
