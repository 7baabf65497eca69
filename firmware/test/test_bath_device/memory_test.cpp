#include <doctest/doctest.h>

#include <cmath>

#include "bath_story.h"

using namespace btr;
using namespace btr::control;
using namespace btr::test;

TEST_CASE("F12 H9 a stop acts at once, is stored before it is answered, and survives any reset") {
    for (const char* reason : {"power_on", "software", "watchdog", "brownout", "panic", "unknown"}) {
        CAPTURE(reason);
        BathStory story;
        story.start();
        REQUIRE(story.heater.is_on);
        story.command(R"("command":"emergency","action":"on","id":"a1")");
        CHECK(!story.heater.is_on);  // before the next tick
        CHECK(!story.pump.is_on);
        CHECK(story.motor.duty == 0.0F);
        BathKeeper keeper(story.store);
        REQUIRE(keeper.load_memory());
        CHECK(keeper.load_memory()->emergency);
        CHECK(story.answers().empty());
        story.pass(50);
        CHECK(story.answers() == "a1 applied");
        story.boot(reason);
        story.pass(kMinute);
        CHECK(story.device->view().emergency);
        CHECK(!story.heater.is_on);
    }
}

TEST_CASE("F12 only a release ends the stop, and it survives a reset as well") {
    BathStory story;
    story.start();
    story.stop();
    CHECK(story.answer_to(R"("command":"heater","action":"on","duration":60000,"id":"a1")") == "a1 refused emergency");
    CHECK(story.answer_to(R"("command":"heater","action":"auto","id":"a2")") == "a2 refused emergency");
    CHECK(story.answer_to(R"("command":"emergency","action":"off","id":"a3")") == "a3 applied");
    CHECK(!story.device->view().emergency);
    story.boot();
    CHECK(!story.device->view().emergency);
    story.pass(BathStory::kSettleMs);
    CHECK(story.heater.is_on);
}

TEST_CASE("F12 a stop that cannot be stored acts all the same; it is answered as applied when it is stored") {
    BathStory story;
    story.start();
    story.store.takes_nothing = true;
    CHECK(story.answer_to(R"("command":"emergency","action":"on","id":"a1")") == "a1 accepted");
    CHECK(!story.heater.is_on);
    CHECK((story.device->view().faults & kFaultStore) != 0);
    story.pass(kMinute);
    CHECK(story.answers().empty());
    story.store.takes_nothing = false;
    story.pass(BathKeeper::kRetryMs + 100);
    CHECK(story.answers() == "a1 applied");
    CHECK((story.device->view().faults & kFaultStore) == 0);
    story.boot();
    CHECK(story.device->view().emergency);
}

TEST_CASE("F12 a release that cannot be stored is refused and the stop stays") {
    BathStory story;
    story.start();
    story.stop();
    story.store.takes_nothing = true;
    CHECK(story.answer_to(R"("command":"emergency","action":"off","id":"a1")") == "a1 refused not_stored");
    CHECK(story.device->view().emergency);
    story.store.takes_nothing = false;
    story.boot();
    CHECK(story.device->view().emergency);
}

TEST_CASE("F12 power cut at any byte of storing: what was carried out is what a reset finds") {
    for (std::size_t bytes = 0; bytes < 80; ++bytes) {
        CAPTURE(bytes);
        BathStory story;
        story.start();
        story.store.bytes_left = bytes;
        story.stop();
        CHECK(!story.heater.is_on);
        const bool is_stored = !story.store.is_off;
        story.store.power_on();
        story.boot();
        CHECK((story.device->view().emergency || !is_stored));
        story.stop();
        story.store.bytes_left = bytes;
        story.command(R"("command":"emergency","action":"off")");
        const bool is_released = !story.device->view().emergency;
        CHECK((is_released || story.store.is_off));
        story.store.power_on();
        story.boot();
        CHECK((!story.device->view().emergency || !is_released));
    }
}

TEST_CASE("F12 memory that cannot be read counts as stopped") {
    BathStory story;
    for (auto& [name, record] : story.store.records) {
        if (name.rfind("memory", 0) == 0) {
            record.back() ^= 1;
        }
    }
    story.boot();
    CHECK(story.device->view().emergency);
    story.pass(kMinute);
    CHECK(!story.heater.is_on);
}

TEST_CASE("F12 F15 a new device is stopped and has no settings until it is told both") {
    BathStory story(true, true);
    story.start();
    CHECK(story.device->view().emergency);
    CHECK((story.device->view().faults & kFaultSettings) != 0);
    CHECK(story.answer_to(R"("command":"config_update","config":{"temp_maxdif":12},"id":"a1")") ==
          "a1 refused emergency");
    CHECK(story.answer_to(R"("command":"emergency","action":"off","id":"a2")") == "a2 applied");
    story.pass(BathStory::kSettleMs);
    CHECK(!story.heater.is_on);
    story.link.sent.clear();
    CHECK(story.answer_to(R"("command":"config_update","config":{"temp_maxdif":12},"id":"a3")") == "a3 applied");
    story.pass(BathStory::kSettleMs);
    CHECK((story.device->view().faults & kFaultSettings) == 0);
    CHECK(!story.heater.is_on);  // nobody said how hot
    CHECK(story.answer_to(R"("command":"config_update","config":{"bath_setpoint":{"target":60}},"id":"a4")") ==
          "a4 applied");
    story.pass(kSecond);
    CHECK(story.heater.is_on);
}

