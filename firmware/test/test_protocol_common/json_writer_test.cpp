#include "btr/protocol/json_writer.h"

#include <doctest/doctest.h>

#include <limits>
#include <string>

#include "btr/protocol/json.h"
#include "btr/protocol/utf8.h"

using btr::protocol::FixedText;
using btr::protocol::JsonDocument;
using btr::protocol::JsonProblem;
using btr::protocol::JsonWriter;

TEST_CASE("commas come by themselves at every depth") {
    FixedText<200> text;
    JsonWriter json(text);
    json.begin_object().key("a").integer(-1).key("b").begin_array();
    json.boolean(true).null().begin_object().end_object().begin_array().integer(1).integer(2).end_array();
    json.end_array().key("c").begin_object().key("d").text("e").key("f").boolean(false).end_object().end_object();
    CHECK(json.is_complete());
    CHECK(text == R"({"a":-1,"b":[true,null,{},[1,2]],"c":{"d":"e","f":false}})");
}

TEST_CASE("numbers as the original prints them, and never nan") {
    FixedText<200> text;
    JsonWriter json(text);
    json.begin_array().number(25.5, 2).number(std::optional<float>(), 2).number(std::optional<float>(0.25F), 1);
    json.number(std::numeric_limits<double>::quiet_NaN(), 2).number(1e9, 0).short_number(80.0, 2);
    json.short_number(std::optional<float>(45.5F), 2).short_number(std::optional<float>(), 2);
    json.short_number(-std::numeric_limits<double>::infinity(), 2).integer(std::optional<int>(3));
    json.integer(std::optional<int>()).end_array();
    CHECK(json.is_complete());
    CHECK(text == "[25.50,null,0.2,null,null,80,45.5,null,null,3,null]");
}

TEST_CASE("the length of nothing is 0") { CHECK(btr::protocol::utf8_length("") == 0); }

TEST_CASE("any text is written as JSON") {
    FixedText<200> text;
    JsonWriter json(text);
    json.text("\"\\\n\r\t\x01\x1F ℃ 蓄\xF0\x9F\x94\xA5");
    CHECK(text == "\"\\\"\\\\\\n\\r\\t\\u0001\\u001f ℃ 蓄\xF0\x9F\x94\xA5\"");

    SUBCASE("bytes that are no UTF-8 are replaced one by one") {
        const char* const bad[] = {"\x80", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF"};
        const std::size_t replaced[] = {1, 1, 2, 3, 4, 2, 1};
        for (std::size_t i = 0; i < std::size(bad); ++i) {
            text.clear();
            JsonWriter(text).text(bad[i]);
            CHECK(text.size() == 2 + 3 * replaced[i]);
            CHECK(text.view().find("\xEF\xBF\xBD") == 1);
        }
    }
}

TEST_CASE("what was written is read back") {
    std::string bytes;
    for (int i = 1; i < 256; ++i) {
        bytes += static_cast<char>(i < 128 ? i : 0);
    }
    bytes.resize(127);
    FixedText<800> text;
    JsonWriter json(text);
    json.begin_object().key(bytes).text(bytes).end_object();
    REQUIRE(json.is_complete());
    const JsonDocument document(text.c_str(), text.size());
    REQUIRE(document.problem() == JsonProblem::none);
    CHECK(document.root().member(bytes).text() == bytes);
}

TEST_CASE("a message that does not fit is no message") {
    FixedText<20> text;
    JsonWriter json(text);
    json.begin_object().key("key").text("a text longer than the rest").end_object();
    CHECK(text.overflowed());
    CHECK_FALSE(json.is_complete());
}

TEST_CASE("brackets that do not match are no message") {
    FixedText<200> text;
    SUBCASE("nothing written") { CHECK_FALSE(JsonWriter(text).is_complete()); }
    SUBCASE("left open") {
        JsonWriter json(text);
        CHECK_FALSE(json.begin_object().is_complete());
    }
    SUBCASE("closed twice") {
        JsonWriter json(text);
        CHECK_FALSE(json.begin_array().end_array().end_array().is_complete());
    }
    SUBCASE("a key without a value") {
        JsonWriter json(text);
        CHECK_FALSE(json.begin_object().key("a").end_object().integer(1).end_object().is_complete());
    }
    SUBCASE("two keys") {
        JsonWriter json(text);
        CHECK_FALSE(json.begin_object().key("a").key("b").integer(1).end_object().is_complete());
    }
    SUBCASE("too deep") {
        JsonWriter json(text);
        for (int i = 0; i < 40; ++i) {
            json.begin_array();
        }
        for (int i = 0; i < 31; ++i) {
            json.end_array();
        }
        CHECK_FALSE(json.is_complete());
    }
}
