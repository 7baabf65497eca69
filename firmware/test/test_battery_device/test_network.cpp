// Outages, announcements and settings: F1, F11, F15, F16, F19, F20.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "battery_node.h"
#include "btr/sched/task_table.h"

using namespace btr;
using battery::Level;
using test::Node;

namespace {

const std::string kSensor = "btr/cell-7/sensor";
const std::string kLate = "btr/cell-7/late";
const std::string kAck = "btr/cell-7/ack";
const std::string kRegister = "btr/cell-7/register";

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

long sequence_of(const std::string& payload) {
    const std::size_t at = payload.find("\"seq\":");
    return at == std::string::npos ? -1 : std::stol(payload.substr(at + 6));
}

}  // namespace

TEST_CASE("F19 the last will is a retained offline, and a connection is announced with online and register") {
    Node node;
    const Message will = node.device.will();
    CHECK(std::string(will.topic) == "btr/cell-7/availability");
    CHECK(std::string(will.payload, will.length) == "offline");
    CHECK(will.retained);
    CHECK(std::string(node.device.subscriptions()[0]) == "btr/cell-7/statue");
    CHECK(std::string(node.device.subscriptions()[1]) == "btr/cell-7/config");
    node.device.on_connected(node.now_ms);
    REQUIRE(node.link.sent.size() == 2);
    CHECK(node.link.sent[0].topic == "btr/cell-7/availability");
    CHECK(node.link.sent[0].payload == "online");
    CHECK(node.link.sent[0].retained);
    CHECK(node.link.sent[1].topic == kRegister);
    CHECK(node.link.sent[1].retained);
    CHECK(node.link.sent[1].payload ==
          R"({"id":"cell-7","firmware":"1.2.0","schema":1,"reset_reason":"power_on",)"
          R"("capabilities":["override","ack","config","late","local_status","fault","utc"],)"
          R"("limits":{"internal_warning_c":50,"internal_danger_c":60,"ambient_warning_c":50,"ambient_danger_c":70,)"
          R"("rate_warning_c_per_s":0.3,"rate_danger_c_per_s":0.5,"rate_warm_c":33,"rate_rise_k":25,)"
          R"("smoke_limit":750,"gas_ratio":3,"gas_rise_ppm":50,"voc_limit":400}})");
}

TEST_CASE("F19 an announcement that the link cannot take is made with a later tick") {
    Node node;
    node.link.takes = false;
    node.device.on_connected(node.now_ms);
    node.sample();
    CHECK(node.link.sent.empty());
    node.link.takes = true;
    node.sample();
    CHECK(node.link.payloads("btr/cell-7/availability").size() == 1);
    CHECK(node.link.payloads(kRegister).size() == 1);
}

TEST_CASE("F20 five minutes survive an outage and are sent late, oldest first, while live samples go on") {
    Node node;
    node.stay(10 * kSecond);
    node.link.connected = false;
    node.raw.internal_c = 30.0F;
    node.stay(5 * kMinute);
    CHECK(node.device.kept() == 600);
    node.link.connected = true;
    node.link.sent.clear();
    node.device.on_connected(node.now_ms);
    node.stay(70 * kSecond);
    const std::vector<std::string> late = node.link.payloads(kLate);
    REQUIRE(late.size() == 600);
    for (std::size_t index = 0; index < late.size(); ++index) {
        CHECK(sequence_of(late[index]) == 20 + static_cast<long>(index));
    }
    CHECK(has(late.front(), R"({"timestamp_ms":10000,)"));
    CHECK(has(late.front(), R"("utc":"unsynced"})"));
    CHECK(node.link.payloads(kSensor).size() == 140);
    CHECK(node.device.kept() == 0);
}

TEST_CASE("F20 in a longer outage the newest five minutes are kept; a link that is full counts as away") {
    Node node;
    node.link.takes = false;
    node.stay(20 * kMinute);
    CHECK(node.device.kept() == battery::kKeptSamples);
    node.link.takes = true;
    node.sample();
    CHECK(sequence_of(node.link.payloads(kLate).front()) == 2400 - 640);
}

namespace {

struct Program {
    Node& node;
    Millis sampled_ms = -1;
    Millis worst_jitter_ms = 0;

    void sample(Millis now_ms) {
        if (sampled_ms >= 0) {
            worst_jitter_ms = std::max(worst_jitter_ms, std::abs(now_ms - sampled_ms - battery::kSamplePeriodMs));
        }
        sampled_ms = now_ms;
        node.device.sample(now_ms, node.raw);
    }
};

constexpr std::array<sched::Task<Program>, 2> kTasks{{
    {"sample", 500, [](Program& program, Millis now_ms) { program.sample(now_ms); }},
    {"tick", 50,
     [](Program& program, Millis now_ms) {
         program.node.shown = program.node.device.tick(now_ms, false);
         program.node.buzzed += program.node.shown.buzzer ? 1 : 0;
     }},
}};

}  // namespace

