// Corrections: F4, H3, H4, F17, F18.
#include <doctest/doctest.h>

#include <string>

#include "battery_node.h"

using namespace btr;
using battery::Level;
using protocol::Drop;
using test::Node;

namespace {

const std::string kAck = "btr/cell-7/ack";

// A node that has run for a while, warm and quiet.
void settle(Node& node) {
    node.stay(10 * kSecond);
    node.link.sent.clear();
}

std::string answer(std::string_view id, std::string_view result, std::string_view reason = {}) {
    std::string text = "{\"id\":\"" + std::string(id) + "\",\"result\":\"" + std::string(result) + "\",\"reason\":";
    return text + (reason.empty() ? "null" : "\"" + std::string(reason) + "\"") + "}";
}

}  // namespace

TEST_CASE("F4 a remote level raises at once and ends 60 s after its last refresh") {
    Node node;
    settle(node);
    node.order("danger");
    CHECK(node.device.shown() == Level::danger);
    node.stay(40 * kSecond);
    node.order("danger");
    node.stay(59 * kSecond);
    CHECK(node.device.shown() == Level::danger);
    node.stay(2 * kSecond);
    CHECK(node.device.shown() == Level::normal);
}

TEST_CASE("F4 an order in JSON may live shorter, never longer") {
    Node node;
    settle(node);
    node.order(R"({"level":"warning","ttl_s":5})");
    node.stay(4 * kSecond);
    CHECK(node.device.shown() == Level::warning);
    node.stay(2 * kSecond);
    CHECK(node.device.shown() == Level::normal);
    node.order(R"({"level":"warning","ttl_s":86400})");
    node.stay(62 * kSecond);
    CHECK(node.device.shown() == Level::normal);
}

TEST_CASE("H3 F4 a remote normal does not hide a local DANGER, before it or after it") {
    Node node;
    settle(node);
    node.order("normal");
    node.raw.internal_c = 75.0F;
    node.stay(3 * kSecond);
    CHECK(node.device.shown() == Level::danger);
    node.order(R"({"level":"normal","id":"n1"})");
    CHECK(node.link.last(kAck) == answer("n1", "refused", "hard_rule"));
    node.order(R"({"level":"warning","id":"n2"})");
    CHECK(node.link.last(kAck) == answer("n2", "refused", "hard_rule"));
    node.sample();
    CHECK(node.device.shown() == Level::danger);
    CHECK(node.link.last("btr/cell-7/sensor").find(R"("status":"DANGER")") != std::string::npos);
    // Nor does the first one come back when the cell has cooled to a warning.
    node.raw.internal_c = 52.0F;
    node.stay(15 * kSecond);
    CHECK(node.device.shown() == Level::warning);
}

TEST_CASE("F4 a remote normal may take back a warning, for a minute") {
    Node node;
    node.raw.internal_c = 52.0F;
    settle(node);
    CHECK(node.device.shown() == Level::warning);
    node.order(R"({"level":"normal","id":"n1"})");
    CHECK(node.link.last(kAck) == answer("n1", "applied"));
    node.stay(50 * kSecond);
    CHECK(node.device.shown() == Level::normal);
    const std::string told = node.link.last("btr/cell-7/sensor");
    CHECK(told.find(R"("local_status":"WARNING","override":"NORMAL")") != std::string::npos);
    node.stay(11 * kSecond);
    CHECK(node.device.shown() == Level::warning);
}

TEST_CASE("H4 F4 each node has topics of its own, and none obeys or answers what is for another") {
    Node seven, eight({"cell-8", "1.2.0", "power_on", false, true});
    settle(seven);
    settle(eight);
    const auto both_hear = [&](const char* topic, std::string_view payload) {
        seven.hear(topic, payload);
        eight.hear(topic, payload);
    };
    both_hear("btr/cell-8/statue", R"({"level":"danger","id":"a1"})");
    both_hear("statue", "danger");  // the one topic of all of the original
    CHECK(seven.device.shown() == Level::normal);
    CHECK(eight.device.shown() == Level::danger);
    CHECK(seven.link.payloads("btr/cell-8/ack").empty());
    CHECK(seven.link.payloads(kAck).empty());
    CHECK(eight.link.last("btr/cell-8/ack") == answer("a1", "applied"));
    seven.stay(kMinute);
    eight.stay(kMinute);
    REQUIRE(!seven.link.sent.empty());
    REQUIRE(!eight.link.sent.empty());
    for (const test::Sent& message : seven.link.sent) {
        CHECK(message.topic.rfind("btr/cell-7/", 0) == 0);
    }
    for (const test::Sent& message : eight.link.sent) {
        CHECK(message.topic.rfind("btr/cell-8/", 0) == 0);
    }
}

TEST_CASE("F18 the same id acts once and is answered twice") {
    Node node;
    settle(node);
    node.order(R"({"level":"danger","id":"a1","ttl_s":5})");
    CHECK(node.link.last(kAck) == answer("a1", "applied"));
    node.stay(10 * kSecond);
    CHECK(node.device.shown() == Level::normal);
    node.order(R"({"level":"danger","id":"a1","ttl_s":5})");
    CHECK(node.device.shown() == Level::normal);
    CHECK(node.link.payloads(kAck).size() == 2);
    CHECK(node.link.last(kAck) == answer("a1", "applied"));
}

