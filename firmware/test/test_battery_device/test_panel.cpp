// Light, buzzer, pages and button.
#include <doctest/doctest.h>

#include <string>

#include "battery_node.h"

using namespace btr;
using battery::Button;
using battery::Level;
using battery::Press;
using test::Node;

namespace {

bool is(const Colour& left, int red, int green, int blue) {
    return left.red == red && left.green == green && left.blue == blue;
}

// Ticks with the buzzer on during that time; 20 ticks are a second.
int buzzed(Node& node, Millis span_ms) {
    node.buzzed = 0;
    node.stay(span_ms);
    return node.buzzed;
}

}  // namespace

TEST_CASE("the light shows the level, a mere fault, and the warm-up of the gas sensors") {
    Node node;
    node.sample();
    CHECK(is(node.shown.light, 0, 0, 60));
    node.stay(3 * kMinute);
    CHECK(is(node.shown.light, 0, 40, 0));
    node.raw.smoke_chip_c.reset();
    node.stay(3 * kSecond);
    CHECK(is(node.shown.light, 80, 0, 80));
    node.raw.internal_c = 52.0F;
    node.stay(3 * kSecond);
    CHECK(is(node.shown.light, 120, 60, 0));
    node.raw.internal_c = 65.0F;
    node.stay(3 * kSecond);
    CHECK(is(node.shown.light, 255, 0, 0));
}

TEST_CASE("the buzzer is silent, chirps or sounds by the level, an ordered one included") {
    Node node;
    CHECK(buzzed(node, 10 * kSecond) == 0);
    node.order(R"({"level":"warning","ttl_s":20})");
    CHECK(buzzed(node, 10 * kSecond) == 2 * 2);
    node.order("danger");
    CHECK(buzzed(node, 10 * kSecond) == 10 * 10);
}

TEST_CASE("acknowledging silences the buzzer, not light and status, until a new or a higher alarm") {
    Node node;
    node.stay(10 * kSecond);
    node.raw.internal_c = 52.0F;
    node.stay(3 * kSecond);
    node.press(2500);
    CHECK(buzzed(node, 30 * kSecond) == 0);
    CHECK(node.device.shown() == Level::warning);
    CHECK(node.shown.light.red == 120);
    // higher
    node.raw.internal_c = 65.0F;
    CHECK(buzzed(node, 5 * kSecond) > 20);
    node.press(2500);
    CHECK(buzzed(node, kMinute) == 0);
    CHECK(node.device.shown() == Level::danger);
    CHECK(node.shown.light.red == 255);
    CHECK(node.line(0) == "DANGER cell hot*");
    // new: the same level for another reason
    node.raw.smoke_ir = 900U;
    CHECK(buzzed(node, 5 * kSecond) > 20);
    node.press(2500);
    // that reason goes and comes: nothing new
    node.raw.smoke_ir = 100U;
    CHECK(buzzed(node, 20 * kSecond) == 0);
    node.raw.smoke_ir = 900U;
    CHECK(buzzed(node, 20 * kSecond) == 0);
    // over and back: new
    node.raw = test::quiet_readings();
    node.stay(20 * kSecond);
    CHECK(node.device.shown() == Level::normal);
    node.raw.smoke_ir = 900U;
    CHECK(buzzed(node, 5 * kSecond) > 20);
}

TEST_CASE("an acknowledged fault of one sensor does not silence the loss of another") {
    Node node;
    node.raw.gas_adc[kMq4].reset();
    node.stay(10 * kSecond);
    node.press(2500);
    CHECK(buzzed(node, kMinute) == 0);
    node.raw.internal_c.reset();  // now nobody watches the cell
    CHECK(buzzed(node, 10 * kSecond) > 0);
    node.press(2500);
    CHECK(buzzed(node, kMinute) == 0);
}

TEST_CASE("an acknowledgement is only for an alarm that is there") {
    Node node;
    node.press(3 * kSecond);
    node.raw.internal_c = 65.0F;
    CHECK(buzzed(node, 5 * kSecond) > 20);
}

TEST_CASE("the button turns five pages, and a minute later the first one is back") {
    Node node;
    node.stay(4 * kMinute);
    const char* second_lines[] = {"Cell 32.10 C", "MQ2 15 / 14", "Smoke 120", "Id cell-7", "Version 1.2.0"};
    for (const char* line : second_lines) {
        CHECK(node.line(0) == "NORMAL");
        CHECK(node.line(1) == line);
        node.press(500);
    }
    CHECK(node.line(1) == second_lines[0]);
    node.press(500);
    CHECK(node.line(1) == second_lines[1]);
    node.stay(58 * kSecond);
    CHECK(node.line(1) == second_lines[1]);
    node.stay(3 * kSecond);
    CHECK(node.line(1) == second_lines[0]);
}

