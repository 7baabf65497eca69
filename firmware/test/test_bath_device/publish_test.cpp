#include <doctest/doctest.h>

#include "bath_story.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

std::string setting(const FakeLink::Sent& message, const char* group, const char* name) {
    cJSON* root = cJSON_Parse(message.payload.c_str());
    const cJSON* config = get(root, "config");
    const cJSON* item = get(*group ? get(config, group) : config, name);
    const std::string text = item ? print(item) : "";
    cJSON_Delete(root);
    return text;
}

}  // namespace

TEST_CASE("F19 it says online, registers and tells how it is when it is connected; its will says offline") {
    BathStory story;
    story.boot();
    story.pass(10 * kSecond);
    story.connect();
    story.pass(2 * kSecond);
    REQUIRE(story.link.sent.size() >= 3);
    CHECK(story.link.sent[0].topic == "compostlab/v2/CP500/availability");
    CHECK(story.link.sent[0].payload == "online");
    CHECK(story.link.sent[0].retained);
    CHECK(story.link.sent[1].topic == "compostlab/v2/CP500/register");
    CHECK(story.link.sent[1].retained);
    CHECK(member(story.link.sent[1], "firmware") == "\"1.0.0\"");
    CHECK(member(story.link.sent[1], "reset_reason") == "\"power_on\"");
    CHECK(story.link.sent[1].payload.find("********") == std::string::npos);
    CHECK(story.link.sent[2].topic == "compostlab/v2/CP500/telemetry");
    const Message will = story.device->will();
    CHECK(std::string(will.topic) == "compostlab/v2/CP500/availability");
    CHECK(std::string(will.payload, will.length) == "offline");
    CHECK(will.retained);
    CHECK(std::string(story.device->command_topic()) == kResponse);
}

TEST_CASE("legacy: one register at boot, telemetry each interval and nothing else") {
    BathStory story(false);
    story.boot();
    story.connect();
    story.pass(5 * kSecond + 2 * kMinute);
    story.command(R"("command":"pump","action":"on","duration":60000)");
    story.pass(30 * kSecond);
    story.link.connected = false;
    story.pass(kSecond);
    story.connect();
    story.pass(kSecond);
    CHECK(story.sent("register").size() == 1);
    CHECK(!story.sent("register")[0].retained);
    CHECK(member(story.sent("register")[0], "firmware").empty());
    CHECK(story.sent("telemetry").size() == 3);
    CHECK(story.link.sent.size() == 4);
    for (const auto& message : story.sent("telemetry")) {
        CHECK(message.qos == 0);
        CHECK(!message.retained);
        CHECK(member(message, "seq").empty());
    }
    CHECK(std::string(story.device->will().topic).empty());
}

TEST_CASE("legacy: telemetry is the original's to the byte") {
    BathStory story(false);
    story.boot();
    story.connect();
    story.probes.outlets({65.25F});
    story.probes.set.core.temp_c = 45.5F;
    story.probes.set.tank.temp_c = 80.0F;
    story.pass(6 * kSecond);
    REQUIRE(story.sent("telemetry").size() == 1);
    CHECK(story.sent("telemetry")[0].payload ==
          "{\"schema_version\":2,\"ts\":\"2026-04-02 10:00:05\",\"channels\":["
          "{\"code\":\"TempIn\",\"value\":45.5,\"unit\":\"\u2103\",\"quality\":\"ok\"},"
          "{\"code\":\"TempOut1\",\"value\":65.25,\"unit\":\"\u2103\",\"quality\":\"ok\"},"
          "{\"code\":\"TankTemp\",\"value\":80,\"unit\":\"\u2103\",\"quality\":\"ok\"},"
          "{\"code\":\"Heater\",\"value\":0,\"unit\":\"\",\"quality\":\"ok\"},"
          "{\"code\":\"Pump\",\"value\":0,\"unit\":\"\",\"quality\":\"ok\"},"
          "{\"code\":\"Aeration\",\"value\":0,\"unit\":\"\",\"quality\":\"ok\"},"
          "{\"code\":\"EmergencyState\",\"value\":0,\"unit\":\"\",\"quality\":\"ok\"}]}");
}

TEST_CASE("F20 telemetry carries sequence, uptime, UTC or unsynced, and a quality per channel") {
    BathStory story;
    story.start();
    story.probes.set.core.fault = ProbeFault::missing;
    story.pass(kMinute);
    const auto first = story.sent("telemetry").back();
    CHECK(channel(first, "TempIn") == "null");
    CHECK(first.payload.find(R"("code":"TempIn","value":null,"unit":"℃","quality":"ERR")") != std::string::npos);
    CHECK(member(first, "utc") == std::to_string(kStoryUtcS + first.at_ms / kSecond));
    CHECK(member(first, "uptime_s") == std::to_string(first.at_ms / kSecond));
    CHECK(member(first, "faults") == R"(["core_probe"])");
    story.clock.now_s.reset();
    story.pass(kMinute);
    const auto next = story.sent("telemetry").back();
    CHECK(member(next, "utc") == R"("unsynced")");
    CHECK(std::stoi(member(next, "seq")) == std::stoi(member(first, "seq")) + 1);
    CHECK(member(next, "ts").rfind("\"1970-01-01 08:", 0) == 0);
}

