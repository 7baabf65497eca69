// Random bytes, commands, faults and resets, with fixed seeds.
#include <doctest/doctest.h>

#include <random>
#include <set>

#include "bath_story.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

namespace {

using Random = std::mt19937;

template <std::size_t N>
const char* one_of(Random& random, const char* const (&words)[N]) {
    return words[random() % N];
}

std::string random_change(Random& random) {
    static const char* const kChanges[] = {
        R"({"bath_setpoint":{"target":45}})",
        R"({"bath_setpoint":{"target":62.5,"enabled":true}})",
        R"({"bath_setpoint":{"enabled":false}})",
        R"({"temp_limitout_max":70,"bath_setpoint":{"target":65}})",
        R"({"temp_limitout_max":200})",
        R"({"safety":{"tank_temp_max":1000}})",
        R"({"safety":{"tank_temp_max":94.5},"temp_maxdif":0})",
        R"({"post_interval":5000})",
        R"({"heater_guard":{"min_on_ms":0,"min_off_ms":0}})",
        R"({"aeration_timer":{"enabled":true,"interval":10000,"duration":5000}})",
        R"({"wifi":{"ssid":"x"}})",
        R"([])",
    };
    return one_of(random, kChanges);
}

std::string random_command(Random& random) {
    static const char* const kTargets[] = {"heater", "heater", "heater", "pump", "aeration", "fan", "emergency", "x"};
    static const char* const kActions[] = {"on", "on", "off", "auto", "hold_off", "toggle"};
    static const char* const kDurations[] = {"", R"(,"duration":0)", R"(,"duration":5000)", R"(,"duration":900000)",
                                             R"(,"duration":"x")"};
    std::string text = random() % 8 == 0
                           ? R"("command":"config_update","config":)" + random_change(random)
                           : std::string(R"("command":")") + one_of(random, kTargets) + R"(","action":")" +
                                 one_of(random, kActions) + "\"" + one_of(random, kDurations);
    if (random() % 2 == 0) {
        text += R"(,"id":"c)" + std::to_string(random() % 400) + "\"";
    }
    if (random() % 6 == 0) {
        text += R"(,"expires":)" + std::to_string(kStoryUtcS + static_cast<std::int64_t>(random() % 2000));
    }
    return "{" + text + "}";
}

std::string random_message(Random& random) {
    std::string list;
    for (auto count = 1 + random() % 3; count > 0; --count) {
        list += (list.empty() ? "" : ",") + random_command(random);
    }
    std::string text = R"({"commands":[)" + list + "]}";
    if (random() % 10 == 0) {
        for (auto change = 1 + random() % 5; change > 0; --change) {
            text[random() % text.size()] = static_cast<char>(random() % 256);
        }
    }
    return text;
}

void disturb(Random& random, BathStory& story) {
    switch (random() % 10) {
        case 0: story.probes.set.tank.fault = random() % 2 == 0 ? ProbeFault::missing : ProbeFault::none; break;
        case 1: story.probes.set.core.temp_c = random() % 2 == 0 ? -127.0F : 41.0F; break;
        case 2: story.probes.set.outlets[0].fault = random() % 2 == 0 ? ProbeFault::crc : ProbeFault::none; break;
        case 3: story.link.is_full = !story.link.is_full; break;
        case 4: story.store.takes_nothing = random() % 2 == 0; break;
        case 5: story.clock.now_s = random() % 4 == 0 ? std::nullopt : std::optional<std::int64_t>(kStoryUtcS); break;
        case 6: story.link.connected = false; break;
        default:
            if (!story.link.connected) {
                story.connect();
            }
            break;
    }
}

bool is_valid(const BathSettings& settings) {
    protocol::Problems problems;
    check_settings(settings, problems);
    return problems.is_empty();
}

void check_invariants(const BathStory& story) {
    const BathView& view = story.device->view();
    const bool must_be_off = view.emergency || !view.tank.temp_c || (view.faults & (kFaultSafeMode | kFaultSettings));
    REQUIRE((!story.heater.is_on || !must_be_off));
    REQUIRE((!story.pump.is_on || !view.emergency));
    REQUIRE((!view.lock_left_ms[kHeater] || *view.lock_left_ms[kHeater] <= caps::kLeaseMaxMs));
    REQUIRE(is_valid(story.device->settings()));
}

// The heater after an answer that refuses heat because of the bath itself; a repeated id gets the answer of another
// time.
void check_answers(const BathStory& story, std::set<std::string>& answered) {
    static const char* const kOff[] = {"emergency",       "tank_invalid",  "tank_over_limit", "bath_invalid",
                                       "bath_over_limit", "fault_latched", "safe_mode"};
    for (const auto& message : story.sent("ack")) {
        const bool is_new = message.at_ms == story.now_ms && answered.insert(member(message, "id")).second;
        if (!is_new || member(message, "result") != R"("refused")") {
            continue;
        }
        for (const char* reason : kOff) {
            REQUIRE((member(message, "reason") != "\"" + std::string(reason) + "\"" || !story.heater.is_on));
        }
    }
}

// One life with many disturbances; returns how often the heater was seen on.
int live(unsigned seed, int events) {
    Random random(seed);
    BathStory story(random() % 4 != 0);
    story.start();
    int seen_on = 0;
    std::set<std::string> answered;
    for (int event = 0; event < events; ++event) {
        const bool was_stopped = story.device->view().emergency;
        bool is_prompt = story.link.connected && !story.link.is_full;  // no answer of another time is still owed
        if (random() % 4 != 0) {
            story.hear(random_message(random), random() % 20 == 0);
        } else if (random() % 8 != 0) {
            disturb(random, story);
        } else {
            story.boot(random() % 3 == 0 ? "watchdog" : "power_on");
            story.connect();
            REQUIRE((!was_stopped || story.device->view().emergency || story.store.takes_nothing));
        }
        check_invariants(story);
        is_prompt = is_prompt && story.link.connected && !story.link.is_full;
        for (auto ticks = random() % 80; ticks > 0; --ticks) {
            story.pass(50);
            check_invariants(story);
            if (is_prompt) {
                check_answers(story, answered);
            }
            seen_on += story.heater.is_on ? 1 : 0;
        }
        REQUIRE(story.link.sent.size() < 200);
        story.link.sent.clear();
    }
    return seen_on;
}

}  // namespace

TEST_CASE("whatever is sent and whatever fails, the heater is never on against a refusal") {
    int seen_on = 0;
    for (unsigned seed = 1; seed <= 120; ++seed) {
        CAPTURE(seed);
        seen_on += live(seed, 60);
    }
    CHECK(seen_on > 1000);  // the runs say something
}

TEST_CASE("F17 random bytes on the command topic change nothing") {
    Random random(3);
    BathStory story;
    story.start();
    const BathConfig before{story.device->settings(), {}};
    for (int run = 0; run < 3000; ++run) {
        std::string bytes(random() % 300, ' ');
        for (char& byte : bytes) {
            byte = static_cast<char>(random() % 256);
        }
        story.hear(bytes);
        story.now_ms += 200;
        story.link.now_ms = story.now_ms;
        story.device->tick(story.now_ms);
        REQUIRE(!story.device->view().emergency);
        REQUIRE(!story.device->view().lock_left_ms[kHeater]);
    }
    ConfigRecord left{}, right{};
    pack_config(before, left);
    pack_config({story.device->settings(), {}}, right);
    CHECK(left == right);
    CHECK(story.device->inbox().total() == 3000);
}