TEST_CASE("F4 F18 an expired order does nothing; without a clock it may raise and not lower") {
    Node node;
    node.raw.internal_c = 52.0F;
    settle(node);
    node.order(R"({"level":"normal","id":"e1","expires":1767225600})");
    CHECK(node.link.last(kAck) == answer("e1", "refused", "expiry_unknown"));
    node.order(R"({"level":"danger","id":"e2","ttl_s":1,"expires":1767225600})");
    CHECK(node.link.last(kAck) == answer("e2", "applied"));
    node.stay(2 * kSecond);
    node.clock.now_utc_s = 1767225600;
    node.order(R"({"level":"danger","id":"e3","expires":1767225600})");
    CHECK(node.link.last(kAck) == answer("e3", "refused", "expired"));
    CHECK(node.device.shown() == Level::warning);
    node.order(R"({"level":"normal","id":"e4","expires":1767225601})");
    CHECK(node.link.last(kAck) == answer("e4", "applied"));
}

TEST_CASE("F4 F17 what is malformed, oversized, retained or too frequent is ignored and counted") {
    Node node;
    settle(node);
    const std::string words[] = {"",           "DANGER",
                                 "danger ",    "panic",
                                 "\"danger\"", "{",
                                 "[1]",        "{}",
                                 "null",       "{\"x\":1}",
                                 "danger\n",   std::string("danger\0", 7),
                                 "\xff\xfe",   "{\"level\":\"danger\",\"level\":\"normal\"}"};
    std::uint32_t unreadable = 0;
    for (const std::string& word : words) {
        node.order(word);
        node.stay(kSecond);
        CHECK(node.device.inbox().count_of(Drop::not_readable) == ++unreadable);
    }
    node.order(std::string(4097, ' '));
    CHECK(node.device.inbox().count_of(Drop::too_long) == 1);
    node.hear("btr/cell-7/statue", "danger", true);
    CHECK(node.device.inbox().count_of(Drop::retained) == 1);
    node.stay(kSecond);
    for (int i = 0; i < 20; ++i) {
        node.order("normal");
    }
    CHECK(node.device.inbox().count_of(Drop::too_often) == 15);
    node.hear("btr/cell-8/statue", "danger");
    CHECK(node.device.shown() == Level::normal);
    CHECK(node.link.payloads(kAck).empty());
}

TEST_CASE("F18 an order that cannot be carried out is refused with its reason") {
    const struct {
        const char* order;
        const char* reason;
    } rows[] = {
        {R"({"level":"panic","id":"r1"})", "bad_level"},
        {R"({"level":2,"id":"r2"})", "bad_level"},
        {R"({"level":"danger","id":"r3","ttl_s":0})", "bad_ttl"},
        {R"({"level":"danger","id":"r4","ttl_s":-1})", "bad_ttl"},
        {R"({"level":"danger","id":"r5","ttl_s":1.5})", "bad_ttl"},
        {R"({"level":"danger","id":"r6","ttl_s":"60"})", "bad_ttl"},
    };
    Node node;
    settle(node);
    int number = 0;
    for (const auto& row : rows) {
        node.order(row.order);
        node.stay(kSecond);
        CHECK(node.link.last(kAck) == answer("r" + std::to_string(++number), "refused", row.reason));
        CHECK(node.device.shown() == Level::normal);
    }
    node.order(R"({"level":"danger","id":7})");
    CHECK(node.device.shown() == Level::normal);
    CHECK(node.link.payloads(kAck).size() == 6);
}

TEST_CASE("an ack that the link cannot take does not undo the order, and a repeat is answered") {
    Node node;
    settle(node);
    node.link.takes = false;
    node.order(R"({"level":"danger","id":"q1"})");
    CHECK(node.device.shown() == Level::danger);
    node.link.takes = true;
    node.order(R"({"level":"danger","id":"q1"})");
    CHECK(node.link.last(kAck) == answer("q1", "applied"));
}

TEST_CASE("in legacy mode the bare words of `statue` act and nothing but telemetry is said") {
    Node node(test::kLegacy);
    node.device.on_connected(node.now_ms);
    node.stay(10 * kSecond);
    node.hear("statue", "danger");
    CHECK(node.device.shown() == Level::danger);
    node.hear("statue", R"({"level":"warning","id":"x"})");
    CHECK(node.device.shown() == Level::warning);
    node.stay(kSecond);
    for (const test::Sent& message : node.link.sent) {
        CHECK(message.topic == "sensor");
        CHECK(message.qos == 0);
        CHECK(!message.retained);
    }
    CHECK(std::string(node.device.subscriptions()[0]) == "statue");
    CHECK(node.device.subscriptions()[1] == nullptr);
    CHECK(std::string(node.device.will().topic).empty());
}