TEST_CASE("the keys of the faults are those of the bits") {
    const auto key = [](Fault fault) {
        std::size_t bit = 0;
        while ((fault >> bit & 1U) == 0) {
            ++bit;
        }
        return std::string(protocol::kBathFaultKeys[bit]);
    };
    CHECK(key(kFaultCoreProbe) == "core_probe");
    CHECK(key(kFaultTankProbe) == "tank_probe");
    CHECK(key(kFaultOutletProbe) == "outlet_probe");
    CHECK(key(kFaultOutletsDisagree) == "outlets_disagree");
    CHECK(key(kFaultNoGain) == "no_gain");
    CHECK(key(kFaultRelayStuck) == "relay_stuck");
    CHECK(key(kFaultHeaterMaxOn) == "heater_max_on");
    CHECK(key(kFaultSettings) == "settings");
    CHECK(key(kFaultSafeMode) == "safe_mode");
    CHECK(key(kFaultStore) == "store");
}

TEST_CASE("a command and a change of an output are told at once, but never more than once a second") {
    BathStory story;
    story.start();
    story.command(R"("command":"pump","action":"on","duration":2000)");
    story.pass(100);
    REQUIRE(story.sent("telemetry").size() == 1);
    CHECK(channel(story.sent("telemetry")[0], "Pump") == "1");
    CHECK(member(story.sent("telemetry")[0], "locks").rfind(R"({"heater":0,"pump":19)", 0) == 0);
    story.pass(3 * kSecond);
    REQUIRE(story.sent("telemetry").size() == 2);
    CHECK(channel(story.sent("telemetry")[1], "Pump") == "0");  // the lease is over
    story.link.sent.clear();
    for (int i = 0; i < 100; ++i) {  // ten seconds of an output that flaps
        story.command(std::string(R"("command":"aeration","action":)") + (i % 2 ? R"("on")" : R"("off")"));
        story.pass(100);
    }
    CHECK(story.sent("telemetry").size() >= 9);
    CHECK(story.sent("telemetry").size() <= 11);
    story.pass(2 * kSecond);
    const bool is_on = story.device->view().on[kAeration];
    CHECK(channel(story.sent("telemetry").back(), "Aeration") == (is_on ? "1" : "0"));
}

TEST_CASE("F20 what could not be sent is sent late, slowly, with its time and after the present state") {
    BathStory story;
    story.start();
    story.link.connected = false;
    story.pass(15 * kMinute);
    CHECK(story.device->kept() == 15);
    story.connect();
    const Millis from_ms = story.now_ms;
    story.pass(20 * kSecond);
    CHECK(story.device->kept() == 0);
    const auto told = story.sent("telemetry");
    REQUIRE(told.size() >= 16);
    CHECK(member(told[0], "late").empty());
    Millis last_ms = from_ms;
    for (std::size_t i = 1; i <= 15; ++i) {
        CHECK(member(told[i], "late") == "true");
        CHECK(std::stoi(member(told[i], "seq")) == std::stoi(member(told[1], "seq")) + static_cast<int>(i) - 1);
        CHECK(std::stoll(member(told[i], "utc")) ==
              std::stoll(member(told[1], "utc")) + 60 * (static_cast<int>(i) - 1));
        CHECK((i == 1 || told[i].at_ms - last_ms >= BathReporter::kLatePeriodMs));
        last_ms = told[i].at_ms;
    }
}

TEST_CASE("legacy: late messages are the original's") {
    BathStory story(false);
    story.start();
    story.link.connected = false;
    story.pass(13 * kMinute);
    story.connect();
    story.pass(10 * kSecond);
    REQUIRE(story.sent("telemetry").size() >= 12);
    for (const auto& message : story.sent("telemetry")) {
        CHECK(message.payload.find("late") == std::string::npos);
    }
}

TEST_CASE("F20 an outage longer than the buffer keeps the newest") {
    BathStory story;
    story.start();
    story.link.connected = false;
    story.pass(40 * kMinute);
    CHECK(story.device->kept() == BathReporter::kKept);
    story.connect();
    story.pass(20 * kSecond);
    const auto told = story.sent("telemetry");
    REQUIRE(told.size() > BathReporter::kKept);
    CHECK(std::stoll(member(told[1], "utc")) > std::stoll(member(told[0], "utc")) - 25 * 60);
}

