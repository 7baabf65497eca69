#include <doctest/doctest.h>

#include "bath_story.h"

using namespace btr;
using namespace btr::test;

TEST_CASE("F18 a command with an id is answered, one without is not") {
    BathStory story;
    story.start();
    CHECK(story.answer_to(R"("command":"pump","action":"on","duration":60000,"id":"a1")") == "a1 applied");
    CHECK(story.pump.is_on);
    CHECK(story.answer_to(R"("command":"pump","action":"off")").empty());
    CHECK(!story.pump.is_on);
    CHECK(story.answer_to(R"("command":"valve","action":"on","id":"a2")") == "a2 refused unknown_command");
    CHECK(story.answer_to(R"("command":"fan","action":"on","duration":60000,"id":"a3")") == "a3 applied");
    CHECK(story.device->view().on[control::kAeration]);
}

TEST_CASE("F18 the same id twice acts once and is answered twice") {
    BathStory story;
    story.start();
    const std::string on = R"("command":"pump","action":"on","duration":60000,"id":"a1")";
    CHECK(story.answer_to(on) == "a1 applied");
    CHECK(story.answer_to(R"("command":"pump","action":"off","id":"a2")") == "a2 applied");
    CHECK(story.answer_to(on) == "a1 applied");
    CHECK(!story.pump.is_on);
}

TEST_CASE("F18 an expired command does nothing; without a clock only what switches off acts") {
    BathStory story;
    story.start();
    const std::string past = std::to_string(kStoryUtcS), future = std::to_string(kStoryUtcS + 3600);
    CHECK(story.answer_to(R"("command":"pump","action":"on","id":"a1","expires":)" + past) == "a1 refused expired");
    CHECK(!story.pump.is_on);
    CHECK(story.answer_to(R"("command":"pump","action":"on","id":"a2","expires":)" + future) == "a2 applied");
    story.clock.now_s.reset();
    CHECK(story.answer_to(R"("command":"pump","action":"hold_off","id":"a3","expires":)" + future) == "a3 applied");
    CHECK(story.answer_to(R"("command":"pump","action":"on","id":"a4","expires":)" + future) ==
          "a4 refused expiry_unknown");
    CHECK(!story.pump.is_on);
}

TEST_CASE("F12 F18 a stop acts whatever its id was used for and whenever it is said to expire") {
    BathStory story;
    story.start();
    CHECK(story.answer_to(R"("command":"pump","action":"off","id":"a1")") == "a1 applied");
    REQUIRE(story.heater.is_on);
    CHECK(story.answer_to(R"("command":"emergency","action":"on","id":"a1")") == "a1 applied");
    CHECK(story.device->view().emergency);
    CHECK(!story.heater.is_on);
    CHECK(story.answer_to(R"("command":"emergency","action":"off","id":"a2")") == "a2 applied");
    CHECK(story.answer_to(R"("command":"emergency","action":"on","id":"a1")") == "a1 applied");
    CHECK(story.device->view().emergency);
    CHECK(story.answer_to(R"("command":"emergency","action":"off","id":"a2")") == "a2 applied");
    CHECK(story.device->view().emergency);  // what releases acts once
    CHECK(story.answer_to(R"("command":"emergency","action":"off","id":"a3","expires":1)") == "a3 refused expired");
    story.pass(kSecond);
    story.command(R"("command":"emergency","action":"off")");
    REQUIRE(!story.device->view().emergency);
    CHECK(story.answer_to(R"("command":"emergency","action":"on","id":"a5","expires":1)") == "a5 applied");
    CHECK(story.device->view().emergency);
}

TEST_CASE("H11 a heater command without a duration, or with for ever, holds for the longest lease") {
    for (const char* duration : {"", R"(,"duration":0)", R"(,"duration":-1)", R"(,"duration":4000000000)"}) {
        CAPTURE(duration);
        BathStory story;
        story.start();
        story.command(R"("command":"heater","action":"on")" + std::string(duration));
        story.pass(50);
        const auto left_ms = story.device->view().lock_left_ms[control::kHeater];
        REQUIRE(left_ms);
        CHECK(*left_ms <= control::caps::kLeaseMaxMs);
        CHECK(*left_ms > control::caps::kLeaseMaxMs - kSecond);
        story.pass(control::caps::kLeaseMaxMs);
        CHECK(!story.device->view().lock_left_ms[control::kHeater]);
    }
}

