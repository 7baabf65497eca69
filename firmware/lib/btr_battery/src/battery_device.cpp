#include "btr/battery/battery_device.h"

#include <algorithm>

#include "btr/battery/convert.h"
#include "btr/protocol/battery_register.h"
#include "btr/protocol/json.h"
#include "btr/protocol/json_writer.h"

namespace btr::battery {
namespace {

using protocol::BatteryChannel;
using protocol::BatteryTelemetry;
using protocol::FixedText;
using protocol::JsonWriter;

constexpr const char* kLeafNames[] = {"sensor", "statue", "register", "availability", "ack", "config", "late"};
constexpr std::size_t kMostSettingsBytes = 512;
constexpr Millis kStalledMs = 3 * kSamplePeriodMs;  // F5: fresh is less than three periods

constexpr BatteryChannel kGasFields[] = {BatteryChannel::mq2_ppm, BatteryChannel::mq4_ppm, BatteryChannel::mq8_ppm,
                                         BatteryChannel::mq7_ppm};  // by GasChannel

constexpr unsigned kAllCauses = static_cast<unsigned>(Cause::none);
constexpr std::uint32_t bit_of(Cause cause) { return 1U << static_cast<unsigned>(cause); }

template <typename T>
std::optional<float> as_float(const std::optional<T>& value) {
    return value ? std::optional(static_cast<float>(*value)) : std::nullopt;
}

}  // namespace

BatteryDevice::BatteryDevice(const BatteryIdentity& identity, Store& store, Link& link, const WallClock& clock)
    : identity_(identity), link_(link), clock_(clock), store_(store, "battery_set"), grader_(settings_, 0) {
    for (std::size_t leaf = 0; leaf < kLeaves; ++leaf) {
        if (!identity_.legacy_topics) {
            topics_[leaf].append("btr/").append(identity_.id).append('/').append(kLeafNames[leaf]);
        } else if (leaf <= static_cast<std::size_t>(Leaf::statue)) {
            topics_[leaf].append(kLeafNames[leaf]);
        }
    }
}

void BatteryDevice::begin(Millis now_ms) {
    started_ms_ = sampled_ms_ = now_ms;
    load_settings();
    grader_ = Grader(settings_, now_ms);
}

void BatteryDevice::load_settings() {
    std::array<std::uint8_t, kMostSettingsBytes> bytes;
    const sched::TwinRead read = store_.read(bytes.data(), bytes.size());
    if (read.state == sched::TwinState::absent) {
        return;
    }
    const protocol::JsonDocument document(bytes.data(), read.length);
    protocol::Problems problems;
    if (read.length == 0 || !change_settings(document.root(), settings_, problems)) {
        device_faults_ |= kFaultSettings;
    }
}

bool BatteryDevice::store_settings(const BatterySettings& settings) {
    FixedText<kMostSettingsBytes> text;
    JsonWriter json(text);
    json.begin_object();
    protocol::write_settings(settings, kSettingRows, json);
    json.end_object();
    return json.is_complete() && store_.write(reinterpret_cast<const std::uint8_t*>(text.c_str()), text.size());
}

void BatteryDevice::sample(Millis now_ms, const RawBattery& readings) {
    sampled_ms_ = now_ms;
    device_faults_ &= ~static_cast<std::uint32_t>(kFaultSampling);
    grader_.add(now_ms, readings);
    update_shown(now_ms);
    const BatteryTelemetry told = measured(now_ms, readings);
    ++seq_;
    const bool is_sent = link_.is_connected() && publish_sample(Leaf::sensor, told);
    if (!is_sent && !identity_.legacy_topics) {
        late_.push(told);
    }
    draw(now_ms, pager_.page(now_ms));
}

const Indication& BatteryDevice::tick(Millis now_ms, bool button_pressed) {
    if (now_ms - sampled_ms_ > kStalledMs) {
        device_faults_ |= kFaultSampling;
    }
    update_shown(now_ms);
    switch (button_.update(now_ms, button_pressed)) {
        case Press::brief: pager_.turn(now_ms); break;
        case Press::lasting:
            alarm_.acknowledge();
            draw(now_ms, pager_.page(now_ms));
            break;
        case Press::none: break;
    }
    const std::size_t page = pager_.page(now_ms);
    if (page != drawn_page_) {
        draw(now_ms, page);
    }
    if (link_.is_connected()) {
        announce();
        send_late(now_ms);
    }
    indication_.light = light_of(shown_, cause_, grader_.is_gas_warm(now_ms));
    indication_.buzzer = alarm_.is_buzzing(now_ms);
    return indication_;
}

void BatteryDevice::update_shown(Millis now_ms) {
    const bool is_stalled = (device_faults_ & kFaultSampling) != 0;
    const Level local = is_stalled ? std::max(grader_.level(), Level::warning) : grader_.level();
    override_.update(now_ms, local);
    shown_ = override_.effective(local);
    const bool is_remote = shown_ > local;
    cause_ = is_remote ? Cause::remote : is_stalled && local > grader_.level() ? Cause::sensor_fault : grader_.cause();
    if (alarm_.update(now_ms, shown_, is_remote ? bit_of(Cause::remote) : causes())) {
        pager_.on_alarm();
    }
}

// What the local level is for, as far as an acknowledgement goes: whoever has heard of one faulty sensor has not heard
// of the next.
std::uint32_t BatteryDevice::causes() const {
    const bool is_stalled = (device_faults_ & kFaultSampling) != 0;
    const std::uint32_t found = grader_.causes() | (is_stalled ? bit_of(cause_) : 0U);
    const bool is_for_sensors = (grader_.causes() & bit_of(Cause::sensor_fault)) != 0;
    return found | (is_for_sensors ? grader_.faulty_sensors() << kAllCauses : 0U);
}

std::uint32_t BatteryDevice::faults() const { return grader_.faults() | device_faults_; }

BatteryTelemetry BatteryDevice::measured(Millis now_ms, const RawBattery& readings) const {
    BatteryTelemetry told;
    told.now_ms = now_ms;
    told.uptime_s = static_cast<std::uint32_t>((now_ms - started_ms_) / kSecond);
    told.seq = seq_;
    told.utc_s = clock_.utc_s();
    told.fault = faults();
    told.status = shown_;
    told.local_status = grader_.level();
    told.override_level = override_.level();
    told.gas_ready = grader_.is_gas_warm(now_ms);
    if (identity_.extensions) {
        put_believed(told);
    } else {
        put_as_read(readings, told);
    }
    return told;
}

void BatteryDevice::put_believed(BatteryTelemetry& into) const {
    const Believed& now = grader_.believed();
    into.set(BatteryChannel::temp_ambient_c, now.ambient_c);
    into.set(BatteryChannel::temp_internal_c, now.internal_c);
    into.set(BatteryChannel::humidity_percent, now.humidity_percent);
    for (std::size_t channel = 0; channel < kGasChannels; ++channel) {
        into.set(kGasFields[channel], now.gas_ppm[channel]);
    }
    into.set(BatteryChannel::voc_index, now.voc_index);
    into.set(BatteryChannel::max30105_smoke, now.smoke_ir);
    into.set(BatteryChannel::max30105_temp_c, now.smoke_chip_c);
    into.set(BatteryChannel::voc_raw, now.voc_raw);
    into.set(BatteryChannel::rate_c_per_s, now.rate_c_per_s);
}

// A reader of the original judges what the sensors say by itself: an open one has to arrive as 988.79.
void BatteryDevice::put_as_read(const RawBattery& readings, BatteryTelemetry& into) {
    into.set(BatteryChannel::temp_ambient_c, readings.ambient_c);
    into.set(BatteryChannel::temp_internal_c, readings.internal_c);
    into.set(BatteryChannel::humidity_percent, readings.humidity_percent);
    for (std::size_t channel = 0; channel < kGasChannels; ++channel) {
        const std::optional<std::uint16_t>& adc = readings.gas_adc[channel];
        into.set(kGasFields[channel], adc ? std::optional(mq_ppm(*adc)) : std::nullopt);
    }
    into.set(BatteryChannel::voc_index,
             readings.voc_raw ? std::optional(original_voc(*readings.voc_raw)) : std::nullopt);
    into.set(BatteryChannel::max30105_smoke, as_float(readings.smoke_ir));
    into.set(BatteryChannel::max30105_temp_c, readings.smoke_chip_c);
}

bool BatteryDevice::publish(Leaf leaf, std::string_view payload, int qos, bool retained) {
    return link_.publish({topic(leaf), payload.data(), payload.size(), qos, retained});
}

bool BatteryDevice::publish_sample(Leaf leaf, const BatteryTelemetry& sample) {
    FixedText<protocol::kMostTelemetryBytes> text;
    return protocol::encode_battery_telemetry(sample, identity_.extensions, text) &&
           publish(leaf, text.view(), 0, false);
}

void BatteryDevice::on_connected(Millis now_ms) {
    must_announce_ = must_register_ = !identity_.legacy_topics;
    announce();
    send_late(now_ms);
}

// What the link could not take is tried again with the next tick.
void BatteryDevice::announce() {
    must_announce_ = must_announce_ && !publish(Leaf::availability, "online", 1, true);
    must_register_ = must_register_ && !publish_register();
}

bool BatteryDevice::publish_register() {
    FixedText<protocol::kMostBatteryRegisterBytes> text;
    JsonWriter json(text);
    protocol::begin_battery_register(json, {identity_.id, identity_.firmware, identity_.reset_reason});
    protocol::write_settings(settings_, kSettingRows, json);
    protocol::end_battery_register(json);
    return json.is_complete() && publish(Leaf::registration, text.view(), 1, true);
}

void BatteryDevice::send_late(Millis now_ms) {
    const BatteryTelemetry* kept = late_.due(now_ms);
    if (kept != nullptr && publish_sample(Leaf::late, *kept)) {
        late_.sent(now_ms);
    }
}

void BatteryDevice::draw(Millis now_ms, std::size_t page) {
    PanelView view;
    view.shown = shown_;
    view.cause = cause_;
    view.is_silenced = alarm_.is_silenced();
    view.grader = &grader_;
    view.is_gas_warm = grader_.is_gas_warm(now_ms);
    view.id = identity_.id;
    view.firmware = identity_.firmware;
    view.reset_reason = identity_.reset_reason;
    view.is_connected = link_.is_connected();
    view.utc_s = clock_.utc_s();
    view.kept = late_.size();
    view.dropped = inbox_.total();
    view.override_level = override_.level();
    view.uptime_s = static_cast<std::uint32_t>((now_ms - started_ms_) / kSecond);
    view.fault = faults();
    draw_page(page, view, indication_.lines);
    drawn_page_ = page;
}

std::array<const char*, 2> BatteryDevice::subscriptions() const {
    return {topic(Leaf::statue), identity_.legacy_topics ? nullptr : topic(Leaf::config)};
}

Message BatteryDevice::will() const {
    constexpr std::string_view kOffline = "offline";
    return {topic(Leaf::availability), kOffline.data(), kOffline.size(), 1, true};
}

}  // namespace btr::battery
