#include "btr/control/bath_device.h"

#include <cstring>

#include "btr/protocol/bath_register.h"

namespace btr::control {
namespace {

constexpr const char* kOnline = "online";
constexpr const char* kOffline = "offline";
constexpr std::size_t kMostAckBytes = 512;  // every character of id and reason escaped

}  // namespace

BathDevice::BathDevice(const BathIdentity& identity, const BathHardware& hardware, Store& store, Link& link,
                       const WallClock& clock)
    : identity_(identity),
      hardware_(hardware),
      link_(link),
      clock_(clock),
      guard_(store),
      keeper_(store),
      reporter_(link, topic(Leaf::telemetry), identity.extensions) {
    constexpr std::array<const char*, kLeaves> kNames = {"telemetry", "register", "availability", "ack", "response"};
    for (std::size_t leaf = 0; leaf < kLeaves; ++leaf) {
        auto& name = topics_[leaf];
        name.append(identity.root).append('/').append(identity.code).append('/').append(kNames[leaf]);
        if (name.overflowed()) {
            name.clear();  // half a topic would be somebody else's
        }
    }
}

void BathDevice::begin(Millis now_ms) {
    guard_.begin(identity_.reset_reason, now_ms);
    const auto config = keeper_.load_config();
    config_ = config.value_or(without_heat());
    const auto usable = config ? std::optional<BathSettings>(config->settings) : std::nullopt;
    control_.emplace(hardware_, usable, keeper_.load_memory(), guard_.is_safe_mode(), now_ms, clock_.utc_s());
    desk_.emplace(*control_, keeper_, config_, identity_.extensions);
    reporter_.begin(now_ms);
    without_link_.start(now_ms);
}

void BathDevice::tick(Millis now_ms) {
    if (!control_) {
        return;
    }
    const auto utc_s = clock_.utc_s();
    guard_.tick(now_ms);
    control_->note_store_failure(keeper_.is_failing());
    control_->tick(now_ms, utc_s);
    keeper_.tick(now_ms, control_->memory());
    desk_->tick();
    watch_link(now_ms);
    send(now_ms, utc_s);
}

void BathDevice::on_connected(Millis now_ms) {
    must_say_online_ = identity_.extensions;
    // the original registers at boot only; with retained messages a new broker has to be told again
    if (identity_.extensions || !has_connected_) {
        register_due_.start(now_ms);
    }
    has_connected_ = true;
    reporter_.speak_soon();
}

void BathDevice::on_message(Millis now_ms, const char* topic_name, const std::uint8_t* payload, std::size_t length,
                            bool retained) {
    if (!desk_ || std::strcmp(topic_name, command_topic()) != 0) {
        return;
    }
    const Done done = desk_->on_message(now_ms, clock_.utc_s(), payload, length, retained);
    if (done.config) {
        register_due_.start(now_ms);
    }
    if (done.something) {
        reporter_.speak_soon();
    }
}

Message BathDevice::will() const {
    return {identity_.extensions ? topic(Leaf::availability) : "", kOffline, std::strlen(kOffline), 1, true};
}

void BathDevice::watch_link(Millis now_ms) {
    if (link_.is_connected()) {
        without_link_.stop();
    } else if (!without_link_.is_running()) {
        without_link_.start(now_ms);
    }
    if (without_link_.has_passed(now_ms, kLinkGraceMs)) {
        desk_->let_go(now_ms);
    }
}

void BathDevice::send(Millis now_ms, std::optional<std::int64_t> utc_s) {
    if (link_.is_connected()) {
        must_say_online_ = must_say_online_ && !send_online();
        if (registered_without_clock_ && utc_s) {
            registered_without_clock_ = false;
            register_due_.start(now_ms);
        }
        const bool has_waited = utc_s ? register_due_.is_running() : register_due_.has_passed(now_ms, kClockGraceMs);
        if (has_waited && send_register(now_ms, utc_s)) {
            registered_without_clock_ = !utc_s;
            register_due_.stop();
        }
        send_answers(now_ms);
    }
    reporter_.tick(now_ms, utc_s, control_->view(), control_->settings().post_interval_ms, desk_->inbox().total());
}

bool BathDevice::send_online() {
    return link_.publish({topic(Leaf::availability), kOnline, std::strlen(kOnline), 1, true});
}

bool BathDevice::send_register(Millis now_ms, std::optional<std::int64_t> utc_s) {
    protocol::FixedText<protocol::kMostRegisterBytes> text;
    protocol::JsonWriter json(text);
    const protocol::BathRegister told{
        now_ms, utc_s, identity_.ip_address, identity_.code, identity_.firmware, identity_.reset_reason};
    protocol::begin_bath_register(json, told, identity_.extensions);
    write_config(config_, json);
    protocol::end_bath_register(json);
    const int qos = identity_.extensions ? 1 : 0;
    return json.is_complete() &&
           link_.publish({topic(Leaf::registration), text.c_str(), text.size(), qos, identity_.extensions});
}

void BathDevice::send_answers(Millis now_ms) {
    while (const protocol::Ack* ack = desk_->owed(now_ms)) {
        protocol::FixedText<kMostAckBytes> text;
        const bool fits = protocol::encode_ack(*ack, text);
        if (fits && !link_.publish({topic(Leaf::ack), text.c_str(), text.size(), 1, false})) {
            return;  // later
        }
        desk_->sent(now_ms);
    }
}

BathConfig without_heat() {
    BathConfig config;
    config.settings.target_c = kLeastTargetC;
    return config;
}

bool commission(Store& store, const BathConfig& config) {
    BathKeeper keeper(store);
    return keeper.save(config) && keeper.save(0, BathMemory{});
}

}  // namespace btr::control
