// What comes in for a battery node: corrections and settings. Nothing of it can do more than make it show a level.
#include "btr/battery/battery_device.h"
#include "btr/protocol/json.h"
#include "btr/protocol/problems.h"

namespace btr::battery {
namespace {

using protocol::Ack;
using protocol::AckResult;
using protocol::Drop;

}  // namespace

void BatteryDevice::on_message(Millis now_ms, const char* topic_name, const std::uint8_t* payload, std::size_t length,
                               bool retained) {
    if (inbox_.judge(now_ms, length, retained)) {
        return;
    }
    const std::string_view name(topic_name);
    if (name == topic(Leaf::statue)) {
        on_correction(now_ms, payload, length);
    } else if (!identity_.legacy_topics && name == topic(Leaf::config)) {
        on_config(payload, length);
    } else {
        inbox_.count(Drop::not_readable);
    }
    update_shown(now_ms);
}

void BatteryDevice::on_correction(Millis now_ms, const std::uint8_t* payload, std::size_t length) {
    const std::optional<protocol::Correction> correction = protocol::decode_correction(payload, length, clock_.utc_s());
    if (!correction) {
        inbox_.count(Drop::not_readable);
        return;
    }
    if (answered_before(correction->id.view())) {
        return;
    }
    const char* refusal = correction->refusal;
    if (refusal == nullptr) {
        // To raise is the safe side: like switching off, it needs no clock.
        refusal = protocol::refusal_of(correction->freshness, *correction->level > grader_.level());
    }
    if (refusal == nullptr) {
        refusal = override_.order(now_ms, *correction->level, correction->ttl_ms, grader_.level());
    }
    if (correction->refusal != nullptr && correction->id.is_empty()) {
        inbox_.count(Drop::not_readable);
    }
    Ack ack;
    ack.id = correction->id;
    ack.result = refusal == nullptr ? AckResult::applied : AckResult::refused;
    ack.reason.append(refusal == nullptr ? "" : refusal);
    answer(ack);
}

void BatteryDevice::on_config(const std::uint8_t* payload, std::size_t length) {
    const protocol::JsonDocument document(payload, length);
    const protocol::JsonValue root = document.root();
    const protocol::CommandId id = protocol::read_id(root);
    if (!root.member("config").is_present() || id.is_bad) {
        inbox_.count(Drop::not_readable);
        return;
    }
    if (answered_before(id.text)) {
        return;
    }
    Ack ack;
    ack.id.append(id.text);
    if (const char* refusal = protocol::refusal_of(protocol::freshness_of(root, clock_.utc_s()), false)) {
        ack.reason.append(refusal);
    } else {
        change_config(root, ack);
    }
    answer(ack);
}

// Taken over as a whole, and only what will be there after a reset (F15).
void BatteryDevice::change_config(const protocol::JsonValue& root, Ack& ack) {
    BatterySettings wanted = settings_;
    protocol::Problems problems;
    if (!change_settings(root.member("config"), wanted, problems)) {
        problems.describe(ack.reason);
        return;
    }
    const bool is_stored = wanted == settings_ && (device_faults_ & (kFaultStore | kFaultSettings)) == 0;
    if (!is_stored && !store_settings(wanted)) {
        device_faults_ |= kFaultStore;
        ack.reason.append("not_stored");
        return;
    }
    device_faults_ &= ~static_cast<std::uint32_t>(kFaultStore | kFaultSettings);
    settings_ = wanted;
    grader_.configure(settings_);
    must_register_ = !identity_.legacy_topics;
    ack.result = AckResult::applied;
}

// Whether a command with this id has acted or was refused already: then that answer is given again (F18).
bool BatteryDevice::answered_before(std::string_view id) {
    const Ack* before = id.empty() ? nullptr : ids_.find(id);
    if (before == nullptr) {
        return false;
    }
    answer(*before);
    return true;
}

void BatteryDevice::answer(const Ack& ack) {
    if (ack.id.is_empty()) {
        return;
    }
    if (ids_.find(ack.id.view()) == nullptr) {
        ids_.remember(ack);
    }
    protocol::FixedText<512> text;
    if (!identity_.legacy_topics && protocol::encode_ack(ack, text)) {
        publish(Leaf::ack, text.view(), 1, false);
    }
}

}  // namespace btr::battery