TEST_CASE("what was kept before the clock was set has its right time when it is sent, and waits for it") {
    BathStory story;
    story.clock.now_s.reset();
    story.boot();
    story.pass(3 * kMinute);
    CHECK(story.device->kept() == 3);
    story.connect();
    story.pass(10 * kSecond);
    CHECK(story.device->kept() == 3);
    story.clock.now_s = kStoryUtcS + story.now_ms / kSecond;
    story.pass(10 * kSecond);
    CHECK(story.device->kept() == 0);
    int late = 0;
    for (const auto& message : story.sent("telemetry")) {
        if (member(message, "late") == "true") {
            CHECK(std::stoll(member(message, "utc")) == kStoryUtcS + std::stoll(member(message, "uptime_s")));
            ++late;
        }
    }
    CHECK(late == 3);
}

TEST_CASE("a register waits for the clock, tells 1970 when there is none, and the time when it comes") {
    BathStory story;
    story.clock.now_s.reset();
    story.boot();
    story.connect();
    story.pass(BathDevice::kClockGraceMs - kSecond);
    CHECK(story.sent("register").empty());
    story.pass(2 * kSecond);
    REQUIRE(story.sent("register").size() == 1);
    CHECK(member(story.sent("register")[0], "timestamp").rfind("\"1970-", 0) == 0);
    story.clock.now_s = kStoryUtcS;
    story.pass(kMinute);
    REQUIRE(story.sent("register").size() == 2);
    CHECK(member(story.sent("register")[1], "timestamp").rfind("\"2026-", 0) == 0);
}

TEST_CASE("H12 F15 settings apply without a restart and the register tells them") {
    BathStory story;
    story.start();
    story.command(R"("command":"pump","action":"on","duration":600000)");
    REQUIRE(story.heater.is_on);
    CHECK(story.answer_to(R"("command":"config_update","id":"a1","config":{"bath_setpoint":{"target":30}})") ==
          "a1 applied");
    story.pass(50);
    CHECK(story.device->settings().target_c == 30.0F);
    CHECK(story.device->view().lock_left_ms[kPump]);  // the original loses it with the restart
    CHECK(story.answer_to(R"("command":"config_update","id":"a2","config":{"post_interval":5000}})").empty());
    story.pass(kSecond);
    story.command(R"("command":"config_update","id":"a3","config":{"post_interval":5000})");
    story.pass(kSecond);
    REQUIRE(story.sent("register").size() == 1);
    CHECK(setting(story.sent("register")[0], "", "read_interval") == "5000");
    CHECK(setting(story.sent("register")[0], "bath_setpoint", "target") == "30");
    story.link.sent.clear();
    story.pass(20 * kSecond);
    CHECK(story.sent("telemetry").size() >= 3);
    story.boot();
    CHECK(story.device->settings().target_c == 30.0F);
    CHECK(story.device->settings().post_interval_ms == 5000);
}

TEST_CASE("F15 a bad update changes nothing and is answered with every reason") {
    BathStory story;
    story.start();
    CHECK(story.answer_to(R"("command":"config_update","id":"a1","config":{"bath_setpoint":{"target":50},)"
                          R"("temp_limitout_max":99,"wifi":{"ssid":"x"}})") ==
          "a1 refused temp_limitout_max out_of_range, wifi unknown_setting");
    CHECK(story.device->settings().target_c == 60.0F);
    CHECK(story.sent("register").empty());
    story.store.takes_nothing = true;
    CHECK(story.answer_to(R"("command":"config_update","id":"a2","config":{"bath_setpoint":{"target":50}})") ==
          "a2 refused not_stored");
    CHECK(story.device->settings().target_c == 60.0F);
    CHECK((story.device->view().faults & kFaultStore) != 0);
}

TEST_CASE("time servers are kept and told, and change nothing else") {
    BathStory story;
    story.start();
    story.command(R"("command":"config_update","config":{"ntp_host":["ntp.example.org"]})");
    story.boot();
    REQUIRE(story.device->time_servers().count == 1);
    CHECK(story.device->time_servers().hosts[0] == "ntp.example.org");
    CHECK(story.device->settings().target_c == 60.0F);
}

TEST_CASE("a code that is too long for its topics is nowhere rather than at somebody else's") {
    BathStory story;
    const std::string longest(200, 'x');
    story.identity.code = longest.c_str();
    story.boot();
    CHECK(std::string(story.device->command_topic()).empty());
    story.hear(R"({"commands":[{"command":"pump","action":"on"}]})", false, kResponse);
    CHECK(!story.pump.is_on);
}