TEST_CASE("F1 H2 24 h without a link: samples at 2 Hz, and every local alarm works") {
    Node node;
    node.link.connected = false;
    Program program{node};
    sched::TaskTable<Program, 2> tasks(kTasks, 0);
    const struct {
        Millis at_ms;
        void (*happens)(RawBattery&);
        Level level;
    } events[] = {
        {6 * kHour, [](RawBattery& raw) { raw.internal_c = 70.0F; }, Level::danger},
        {12 * kHour, [](RawBattery& raw) { raw.smoke_ir = 900U; }, Level::danger},
        {18 * kHour, [](RawBattery& raw) { raw.gas_adc.fill(std::uint16_t{2000}); }, Level::danger},
        {23 * kHour, [](RawBattery& raw) { raw.internal_c.reset(); }, Level::warning},
    };
    std::size_t next = 0;
    for (Millis now_ms = 0; now_ms <= 24 * kHour; now_ms += 50) {
        if (next < 4 && now_ms == events[next].at_ms) {
            CHECK(node.device.shown() == Level::normal);
            CHECK(node.buzzed == 0);
            events[next].happens(node.raw);
        }
        if (next < 4 && now_ms == events[next].at_ms + 10 * kSecond) {
            CHECK(node.device.shown() == events[next].level);
            CHECK(node.buzzed > 0);
            CHECK(node.shown.light.red > 0);
            ++next;
            node.raw = test::quiet_readings();
        }
        if (next > 0 && now_ms == events[next - 1].at_ms + kMinute) {
            node.buzzed = 0;
        }
        tasks.tick(program, now_ms);
    }
    CHECK(next == 4);
    CHECK(program.worst_jitter_ms < 50);
    CHECK(program.sampled_ms == 24 * kHour);
    CHECK(tasks.punctuality(0).missed == 0);
    CHECK(node.device.kept() == battery::kKeptSamples);
}

namespace {

// A day of a node in two minutes: quiet, warm-up, an order, an outage, a runaway, a burnt sensor, the button.
std::vector<std::string> story_from(Millis start_ms) {
    Node node(test::kOurs, start_ms);
    std::vector<std::string> trace;
    const auto note = [&](const std::string& what) { trace.push_back(what); };
    for (int step = 0; step < 1000; ++step) {
        if (step == 20) {
            node.order(R"({"level":"warning","id":"t1","ttl_s":20})");
        }
        node.link.connected = step < 100 || step > 200;
        node.raw.gas_adc[kMq8] = step > 500 && step < 600 ? std::uint16_t{1500} : std::uint16_t{40};
        node.raw.internal_c = step < 700 ? 32.0F : 32.0F + 0.6F * static_cast<float>(step - 700);
        node.is_pressed = step > 850 && step < 856;
        if (step > 900) {
            node.raw.internal_c = 988.79F;
        }
        node.sample();
        note(std::string(protocol::word_of(node.device.shown())) + std::to_string(node.buzzed) + node.line(0) +
             node.line(2) + std::to_string(node.shown.light.red));
    }
    for (const test::Sent& message : node.link.sent) {
        note(message.topic + message.payload.substr(message.payload.find(',') + 1));  // timestamp_ms apart
    }
    return trace;
}

}  // namespace

TEST_CASE("F11 the same story started 10 s before 2^32 ms gives the same trace") {
    const std::vector<std::string> usual = story_from(0);
    CHECK(usual.size() > 2000);
    CHECK(story_from((Millis{1} << 32) - 10 * kSecond) == usual);
    CHECK(story_from((Millis{1} << 31) - 10 * kSecond) == usual);
}

TEST_CASE("F15 settings are taken over as a whole, at once, and are there after a reset") {
    Node node;
    node.stay(kSecond);
    node.link.sent.clear();
    node.configure(R"({"id":"c1","config":{"internal_warning_c":40,"internal_danger_c":45.5}})");
    CHECK(node.link.last(kAck) == R"({"id":"c1","result":"applied","reason":null})");
    node.sample();
    CHECK(has(node.link.last(kRegister), R"("limits":{"internal_warning_c":40,"internal_danger_c":45.5,)"));
    node.raw.internal_c = 46.0F;
    node.stay(2 * kSecond);
    CHECK(node.device.shown() == Level::danger);

    battery::BatteryDevice again(test::kOurs, node.store, node.link, node.clock);
    again.begin(0);
    CHECK(again.settings().internal_danger_c == 45.5F);
    CHECK(again.settings().ambient_danger_c == 70.0F);
}