TEST_CASE("an alarm brings the first page back; further samples of it leave the reader alone") {
    Node node;
    node.stay(10 * kSecond);
    node.press(500);
    CHECK(node.line(1).substr(0, 3) == "MQ2");
    node.raw.internal_c = 65.0F;
    node.stay(2 * kSecond);
    CHECK(node.line(0) == "DANGER cell hot");
    CHECK(node.line(1) == "Cell 65.00 C");
    node.stay(20 * kSecond);
    node.press(500);
    node.stay(5 * kSecond);
    CHECK(node.line(1).substr(0, 3) == "MQ2");
}

TEST_CASE("the pages tell what there is and what there is not") {
    Node node;
    node.raw.internal_c = 30.0F;
    for (int step = 0; step < 24; ++step) {
        *node.raw.internal_c += 0.05F;
        node.sample();
    }
    CHECK(node.line(0) == "NORMAL warming up");
    CHECK(node.line(1) == "Cell 31.20 C");
    CHECK(node.line(2) == "Rate 0.10 C/s");
    CHECK(node.line(3) == "10 s 1.00 K");
    CHECK(node.line(4) == "Air  25.50 C");
    CHECK(node.line(5) == "Hum  45.2 %");
    node.raw = RawBattery{};
    node.link.connected = false;
    node.stay(6 * kSecond);  // until the VOC sensor is missed as well: a new alarm, which turns the page
    CHECK(node.line(0) == "WARNING sensor fault");
    for (std::size_t line = 1; line < kScreenLines; ++line) {
        CHECK(node.line(line).substr(5) == "--");
    }
    node.press(500);
    CHECK(node.line(1) == "MQ2 -- / --");
    CHECK(node.line(5) == "warming up");
    node.press(500);
    CHECK(node.line(1) == "Smoke --");
    node.press(500);
    CHECK(node.line(2) == "Broker away");
    CHECK(node.line(3) == "Clock unsynced");
    CHECK(node.line(4) == "Kept 18");
    node.press(500);
    CHECK(node.line(3) == "Reset power_on");
    CHECK(node.line(5).substr(0, 6) == "Fault ");
}

TEST_CASE("every line is at most 21 columns of ASCII, whatever the texts and readings") {
    const battery::BatteryIdentity identity{
        "\xe7\x94\xb5\xe6\xb1\xa0-a-name-of-sixty-four-bytes-that-fits-no-line-of-any-display",
        "1.2.0-rc.17+build.20261123", "watchdog", false, true};
    Node node(identity);
    node.raw = {-40.0F,
                100.0F,
                -50.0F,
                0,
                {std::uint16_t{4095}, std::uint16_t{4095}, std::uint16_t{4095}, std::uint16_t{4095}},
                std::uint16_t{65535},
                500.0F,
                262143U,
                -40.0F};
    node.stay(6 * kMinute);
    for (int page = 0; page < 5; ++page) {
        for (const auto& line : node.shown.lines) {
            const std::string text = line.data();
            CHECK(text.size() <= kScreenColumns);
            for (const char character : text) {
                CHECK((character >= ' ' && character <= '~'));
            }
        }
        CHECK(!node.line(1).empty());
        node.press(500);
    }
}

TEST_CASE("F5 no sample for three periods is a fault and a warning, and over with the next sample") {
    Node node;
    node.stay(10 * kSecond);
    const Millis stopped_ms = node.now_ms - 500;
    for (; node.now_ms <= stopped_ms + 1500; node.now_ms += 50) {
        node.device.tick(node.now_ms, false);
    }
    CHECK(node.device.shown() == Level::normal);
    node.device.tick(node.now_ms, false);
    CHECK(node.device.shown() == Level::warning);
    node.sample();
    CHECK(node.device.shown() == Level::normal);
}

TEST_CASE("a bouncing contact is one press, a held one acknowledges once") {
    Button button;
    int brief = 0;
    int lasting = 0;
    const auto step = [&](Millis now_ms, bool is_pressed) {
        const Press press = button.update(now_ms, is_pressed);
        brief += press == Press::brief ? 1 : 0;
        lasting += press == Press::lasting ? 1 : 0;
    };
    for (Millis now_ms = 0; now_ms < 20; ++now_ms) {
        step(now_ms, now_ms % 3 == 0);
    }
    for (Millis now_ms = 20; now_ms < 300; ++now_ms) {
        step(now_ms, true);
    }
    for (Millis now_ms = 300; now_ms < 320; ++now_ms) {
        step(now_ms, now_ms % 2 == 0);
    }
    for (Millis now_ms = 320; now_ms < 1000; ++now_ms) {
        step(now_ms, false);
    }
    CHECK(brief == 1);
    for (Millis now_ms = 1000; now_ms < 9000; ++now_ms) {
        step(now_ms, true);
    }
    CHECK(lasting == 1);
    for (Millis now_ms = 9000; now_ms < 9100; ++now_ms) {
        step(now_ms, false);
    }
    CHECK(brief == 1);
    CHECK(lasting == 1);
}
