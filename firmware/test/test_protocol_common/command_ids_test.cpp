#include "btr/protocol/command_ids.h"

#include <doctest/doctest.h>

#include <string>

using namespace btr::protocol;

namespace {

Ack ack_of(std::string_view id, AckResult result, std::string_view reason) {
    Ack ack;
    ack.id.append(id);
    ack.result = result;
    ack.reason.append(reason);
    return ack;
}

std::string encoded(const Ack& ack) {
    FixedText<300> text;
    REQUIRE(encode_ack(ack, text));
    return text.c_str();
}

}  // namespace

TEST_CASE("an answer as the other end reads it") {
    CHECK(encoded(ack_of("a1", AckResult::applied, "")) == R"({"id":"a1","result":"applied","reason":null})");
    CHECK(encoded(ack_of("a2", AckResult::accepted, "guard")) == R"({"id":"a2","result":"accepted","reason":"guard"})");
    CHECK(encoded(ack_of("a\"3", AckResult::refused, "hard_rule")) ==
          R"({"id":"a\"3","result":"refused","reason":"hard_rule"})");
    FixedText<20> small;
    CHECK_FALSE(encode_ack(ack_of("a1", AckResult::applied, ""), small));
}

TEST_CASE("F18 the same id twice is answered as the first time") {
    CommandIds ids;
    CHECK(ids.find("a1") == nullptr);
    ids.remember(ack_of("a1", AckResult::refused, "tank_invalid"));
    ids.remember(ack_of("a2", AckResult::applied, ""));
    REQUIRE(ids.find("a1") != nullptr);
    CHECK(encoded(*ids.find("a1")) == R"({"id":"a1","result":"refused","reason":"tank_invalid"})");
    CHECK(ids.find("a2")->result == AckResult::applied);
    CHECK(ids.find("a") == nullptr);
    CHECK(ids.find("") == nullptr);  // no id is no id that was seen
}

TEST_CASE("F18 the last 32 ids are known") {
    CommandIds ids;
    for (int i = 0; i < 40; ++i) {
        ids.remember(ack_of("id" + std::to_string(i), AckResult::applied, ""));
    }
    CHECK(ids.find("id7") == nullptr);
    CHECK(ids.find("id8") != nullptr);
    CHECK(ids.find("id39") != nullptr);
}

TEST_CASE("an id is a text of 1 to 64 bytes") {
    const auto read = [](const std::string& command) {
        const JsonDocument document(command.data(), command.size());
        const CommandId id = read_id(document.root());
        return id.is_bad ? std::string("bad") : std::string(id.text);
    };
    CHECK(read(R"({"id":"a1"})") == "a1");
    CHECK(read(R"({})").empty());
    CHECK(read(R"({"id":null})").empty());
    CHECK(read(R"({"id":""})") == "bad");
    CHECK(read(R"({"id":7})") == "bad");
    CHECK(read("{\"id\":\"" + std::string(64, 'x') + "\"}") == std::string(64, 'x'));
    CHECK(read("{\"id\":\"" + std::string(65, 'x') + "\"}") == "bad");
}

TEST_CASE("F18 an expired command does nothing; a doubtful one can only switch off") {
    const auto freshness = [](std::string_view text, std::optional<std::int64_t> utc_s) {
        const JsonDocument document(text.data(), text.size());
        return freshness_of(document.root(), utc_s);
    };
    CHECK(freshness("{}", std::nullopt) == Freshness::fresh);
    CHECK(freshness(R"({"expires":null})", std::nullopt) == Freshness::fresh);
    CHECK(freshness(R"({"expires":1000})", 999) == Freshness::fresh);
    CHECK(freshness(R"({"expires":1000})", 1000) == Freshness::expired);
    CHECK(freshness(R"({"expires":1000})", 5000) == Freshness::expired);
    CHECK(freshness(R"({"expires":1000})", std::nullopt) == Freshness::unknown);
    CHECK(freshness(R"({"expires":"soon"})", 1) == Freshness::unknown);
    CHECK(freshness(R"({"expires":1000.5})", 1) == Freshness::unknown);

    CHECK(refusal_of(Freshness::fresh, false) == nullptr);
    CHECK(refusal_of(Freshness::fresh, true) == nullptr);
    CHECK(std::string(refusal_of(Freshness::expired, false)) == "expired");
    CHECK(std::string(refusal_of(Freshness::expired, true)) == "expired");
    CHECK(std::string(refusal_of(Freshness::unknown, false)) == "expiry_unknown");
    CHECK(refusal_of(Freshness::unknown, true) == nullptr);
}
