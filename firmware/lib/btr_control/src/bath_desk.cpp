#include "btr/control/bath_desk.h"

namespace btr::control {

using protocol::Ack;
using protocol::AckResult;
using protocol::BathAction;
using protocol::BathCommand;
using protocol::BathVerb;

namespace {

Output output_of(protocol::BathOutput output) {
    switch (output) {
        case protocol::BathOutput::heater: return kHeater;
        case protocol::BathOutput::pump: return kPump;
        case protocol::BathOutput::aeration: break;
    }
    return kAeration;
}

Action action_of(BathAction action) {
    switch (action) {
        case BathAction::on: return Action::on;
        case BathAction::off: return Action::off;
        case BathAction::automatic: return Action::automatic;
        case BathAction::hold_off: break;
    }
    return Action::hold_off;
}

Ack result(AckResult which, const char* reason = "") {
    Ack ack;
    ack.result = which;
    ack.reason.append(reason);
    return ack;
}

constexpr const char* kSuperseded = "superseded";

bool is_stop(const BathCommand& command) {
    return !command.problem && command.verb == BathVerb::emergency && command.action == BathAction::on;
}

}  // namespace

Done BathDesk::on_message(Millis now_ms, std::optional<std::int64_t> utc_s, const std::uint8_t* payload,
                          std::size_t length, bool retained) {
    const auto drop = inbox_.judge(now_ms, length, retained);
    const bool may_stop = drop == protocol::Drop::too_often && !retained && length <= kMostStopBytes;
    if (drop && !may_stop) {
        return {};
    }
    const protocol::JsonDocument document(payload, length);
    const protocol::BathCommands commands = protocol::decode_bath_commands(document.root(), utc_s);
    if (!drop && !commands.drop) {
        return carry_out(now_ms, commands);
    }
    if (!drop) {
        inbox_.count(*commands.drop);
    }
    if (!commands.stops) {
        return {};
    }
    engage(now_ms, {});
    return {true, false};
}

Done BathDesk::carry_out(Millis now_ms, const protocol::BathCommands& commands) {
    Done done;
    bool is_stopping = false;
    for (std::size_t i = 0; i < commands.count; ++i) {  // the stop first, wherever it stands
        if (is_stop(commands.items[i])) {
            judge(now_ms, commands.items[i], false, done);
            is_stopping = control_.view().emergency;
        }
    }
    for (std::size_t i = 0; i < commands.count; ++i) {
        if (!is_stop(commands.items[i])) {
            judge(now_ms, commands.items[i], is_stopping, done);
        }
    }
    return done;
}

void BathDesk::judge(Millis now_ms, const BathCommand& command, bool is_stopping, Done& done) {
    // A stop acts each time: an id may have been another command's, and to stop once more harms nobody.
    if (!is_stop(command) && was_answered(command.id.text)) {
        return;
    }
    if (const char* reason = refusal_of(command, is_stopping)) {
        answer(command.id.text, result(AckResult::refused, reason));
        return;
    }
    const Ack ack = act(now_ms, command, done);
    done.something = done.something || ack.result != AckResult::refused;
    answer(command.id.text, ack);
}

// What can be said without looking at the bath. A stop needs no good id, then it acts and nobody hears of it, and no
// clock that is right: one that is said to be expired stops all the same.
const char* BathDesk::refusal_of(const BathCommand& command, bool is_stopping) const {
    if (is_stop(command)) {
        return nullptr;
    }
    if (command.problem) {
        return command.problem;
    }
    if (command.id.is_bad) {
        return "bad_id";
    }
    if (is_stopping) {
        return key_of(Refusal::emergency);
    }
    return protocol::refusal_of(command.freshness, command.only_switches_off());
}

Ack BathDesk::act(Millis now_ms, const BathCommand& command, Done& done) {
    switch (command.verb) {
        case BathVerb::output: return switch_output(now_ms, command);
        case BathVerb::emergency:
            return command.action == BathAction::on ? engage(now_ms, command.id.text) : release(now_ms);
        case BathVerb::config_update: break;
    }
    return change(now_ms, command.config, done);
}

Ack BathDesk::switch_output(Millis now_ms, const BathCommand& command) {
    const Output output = output_of(command.output);
    const Action action = action_of(command.action);
    const Refusal refusal = control_.command(now_ms, output, action, command.duration_ms);
    if (refusal != Refusal::none) {
        return result(AckResult::refused, key_of(refusal));
    }
    if (waiting_[output]) {
        settle(output, AckResult::refused, kSuperseded);
    }
    held_on_[output] = action == Action::on;
    if (action != Action::on || control_.view().on[output]) {
        return result(AckResult::applied);
    }
    waiting_[output].emplace();
    waiting_[output]->id.append(command.id.text);
    return result(AckResult::accepted);
}

Ack BathDesk::engage(Millis now_ms, std::string_view id) {
    control_.engage_emergency(now_ms);
    held_on_.fill(false);
    waiting_[kStop].reset();
    if (keeper_.save(now_ms, control_.memory())) {
        return result(AckResult::applied);
    }
    waiting_[kStop].emplace();
    waiting_[kStop]->id.append(id);
    return result(AckResult::accepted);
}

// Who releases the stop has looked at the bath: latched faults end with it.
Ack BathDesk::release(Millis now_ms) {
    BathMemory released = control_.memory();
    released.emergency = false;
    released.latched_faults = 0;
    if (!keeper_.save(now_ms, released)) {
        return result(AckResult::refused, key_of(Refusal::not_stored));
    }
    control_.clear_faults(now_ms);
    control_.release_emergency(now_ms);
    if (waiting_[kStop]) {
        settle(kStop, AckResult::refused, kSuperseded);
    }
    return result(AckResult::applied);
}

Ack BathDesk::change(Millis now_ms, protocol::JsonValue wanted, Done& done) {
    if (control_.view().emergency) {
        return result(AckResult::refused, key_of(Refusal::emergency));
    }
    protocol::Problems problems;
    const auto config = merged(config_, wanted, problems);
    if (!config) {
        Ack ack = result(AckResult::refused);
        problems.describe(ack.reason);
        return ack;
    }
    if (!keeper_.save(*config)) {
        return result(AckResult::refused, key_of(Refusal::not_stored));
    }
    config_ = *config;
    control_.apply(now_ms, config_.settings);
    done.config = true;
    return result(AckResult::applied);
}

void BathDesk::tick() {
    const BathView& view = control_.view();
    for (std::size_t output = 0; output < kOutputs; ++output) {
        held_on_[output] = held_on_[output] && view.lock_left_ms[output].has_value();
        if (waiting_[output] && view.on[output]) {
            settle(output, AckResult::applied, "");
        } else if (waiting_[output] && !held_on_[output]) {
            settle(output, AckResult::refused, key_of(view.reason));
        }
    }
    if (waiting_[kStop] && keeper_.has(control_.memory())) {
        settle(kStop, AckResult::applied, "");
    }
}

void BathDesk::let_go(Millis now_ms) {
    for (const Output output : {kHeater, kPump, kAeration}) {
        if (held_on_[output]) {
            // not automatic: that keeps the state, aeration without its timer for ever
            control_.command(now_ms, output, Action::off, 0);
            held_on_[output] = false;
        }
    }
}

// The same id twice acts once (F18): it is only answered again.
bool BathDesk::was_answered(std::string_view id) {
    for (const auto& waiting : waiting_) {
        if (!id.empty() && waiting && waiting->id == id) {
            answer(id, result(AckResult::accepted));
            return true;
        }
    }
    const Ack* known = ids_.find(id);
    if (known && answers_) {
        owed_.push(*known);
    }
    return known != nullptr;
}

void BathDesk::settle(std::size_t which, AckResult final_result, const char* reason) {
    const auto id = waiting_[which]->id;
    waiting_[which].reset();
    answer(id.view(), result(final_result, reason));
}

void BathDesk::answer(std::string_view id, Ack ack) {
    if (id.empty()) {
        return;
    }
    ack.id.append(id);
    if (ack.result != AckResult::accepted) {  // the last word
        ids_.remember(ack);
    }
    if (answers_) {
        owed_.push(ack);
    }
}

}  // namespace btr::control