TEST_CASE("F15 after lost settings a change of another one does not heat to a target that nobody chose") {
    BathStory story;
    BathConfig config;
    config.settings.target_c = 37.0F;
    config.settings.out_max_c = 40;
    commission(story.store, config);
    story.probes.outlets({37.0F});
    for (const char* name : {"configa", "configb"}) {
        story.store.records[name].back() ^= 1;
    }
    story.start();
    CHECK((story.device->view().faults & kFaultSettings) != 0);
    CHECK(story.answer_to(R"("command":"config_update","config":{"post_interval":30000},"id":"a1")") == "a1 applied");
    story.pass(BathStory::kSettleMs);
    CHECK(!story.heater.is_on);
}

TEST_CASE("a new bath heats only to a target that somebody chose") {
    BathStory story(true, true);
    commission(story.store, control::without_heat());
    story.start();
    story.pass(BathStory::kSettleMs);
    CHECK(story.device->view().faults == 0);
    CHECK(!story.heater.is_on);
    CHECK(story.answer_to(R"("command":"config_update","config":{"bath_setpoint":{"target":60}},"id":"a1")") ==
          "a1 applied");
    story.pass(BathStory::kSettleMs);
    CHECK(story.heater.is_on);
}

TEST_CASE("F15 one bad copy of the settings: the other; both bad: defaults with outputs off") {
    BathStory story;
    story.store.records["configa"].back() ^= 1;
    story.boot();
    story.pass(BathStory::kSettleMs);
    CHECK(story.device->settings().target_c == 60.0F);
    CHECK(story.heater.is_on);
    story.store.records["configb"].front() ^= 1;
    story.boot();
    story.pass(BathStory::kSettleMs);
    CHECK(story.device->settings().target_c == BathSettings().target_c);
    CHECK((story.device->view().faults & kFaultSettings) != 0);
    CHECK(!story.heater.is_on);
}

TEST_CASE("F14 three resets by the watchdog: outputs off, network only") {
    BathStory story;
    story.start();
    for (int i = 0; i < 3; ++i) {
        story.boot("watchdog");
        story.pass(kMinute);
    }
    story.connect();
    story.pass(BathStory::kSettleMs);
    CHECK((story.device->view().faults & kFaultSafeMode) != 0);
    CHECK(!story.heater.is_on);
    CHECK(story.answer_to(R"("command":"heater","action":"on","duration":60000,"id":"a1")") == "a1 refused safe_mode");
    CHECK(!story.heater.is_on);
    story.boot("power_on");
    story.pass(BathStory::kSettleMs);
    CHECK(story.heater.is_on);
}

TEST_CASE("F13 outputs are off after a reset and the heater waits its minimum off-time") {
    BathStory story;
    story.start();
    REQUIRE(story.heater.is_on);
    story.boot("brownout");
    CHECK(!story.heater.is_on);
    story.pass(29 * kSecond);
    CHECK(!story.heater.is_on);
    story.pass(6 * kSecond);
    CHECK(story.heater.is_on);
}

TEST_CASE("a release ends latched faults, too, and they do not come back with a reset") {
    BathStory story;
    BathMemory memory;
    memory.latched_faults = kFaultRelayStuck;
    BathKeeper(story.store).save(0, memory);
    story.start();
    CHECK((story.device->view().faults & kFaultRelayStuck) != 0);
    CHECK(!story.heater.is_on);
    story.stop();
    story.command(R"("command":"emergency","action":"off")");
    CHECK((story.device->view().faults & kFaultRelayStuck) == 0);
    story.boot();
    CHECK((story.device->view().faults & kFaultRelayStuck) == 0);
}

TEST_CASE("the flash is written at most once a minute for what can wait, and not at all for nothing") {
    BathStory story;
    story.probes.outlets({60.0F});  // nothing to heat
    story.probes.set.tank.temp_c = 60.2F;
    story.start();
    story.command(
        R"("command":"config_update","config":{"aeration_timer":{"enabled":true,"interval":10000,"duration":1000}})");
    story.pass(kMinute);
    const int before = story.store.writes;
    story.pass(10 * kMinute);
    CHECK(story.store.writes > before);
    CHECK(story.store.writes - before <= 2 * 11);
    story.command(R"("command":"config_update","config":{"aeration_timer":{"enabled":false}})");
    story.pass(2 * kMinute);
    const int settled = story.store.writes;
    story.pass(10 * kMinute);
    CHECK(story.store.writes == settled);
    for (int i = 0; i < 10; ++i) {
        story.stop();
        story.pass(5 * kSecond);
    }
    CHECK(story.store.writes == settled + 2);
}

TEST_CASE("a memory record gives back what was packed, and nothing of another length or format") {
    BathMemory memory{true, 2.5F, kFaultNoGain, true, 1775095200, 7};
    MemoryRecord record = pack_memory(memory);
    const auto read = unpack_memory(record.data(), record.size());
    REQUIRE(read);
    CHECK(pack_memory(*read) == record);
    CHECK(read->aeration_changed_utc_s == 1775095200);
    CHECK(read->heated_half_hours == 7);
    memory.aeration_changed_utc_s.reset();
    memory.boost_k = NAN;
    record = pack_memory(memory);
    REQUIRE(unpack_memory(record.data(), record.size()));
    CHECK(!unpack_memory(record.data(), record.size())->aeration_changed_utc_s);
    CHECK(unpack_memory(record.data(), record.size())->boost_k == 0.0F);
    CHECK(unpack_memory(record.data(), record.size())->heated_half_hours == 7);
    record[3] = 1;  // from before the heated time was kept
    CHECK(unpack_memory(record.data(), record.size())->heated_half_hours == 0);
    CHECK(unpack_memory(record.data(), record.size())->aeration_changed_utc_s == 0);
    record[1] = 0x80;
    CHECK(unpack_memory(record.data(), record.size())->emergency);
    CHECK(!unpack_memory(record.data(), record.size() - 1));
    record[0] = 9;
    CHECK(!unpack_memory(record.data(), record.size()));
}