TEST_CASE("F15 F16 a bad setting refuses all of them with the list of reasons; no cap is lifted") {
    Node node;
    node.stay(kSecond);
    const struct {
        const char* config;
        const char* reason;
    } rows[] = {
        {R"({"internal_danger_c":80.5})", "internal_danger_c out_of_range"},
        {R"({"internal_danger_c":1e9,"smoke_limit":"high","x":1,"ambient_warning_c":40})",
         "internal_danger_c out_of_range, smoke_limit not_number, x unknown_setting"},
        {R"({"rate_danger_c_per_s":1.01})", "rate_danger_c_per_s out_of_range"},
        {R"({"internal_warning_c":70})", "internal_warning_c above_danger"},
        {R"([1])", "config not_an_object"},
    };
    int number = 0;
    for (const auto& row : rows) {
        const std::string id = "c" + std::to_string(++number);
        node.configure("{\"id\":\"" + id + "\",\"config\":" + row.config + "}");
        CHECK(node.link.last(kAck) ==
              "{\"id\":\"" + id + "\",\"result\":\"refused\",\"reason\":\"" + row.reason + "\"}");
        node.stay(kSecond);
    }
    CHECK(node.device.settings() == battery::BatterySettings{});
    CHECK(node.store.writes == 0);
    node.configure(R"({"internal_danger_c":55})");
    CHECK(node.device.inbox().count_of(protocol::Drop::not_readable) == 1);
    node.clock.now_utc_s = 1767225600;
    node.configure(R"({"id":"c9","expires":1767225599,"config":{"internal_danger_c":55}})");
    CHECK(node.link.last(kAck) == R"({"id":"c9","result":"refused","reason":"expired"})");
    CHECK(node.device.settings() == battery::BatterySettings{});
}

TEST_CASE("F15 settings that cannot be stored are not taken over, and the fault is told") {
    Node node;
    node.stay(kSecond);
    node.store.takes_nothing = true;
    node.configure(R"({"id":"c1","config":{"internal_danger_c":55}})");
    CHECK(node.link.last(kAck) == R"({"id":"c1","result":"refused","reason":"not_stored"})");
    CHECK(node.device.settings().internal_danger_c == 60.0F);
    node.sample();
    CHECK(has(node.link.last(kSensor), "\"fault\":32768,"));
    node.store.takes_nothing = false;
    node.configure(R"({"id":"c2","config":{"internal_danger_c":55}})");
    CHECK(node.link.last(kAck) == R"({"id":"c2","result":"applied","reason":null})");
    node.sample();
    CHECK(has(node.link.last(kSensor), "\"fault\":0,"));
}

TEST_CASE("F15 stored settings that nobody can read leave the defaults, and the fault is told until others come") {
    Node node;
    node.configure(R"({"id":"c1","config":{"internal_danger_c":55}})");
    for (auto& [name, record] : node.store.records) {
        record.back() = static_cast<std::uint8_t>(record.back() ^ 0x55);
    }
    battery::BatteryDevice again(test::kOurs, node.store, node.link, node.clock);
    again.begin(0);
    CHECK(again.settings() == battery::BatterySettings{});
    again.sample(0, test::quiet_readings());
    CHECK(has(node.link.last(kSensor), "\"fault\":16384,"));
    const std::string config = R"({"id":"c2","config":{}})";
    again.on_message(0, "btr/cell-7/config", reinterpret_cast<const std::uint8_t*>(config.data()), config.size(),
                     false);
    again.sample(500, test::quiet_readings());
    CHECK(has(node.link.last(kSensor), "\"fault\":0,"));
}

TEST_CASE("F15 a power cut while settings are stored leaves the old ones or the new ones") {
    for (std::size_t cut = 0; cut < 800; cut += 7) {
        Node node;
        node.configure(R"({"id":"c1","config":{"internal_danger_c":55}})");
        node.store.bytes_left = cut;
        node.configure(R"({"id":"c2","config":{"internal_danger_c":58}})");
        node.store.power_on();
        battery::BatteryDevice again(test::kOurs, node.store, node.link, node.clock);
        again.begin(0);
        const float stored = again.settings().internal_danger_c;
        CHECK((stored == 55.0F || stored == 58.0F));
    }
}

TEST_CASE("the same settings again are not written again") {
    Node node;
    node.configure(R"({"id":"c1","config":{"internal_danger_c":55}})");
    const int writes = node.store.writes;
    node.configure(R"({"id":"c2","config":{"internal_danger_c":55}})");
    CHECK(node.link.last(kAck) == R"({"id":"c2","result":"applied","reason":null})");
    CHECK(node.store.writes == writes);
}
