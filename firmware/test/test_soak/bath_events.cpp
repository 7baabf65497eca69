// What may happen to a bath controller.
#include "bath_life.h"
#include "messages.h"

namespace btr::soak {

using namespace control;

namespace {

constexpr const char* kOutputNames[] = {"heater", "pump", "aeration", "fan"};
constexpr const char* kActionNames[] = {"on", "on", "off", "auto", "hold_off"};
constexpr const char* kReasons[] = {"power_on", "watchdog", "watchdog", "brownout", "software", "panic", "unknown"};

std::string number(double value) { return std::to_string(static_cast<long>(value)); }

}  // namespace

void BathLife::happen() {
    switch (world_.chance.below(20)) {
        case 0:
        case 1:
        case 2: command(); break;
        case 3: change_settings(); break;
        case 4:
        case 5: burst(); break;
        case 6:
        case 7:
        case 8:
        case 9: trouble(); break;
        case 10: stop(); break;
        case 11: release(); break;
        case 12:
        case 19: mend(); break;
        case 13:
        case 14: break_link(); break;
        case 15: break_flash(); break;
        case 16: reset(); break;
        case 17: upset_clock(); break;
        case 18: disturb_water(); break;
    }
}

void BathLife::say(const std::string& text, bool is_release, bool retained) {
    if (!world_.broker.connected || world_.flash.memory.is_off) {
        return;
    }
    ++tally_.heard;
    told_ms_ = device_ms();
    deliver(*device_, told_ms_, device_->command_topic(), text, retained);
    const bool was_cut = world_.flash.memory.is_off;
    ledger_.on_message(facts(), is_release, was_cut);
    if (!was_cut) {
        ledger_.judge(facts());
    }
}

void BathLife::command() {
    Chance& chance = world_.chance;
    std::string text = std::string("{\"commands\":[{\"command\":\"") + kOutputNames[chance.below(4)] +
                       "\",\"action\":\"" + kActionNames[chance.below(5)] + "\"";
    if (!chance.one_in(4)) {
        text += ",\"duration\":" + std::to_string(chance.below(1800000));
    }
    if (chance.one_in(2)) {
        text += ",\"id\":\"c" + std::to_string(next_id_++ % 100) + "\"";
    }
    if (chance.one_in(6)) {
        text += ",\"expires\":" + std::to_string(Clock::kStartUtcS + world_.now_ms / kSecond + chance.below(60) - 20);
    }
    say(text + "}]}", false, chance.one_in(20));
}

void BathLife::change_settings() {
    Chance& chance = world_.chance;
    const std::string aeration = chance.one_in(2) ? "true" : "false";
    const double out_max_c = 35.0 + chance.upto(50.0);
    say("{\"commands\":[{\"command\":\"config_update\",\"id\":\"s" + std::to_string(next_id_++ % 100) +
        "\",\"config\":{\"temp_limitout_max\":" + number(out_max_c) + ",\"post_interval\":" +
        number(5000.0 + chance.upto(115000.0)) + ",\"safety\":{\"tank_temp_max\":" + number(45.0 + chance.upto(55.0)) +
        "},\"bath_setpoint\":{\"enabled\":" + (chance.one_in(3) ? "false" : "true") +
        ",\"target\":" + number(out_max_c - chance.upto(15.0)) + ",\"hyst\":" + number(1.0 + chance.upto(3.0)) +
        "},\"heater_guard\":{\"min_on_ms\":" + number(chance.upto(120000.0)) +
        ",\"min_off_ms\":" + number(chance.upto(120000.0)) + "},\"aeration_timer\":{\"enabled\":" + aeration +
        ",\"interval\":" + number(10000.0 + chance.upto(300000.0)) +
        ",\"duration\":" + number(1000.0 + chance.upto(300000.0)) + "}}}]}");
}

void BathLife::burst() {
    Chance& chance = world_.chance;
    const std::string like = R"({"commands":[{"command":"pump","action":"on","duration":60000,"id":"b1"}]})";
    for (int messages = 1 + chance.below(20); messages > 0; --messages) {
        say(chance.one_in(4) ? like : nonsense(chance, like), false, chance.one_in(10));
    }
    if (chance.one_in(6)) {
        stop();  // in the middle of a flood, too
    }
}

void BathLife::trouble() {
    Chance& chance = world_.chance;
    const auto kind = static_cast<std::size_t>(1 + chance.below(static_cast<int>(kTroubles) - 1));
    const int which = chance.below(6);
    const Millis until_ms = device_ms() + chance.span_ms(30 * kMinute);
    const auto strike = [&](DoubtfulProbe& probe) {
        ++tally_.troubles[kind];
        probe.trouble = static_cast<Trouble>(kind);
        probe.until_ms = until_ms;
    };
    switch (which) {
        case 0: strike(probes_.core); break;
        case 1:
        case 2: strike(probes_.tank); break;
        case 3:
        case 4: strike(probes_.outlets[static_cast<std::size_t>(chance.below(3))]); break;
        case 5:  // the whole bus
            for (DoubtfulProbe& probe : probes_.outlets) {
                strike(probe);
            }
            break;
    }
}

void BathLife::stop() {
    if (!world_.broker.connected || world_.flash.memory.is_off) {
        return;
    }
    ++tally_.stops;
    const std::string id = "stop" + std::to_string(next_id_++);
    ledger_.expect_stop(id);
    say("{\"commands\":[{\"command\":\"emergency\",\"action\":\"on\",\"id\":\"" + id + "\"}]}");
    ledger_.on_stop(facts());
}

void BathLife::release() {
    ++tally_.releases;
    say("{\"commands\":[{\"command\":\"emergency\",\"action\":\"off\",\"id\":\"r" + std::to_string(next_id_++) +
            "\"}]}",
        true);
}

void BathLife::connect(bool connected) {
    if (connected && !world_.broker.connected) {
        world_.broker.connected = true;
        const Counted counted;
        device_->on_connected(device_ms());
    }
    world_.broker.connected = connected;
}

void BathLife::break_link() {
    Chance& chance = world_.chance;
    ++tally_.outages;
    if (chance.one_in(4)) {
        link_full_until_ms_ = world_.now_ms + chance.span_ms(10 * kMinute);
        world_.broker.full = true;
        return;
    }
    link_away_until_ms_ = world_.now_ms + chance.span_ms(2 * kHour);
    connect(false);
}

void BathLife::break_flash() {
    Chance& chance = world_.chance;
    constexpr const char* kCopies[] = {"memorya", "memoryb", "configa", "configb", "resetsa", "resetsb"};
    switch (chance.below(4)) {
        case 0:
            flash_refuses_until_ms_ = world_.now_ms + chance.span_ms(20 * kMinute);
            world_.flash.memory.takes_nothing = true;
            resets_doubtful_ = true;
            break;
        case 1:
            world_.flash.memory.bytes_left = static_cast<std::size_t>(chance.below(400));
            resets_doubtful_ = true;
            break;
        default:
            ++tally_.decays;
            world_.flash.decay(kCopies[chance.below(6)]);
            resets_doubtful_ = true;
            break;
    }
}

void BathLife::reset() {
    Chance& chance = world_.chance;
    int storm = chance.one_in(6) ? 4 : 1;
    while (storm-- > 0) {
        ++tally_.resets;
        boot(kReasons[chance.below(7)]);
        for (int passes = chance.below(400); passes > 0 && !world_.flash.memory.is_off; --passes) {
            pass();
        }
    }
}

void BathLife::upset_clock() {
    world_.clock.synced = !world_.chance.one_in(3);
    world_.clock.skew_s = world_.chance.one_in(3) ? world_.chance.below(7200) - 3600 : 0;
}

void BathLife::disturb_water() {
    Chance& chance = world_.chance;
    switch (chance.below(4)) {
        case 0: element_dead_ = true; break;
        case 1: relay_stuck_ = true; break;
        case 2: plant_.set_room_c(10.0 + chance.upto(20.0)); break;
        case 3: plant_.pour_into_bath(5.0 + chance.upto(85.0), chance.upto(1.5) * 4186.0); break;
    }
}

// Somebody comes by: looks after water, probes, and a device that waits for a person.
void BathLife::mend() {
    element_dead_ = relay_stuck_ = false;
    for (DoubtfulProbe* probe :
         {&probes_.core, &probes_.tank, &probes_.outlets[0], &probes_.outlets[1], &probes_.outlets[2]}) {
        probe->trouble = Trouble::none;
    }
    link_away_until_ms_ = link_full_until_ms_ = flash_refuses_until_ms_ = 0;
    end_troubles();
    const std::uint32_t faults = device_->view().faults;
    if ((faults & kFaultSettings) != 0 && commission(world_.flash, BathConfig{})) {
        ledger_.on_commission();
    }
    if ((faults & (kFaultSettings | kFaultSafeMode)) != 0) {
        boot("power_on");
        connect(true);
    }
    release();
}

void BathLife::end_troubles() {
    const Millis now_ms = world_.now_ms;
    if (now_ms >= flash_refuses_until_ms_) {
        world_.flash.memory.takes_nothing = false;
    }
    if (now_ms >= link_full_until_ms_) {
        world_.broker.full = false;
    }
    if (now_ms >= link_away_until_ms_ && now_ms - booted_ms_ > 2 * kSecond) {
        connect(true);
    }
}

const char* BathLife::recover(Millis duration_ms) {
    world_.clock.synced = true;
    world_.clock.skew_s = 0;
    world_.flash.memory.bytes_left.reset();
    plant_.set_room_c(22.0);
    mend();
    boot("power_on");
    mend();
    for (int second = 0; second < 10; ++second) {
        live(kSecond, 1000 * kHour);
    }
    say(R"({"commands":[{"command":"config_update","config":{"temp_limitout_max":60,"post_interval":60000,)"
        R"("safety":{"tank_temp_max":85},"bath_setpoint":{"enabled":true,"target":50,"hyst":1},)"
        R"("heater_guard":{"min_on_ms":30000,"min_off_ms":30000},"aeration_timer":{"enabled":false}}}]})");
    return live(duration_ms, 1000 * kHour);
}

}  // namespace btr::soak
