#include "bath_ledger.h"

#include <algorithm>
#include <string_view>

namespace btr::soak {

using namespace control;

namespace {

ConfigRecord packed(const BathDevice& device) {
    ConfigRecord record{};
    pack_config({device.settings(), {}}, record);
    return record;
}

}  // namespace

void BathLedger::on_boot(const char* reset_reason, const BathFacts& facts, const FlashFacts& flash) {
    const std::string_view reason(reset_reason);
    if (reason == "watchdog" || reason == "panic") {
        watchdog_run_ = std::min(watchdog_run_ + 1, 3);
    } else if (reason == "power_on" || reason == "software") {
        watchdog_run_ = 0;
    }
    const std::uint32_t faults = facts.device.view().faults;
    if (watchdog_run_ == 3 && !flash.resets_doubtful && (faults & kFaultSafeMode) == 0) {
        break_with("no safe mode after three resets by the watchdog");
    }
    if (is_unsure_ || flash.memory_doubtful || (stopped_ && !stop_is_stored_)) {
        stopped_ = facts.device.view().emergency;
    }
    is_unsure_ = false;
    stop_is_stored_ = true;
    if (config_ && !flash.config_doubtful && *config_ != packed(facts.device)) {
        break_with("settings changed over a reset");
    }
    note_config(facts);
    booted_ms_ = heater_off_ms_ = facts.now_ms;
    heater_on_ms_.reset();
    bath_over_ms_.reset();
    tank_over_ms_.reset();
    drops_.fill(0);
    live_seq_ = late_seq_ = -1;
}

void BathLedger::expect_stop(const std::string& id) {
    stopped_ = true;
    stop_is_stored_ = false;
    stop_id_ = id;
}

void BathLedger::on_stop(const BathFacts& facts) {
    if (facts.heater || facts.pump || facts.duty > 0.0F) {
        break_with("a stop did not stop at once");
    }
}

void BathLedger::on_message(const BathFacts& facts, bool is_asked, bool was_cut) {
    is_unsure_ = is_unsure_ || was_cut;
    if (was_cut) {
        config_.reset();
    } else {
        note_config(facts);
        stopped_ = is_asked ? stopped_ && facts.device.view().emergency : stopped_;
    }
}

void BathLedger::on_commission() {
    is_unsure_ = true;
    config_.reset();
}

void BathLedger::on_telemetry(long seq, bool is_late) {
    long& last = is_late ? late_seq_ : live_seq_;
    if (seq <= last) {
        break_with("a number of telemetry came twice");
    }
    last = seq;
}

void BathLedger::note_config(const BathFacts& facts) { config_ = packed(facts.device); }

void BathLedger::judge(const BathFacts& facts) {
    if (facts.now_ms - booted_ms_ >= 10 * kMinute) {
        watchdog_run_ = 0;
    }
    judge_stop(facts);
    judge_limits(facts);
    judge_probes(facts);
    judge_heater(facts);
    judge_bounds(facts);
}

void BathLedger::judge_stop(const BathFacts& facts) {
    const BathView& view = facts.device.view();
    const bool runs = facts.heater || facts.pump || facts.duty > 0.0F;
    if (!is_unsure_ && stopped_ != view.emergency) {
        break_with(stopped_ ? "a stop was forgotten" : "a stop came from nowhere");
    }
    if (view.emergency && runs) {
        break_with("something runs in an emergency");
    }
    if ((view.faults & (kFaultSafeMode | kFaultSettings)) != 0 && runs) {
        break_with("something runs in safe mode or without settings");
    }
}

void BathLedger::judge_limits(const BathFacts& facts) {
    const BathSettings& settings = facts.device.settings();
    const float bath_max_c = std::min(static_cast<float>(settings.out_max_c), caps::kBathMaxC);
    const float tank_max_c = std::min(settings.tank_max_c, caps::kTankMaxC);
    const auto since = [&](std::optional<Millis>& from, bool is_over) {
        over_limit_ += is_over && !from && heater_on_ms_ ? 1 : 0;
        from = is_over ? std::optional<Millis>(from.value_or(facts.now_ms)) : std::nullopt;
        return from && facts.now_ms - *from > kSecond;
    };
    const bool bath_over = since(bath_over_ms_, facts.bath_c && *facts.bath_c >= bath_max_c);
    const bool tank_over = since(tank_over_ms_, facts.tank_c && *facts.tank_c >= tank_max_c);
    if (facts.heater && (bath_over || tank_over)) {
        break_with("heats a second after a limit was passed");
    }
    if (facts.pump && bath_over) {
        break_with("pumps a second after the bath's limit was passed");
    }
}

void BathLedger::judge_probes(const BathFacts& facts) {
    const auto is_late = [&](const std::optional<Millis>& bad_ms) {
        return bad_ms && facts.now_ms - std::max(*bad_ms, booted_ms_) > 2 * kSecond + kSlackMs;
    };
    if (facts.heater && (is_late(facts.bath_bad_ms) || is_late(facts.tank_bad_ms))) {
        break_with("heats with a critical probe invalid for two seconds");
    }
    const BathView& view = facts.device.view();
    const Millis guard_ms = facts.device.settings().min_on_ms;
    const bool is_held = heater_on_ms_ && facts.now_ms - *heater_on_ms_ <= guard_ms + kSlackMs;
    if (facts.heater && view.mode == Mode::n_curve && !view.lock_left_ms[kHeater] && !is_held &&
        is_late(facts.core_bad_ms)) {
        break_with("heats by the n-curve without a core temperature");
    }
    if (facts.heater && view.mode == Mode::off && !view.lock_left_ms[kHeater]) {
        break_with("heats though its control is switched off");
    }
}

void BathLedger::judge_heater(const BathFacts& facts) {
    if (facts.heater && !heater_on_ms_) {
        if (facts.now_ms - heater_off_ms_ < facts.device.settings().min_off_ms) {
            break_with("heater on before its minimum off-time");
        }
        heater_on_ms_ = facts.now_ms;
    } else if (!facts.heater && heater_on_ms_) {
        heater_off_ms_ = facts.now_ms;
        heater_on_ms_.reset();
    }
    if (heater_on_ms_ && facts.now_ms - *heater_on_ms_ > caps::kHeaterMaxOnMs) {
        break_with("heater on beyond its longest time");
    }
    const BathView& view = facts.device.view();
    if (view.on[kHeater] != facts.heater || view.on[kPump] != facts.pump) {
        break_with("the view is not the state");
    }
}

void BathLedger::judge_bounds(const BathFacts& facts) {
    for (const auto& left_ms : facts.device.view().lock_left_ms) {
        if (left_ms && (*left_ms < 0 || *left_ms > caps::kLeaseMaxMs)) {
            break_with("a lock without end");
        }
    }
    if (facts.device.kept() > BathReporter::kKept) {
        break_with("a queue without bound");
    }
    for (std::size_t i = 0; i < protocol::kDrops; ++i) {
        const std::uint32_t count = facts.device.inbox().count_of(static_cast<protocol::Drop>(i));
        if (count < drops_[i]) {
            break_with("a counter went back");
        }
        drops_[i] = count;
    }
}

}  // namespace btr::soak
