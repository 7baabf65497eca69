// What may happen to a battery node.
#include <limits>

#include "battery_life.h"
#include "messages.h"

namespace btr::soak {

namespace {

constexpr const char* kStatue = "btr/cell-7/statue";
constexpr const char* kConfig = "btr/cell-7/config";
constexpr const char* kReasons[] = {"power_on", "watchdog", "brownout", "software", "panic", "unknown"};

// What a float sensor says when it fails; `open` and `shorted` as an MAX31865 reads them.
std::optional<float> failed(Failure failure, std::optional<float> good, std::optional<float> before, bool is_odd) {
    switch (failure) {
        case Failure::none: return good;
        case Failure::missing: return std::nullopt;
        case Failure::not_a_number: return std::numeric_limits<float>::quiet_NaN();
        case Failure::open: return 988.79F;
        case Failure::shorted: return -242.02F;
        case Failure::stuck: return before;
        case Failure::spike: return is_odd ? good : good.value_or(0.0F) + 45.0F;
        case Failure::absurd: return 1e30F;
    }
    return good;
}

template <typename T>
std::optional<T> failed_count(Failure failure, std::optional<T> good, std::optional<T> before) {
    switch (failure) {
        case Failure::missing:
        case Failure::not_a_number: return std::nullopt;
        case Failure::open:
        case Failure::absurd: return std::numeric_limits<T>::max();
        case Failure::shorted: return T{0};
        case Failure::stuck: return before;
        case Failure::none:
        case Failure::spike: break;
    }
    return good;
}

}  // namespace

void BatteryLife::fail(RawBattery& raw) {
    const bool is_odd = world_.chance.one_in(2);
    for (Sensor& sensor : sensors_) {
        sensor.failure = world_.now_ms >= sensor.until_ms ? Failure::none : sensor.failure;
    }
    const Failure internal = sensors_[kInternal].failure;
    raw.internal_c = failed(internal, raw.internal_c, last_.internal_c, is_odd);
    raw.internal_fault = internal == Failure::open || internal == Failure::shorted ? 0x80 : 0;
    raw.ambient_c = failed(sensors_[kAmbient].failure, raw.ambient_c, last_.ambient_c, is_odd);
    raw.humidity_percent = failed(sensors_[kHumidity].failure, raw.humidity_percent, last_.humidity_percent, is_odd);
    raw.gas_adc[kMq4] = failed_count(sensors_[kGas].failure, raw.gas_adc[kMq4], last_.gas_adc[kMq4]);
    raw.voc_raw = failed_count(sensors_[kVoc].failure, raw.voc_raw, last_.voc_raw);
    raw.voc_index = failed(sensors_[kVoc].failure, raw.voc_index, last_.voc_index, is_odd);
    raw.smoke_ir = failed_count(sensors_[kSmoke].failure, raw.smoke_ir, last_.smoke_ir);
    raw.smoke_chip_c = failed(sensors_[kSmoke].failure, raw.smoke_chip_c, last_.smoke_chip_c, is_odd);
}

void BatteryLife::happen() {
    Chance& chance = world_.chance;
    switch (chance.below(16)) {
        case 0:
        case 1:
        case 2:
        case 3: strike(static_cast<std::size_t>(chance.below(kParts))); break;
        case 4:
            ++tally_.runaways;
            cell_.rate_c_per_s = 0.2F + static_cast<float>(chance.upto(20.0));
            cell_.peak_c = 45.0F + static_cast<float>(chance.upto(145.0));
            cell_.hot_until_ms = world_.now_ms + 5 * kSecond + chance.span_ms(10 * kMinute);
            break;
        case 5:
            ++tally_.smokes;
            cell_.smoke_until_ms = world_.now_ms + chance.span_ms(3 * kMinute);
            break;
        case 6:
            ++tally_.gases;
            cell_.gas_until_ms = world_.now_ms + chance.span_ms(3 * kMinute);
            break;
        case 7:
        case 8: order(); break;
        case 9: configure(); break;
        case 10: burst(); break;
        case 11: break_link(); break;
        case 12: break_flash(); break;
        case 13:
            ++tally_.resets;
            boot(kReasons[chance.below(6)]);
            break;
        case 14: pressed_until_ms_ = world_.now_ms + chance.below(4000); break;
        case 15:
            world_.clock.synced = !chance.one_in(3);
            world_.clock.skew_s = chance.one_in(3) ? chance.below(7200) - 3600 : 0;
            break;
    }
}

void BatteryLife::strike(std::size_t sensor) {
    const int kind = 1 + world_.chance.below(static_cast<int>(kFailures) - 1);
    ++tally_.failures[static_cast<std::size_t>(kind)];
    sensors_[sensor].failure = static_cast<Failure>(kind);
    sensors_[sensor].until_ms = world_.now_ms + world_.chance.span_ms(20 * kMinute);
}

void BatteryLife::order() {
    constexpr const char* kOrders[] = {
        "normal",
        "warning",
        "danger",
        R"({"level":"normal","id":"o1","ttl_s":60})",
        R"({"level":"danger","id":"o2","ttl_s":3600})",
        R"({"level":"warning","ttl_s":5})",
        R"({"level":"normal","expires":4102444800})",
    };
    for (int times = 1 + world_.chance.below(3); times > 0; --times) {
        say(kStatue, kOrders[world_.chance.below(7)], world_.chance.one_in(20));
    }
}

void BatteryLife::configure() {
    Chance& chance = world_.chance;
    const auto number = [](double value) { return std::to_string(value); };
    const double danger_c = 40.0 + chance.upto(45.0);
    say(kConfig, "{\"id\":\"g" + std::to_string(chance.below(100)) + "\",\"config\":{\"internal_danger_c\":" +
                     number(danger_c) + ",\"internal_warning_c\":" + number(danger_c - chance.upto(4.0)) +
                     ",\"rate_danger_c_per_s\":" + number(0.2 + chance.upto(0.9)) + ",\"smoke_limit\":" +
                     number(100.0 + chance.upto(2000.0)) + ",\"gas_ratio\":" + number(1.5 + chance.upto(3.6)) + "}}");
}

void BatteryLife::burst() {
    Chance& chance = world_.chance;
    const std::string like = R"({"level":"normal","id":"b1","ttl_s":60})";
    for (int messages = 1 + chance.below(20); messages > 0; --messages) {
        say(chance.one_in(2) ? kStatue : kConfig, chance.one_in(4) ? like : nonsense(chance, like), chance.one_in(10));
    }
    if (chance.one_in(3)) {  // each of them is written
        for (int messages = 0; messages < 6; ++messages) {
            configure();
        }
    }
}

void BatteryLife::say(const char* topic, const std::string& text, bool retained) {
    if (!world_.broker.connected || world_.flash.memory.is_off) {
        return;
    }
    ++tally_.heard;
    ordered_ms_ = world_.now_ms;
    deliver(*device_, device_ms(), topic, text, retained);
    settings_ = device_->settings();
}

void BatteryLife::connect(bool connected) {
    const bool is_new = connected && !world_.broker.connected && !is_alone_;
    world_.broker.connected = connected && !is_alone_;
    if (is_new) {
        const Counted counted;
        device_->on_connected(device_ms());
    }
}

void BatteryLife::leave_alone(bool is_alone) {
    is_alone_ = is_alone;
    connect(false);
    sampled_ms_ = -1;
}

void BatteryLife::break_link() {
    ++tally_.outages;
    if (world_.chance.one_in(4)) {
        link_full_until_ms_ = world_.now_ms + world_.chance.span_ms(10 * kMinute);
        world_.broker.full = true;
        return;
    }
    link_away_until_ms_ = world_.now_ms + world_.chance.span_ms(2 * kHour);
    connect(false);
}

void BatteryLife::break_flash() {
    Chance& chance = world_.chance;
    switch (chance.below(3)) {
        case 0:
            flash_refuses_until_ms_ = world_.now_ms + chance.span_ms(20 * kMinute);
            world_.flash.memory.takes_nothing = true;
            break;
        case 1: world_.flash.memory.bytes_left = static_cast<std::size_t>(chance.below(800)); break;
        case 2: world_.flash.decay(chance.one_in(2) ? "battery_seta" : "battery_setb"); break;
    }
}

void BatteryLife::end_troubles() {
    if (world_.now_ms >= flash_refuses_until_ms_) {
        world_.flash.memory.takes_nothing = false;
    }
    if (world_.now_ms >= link_full_until_ms_) {
        world_.broker.full = false;
    }
    if (world_.now_ms >= link_away_until_ms_ && world_.now_ms - booted_ms_ > 2 * kSecond && !world_.broker.connected) {
        connect(true);
    }
}

const char* BatteryLife::recover(Millis duration_ms) {
    is_alone_ = false;
    link_away_until_ms_ = link_full_until_ms_ = flash_refuses_until_ms_ = pressed_until_ms_ = 0;
    world_.flash.memory.bytes_left.reset();
    cell_ = {};
    for (Sensor& sensor : sensors_) {
        sensor.until_ms = 0;
    }
    return live(duration_ms, 1000 * kHour);
}

}  // namespace btr::soak