TEST_CASE("a heater that waits for its guard is accepted first and applied when it is on") {
    BathStory story;
    story.start();
    REQUIRE(story.heater.is_on);  // the bath is cold
    CHECK(story.answer_to(R"("command":"heater","action":"hold_off","id":"a1")") == "a1 applied");
    const std::string on = R"("command":"heater","action":"on","duration":300000,"id":"a2")";
    CHECK(story.answer_to(on) == "a2 accepted");
    CHECK(!story.heater.is_on);
    CHECK(story.answer_to(on) == "a2 accepted");
    story.pass(31 * kSecond);
    CHECK(story.heater.is_on);
    CHECK(story.answers() == "a2 applied");
    CHECK(story.answer_to(on) == "a2 applied");
}

TEST_CASE("a command that waits is answered when another takes its place, or its lease ends first") {
    BathStory story;
    story.start();
    story.command(R"("command":"heater","action":"off")");
    CHECK(story.answer_to(R"("command":"heater","action":"on","duration":300000,"id":"a1")") == "a1 accepted");
    CHECK(story.answer_to(R"("command":"heater","action":"hold_off","id":"a2")") ==
          "a1 refused superseded; a2 applied");
    CHECK(story.answer_to(R"("command":"heater","action":"on","duration":1000,"id":"a3")") == "a3 accepted");
    story.pass(2 * kSecond);
    CHECK(story.answers().rfind("a3 refused ", 0) == 0);
}

TEST_CASE("a refusal of the bath is told with its reason") {
    BathStory story;
    story.start();
    story.probes.set.tank.fault = ProbeFault::missing;
    story.pass(5 * kSecond);
    CHECK(story.answer_to(R"("command":"heater","action":"on","duration":60000,"id":"a1")") ==
          "a1 refused tank_invalid");
    CHECK(!story.heater.is_on);
}

TEST_CASE("several commands of a message act in their order, the stop first") {
    BathStory story;
    story.start();
    story.hear(R"({"commands":[{"command":"pump","action":"on","duration":60000,"id":"a1"},)"
               R"({"command":"pump","action":"off","id":"a2"},{"command":"aeration","action":"on","id":"a3"}]})");
    story.pass(50);
    CHECK(story.answers() == "a1 applied; a2 applied; a3 applied");
    CHECK(!story.pump.is_on);
    story.hear(R"({"commands":[{"command":"heater","action":"on","duration":60000,"id":"b1"},)"
               R"({"command":"emergency","action":"off","id":"b2"},{"command":"emergency","action":"on","id":"b3"}]})");
    CHECK(!story.heater.is_on);
    CHECK(story.device->view().emergency);
    story.pass(50);
    CHECK(story.answers() == "b3 applied; b1 refused emergency; b2 refused emergency");
}

TEST_CASE("F17 what is too much, retained, foreign or no command is dropped and counted") {
    BathStory story;
    story.start();
    const std::string on = R"({"commands":[{"command":"pump","action":"on","duration":60000}]})";
    const auto dropped = [&](protocol::Drop why) { return story.device->inbox().count_of(why); };
    story.hear(on, true);
    CHECK(dropped(protocol::Drop::retained) == 1);
    story.pass(kSecond);
    story.hear(on + std::string(4096, ' '));
    CHECK(dropped(protocol::Drop::too_long) == 1);
    story.pass(kSecond);
    story.hear(R"({"commands":[[[[[[[[1]]]]]]]]})");
    story.hear("no JSON");
    story.hear(R"({"commands":5})");
    CHECK(dropped(protocol::Drop::not_readable) == 3);
    story.hear(on, false, "compostlab/v2/OTHER/response");
    CHECK(!story.pump.is_on);
    story.pass(kSecond);
    for (int i = 0; i < 9; ++i) {
        story.hear("{}");
    }
    CHECK(dropped(protocol::Drop::too_often) == 4);
    story.pass(2 * kSecond);
    story.link.sent.clear();
    story.hear(on);
    story.pass(kSecond);
    CHECK(story.pump.is_on);
    CHECK(member(story.sent("telemetry").back(), "dropped") == std::to_string(story.device->inbox().total()));
}

TEST_CASE("F17 a message of more than 16 commands does nothing") {
    BathStory story;
    story.start();
    std::string many = R"({"command":"pump","action":"on","duration":60000})";
    for (int i = 0; i < 16; ++i) {
        many += R"(,{"command":"pump","action":"on","duration":60000})";
    }
    story.hear("{\"commands\":[" + many + "]}");
    CHECK(!story.pump.is_on);
    CHECK(story.device->inbox().count_of(protocol::Drop::too_many_commands) == 1);
}

TEST_CASE("F12 F17 no flood keeps the stop out") {
    BathStory story;
    story.start();
    REQUIRE(story.heater.is_on);
    for (int i = 0; i < 50; ++i) {
        story.hear("{}");
    }
    story.stop();
    CHECK(!story.heater.is_on);
    CHECK(story.device->view().emergency);
    for (int i = 0; i < 50; ++i) {
        story.hear(R"({"commands":[{"command":"emergency","action":"off"}]})");
    }
    CHECK(story.device->view().emergency);
}

TEST_CASE("an id that cannot be used makes a command do nothing, but never a stop") {
    BathStory story;
    story.start();
    CHECK(story.answer_to(R"("command":"pump","action":"on","duration":60000,"id":7)").empty());
    CHECK(!story.pump.is_on);
    CHECK(story.answer_to(R"("command":"emergency","action":"on","id":7)").empty());
    CHECK(story.device->view().emergency);
}

TEST_CASE("F10 the link lost for 30 s gives back what is on by hand, and nothing stays on") {
    BathStory story;
    story.probes.outlets({63.0F});  // above the target: no heat by itself
    story.probes.set.tank.temp_c = 64.0F;
    story.start();
    REQUIRE(!story.heater.is_on);
    story.command(R"("command":"heater","action":"on","duration":600000)");
    story.command(R"("command":"aeration","action":"on","duration":600000)");
    story.command(R"("command":"pump","action":"hold_off")");
    story.pass(kSecond);
    REQUIRE(story.heater.is_on);
    story.link.connected = false;
    story.pass(29 * kSecond);
    CHECK(story.device->view().lock_left_ms[control::kHeater]);
    story.pass(40 * kSecond);
    CHECK(!story.device->view().lock_left_ms[control::kHeater]);
    CHECK(!story.device->view().on[control::kAeration]);          // its timer is off: nothing else would end it
    CHECK(story.device->view().lock_left_ms[control::kPump]);  // off is where doubt ends
    CHECK(!story.heater.is_on);
}

TEST_CASE("F18 answers that the link does not take are sent when it does") {
    BathStory story;
    story.start();
    story.link.is_full = true;
    story.command(R"("command":"pump","action":"on","duration":60000,"id":"a1")");
    story.command(R"("command":"pump","action":"off","id":"a2")");
    story.pass(kSecond);
    story.link.is_full = false;
    story.pass(50);
    CHECK(story.answers() == "a1 applied; a2 applied");
}

TEST_CASE("legacy: without extensions nothing is answered, and every command has its effect") {
    BathStory story(false);
    story.start();
    CHECK(story.answer_to(R"("command":"pump","action":"on","duration":2000,"id":"a1")").empty());
    CHECK(story.pump.is_on);
    CHECK(story.answer_to(R"("command":"pump","action":"on","duration":2000,"id":"a1")").empty());
    story.command(R"("command":"pump","action":"auto")");
    CHECK(!story.device->view().lock_left_ms[control::kPump]);
    story.command(R"("command":"aeration","action":"on","duration":1000)");
    story.pass(500);
    CHECK(story.device->view().on[control::kAeration]);
    story.pass(kSecond);
    CHECK(!story.device->view().on[control::kAeration]);
    CHECK(story.sent("ack").empty());
}
