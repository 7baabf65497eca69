#pragma once
// What must hold of a bath at every step, kept apart from the bath: from what was sent, measured and switched.
#include <array>
#include <optional>
#include <string>

#include "btr/control/bath_device.h"
#include "btr/protocol/inbox.h"

namespace btr::soak {

// One moment, seen from outside; times are those of the device.
struct BathFacts {
    Millis now_ms;
    bool heater, pump;
    float duty;
    std::optional<float> bath_c, tank_c;  // nothing: the probes do not say for sure
    std::optional<Millis> bath_bad_ms, tank_bad_ms, core_bad_ms;  // since when no sample could be used
    const control::BathDevice& device;
};

// What a reset may have found in the flash.
struct FlashFacts {
    bool memory_doubtful, config_doubtful, resets_doubtful;
};

class BathLedger {
public:
    // From one pass to the next, and what the flash may take in between.
    static constexpr Millis kSlackMs = 200;

    void on_boot(const char* reset_reason, const BathFacts& facts, const FlashFacts& flash);
    // Before and after a stop is said.
    void expect_stop(const std::string& id);
    void on_stop(const BathFacts& facts);
    // `is_asked`: it may have released the stop. `was_cut`: the power failed meanwhile.
    void on_message(const BathFacts& facts, bool is_asked, bool was_cut);
    void on_ack(const std::string& id, bool is_applied) { stop_is_stored_ |= is_applied && id == stop_id_; }
    void on_commission();
    void on_telemetry(long seq, bool is_late);
    void judge(const BathFacts& facts);
    void break_with(const char* what) { broken_ = broken_ != nullptr ? broken_ : what; }

    const char* broken() const { return broken_; }
    int over_limit() const { return over_limit_; }  // how often a limit was passed while the heater was on

private:
    void judge_stop(const BathFacts& facts);
    void judge_limits(const BathFacts& facts);
    void judge_probes(const BathFacts& facts);
    void judge_heater(const BathFacts& facts);
    void judge_bounds(const BathFacts& facts);
    void note_config(const BathFacts& facts);

    const char* broken_ = nullptr;
    bool stopped_ = false, stop_is_stored_ = true, is_unsure_ = false;
    std::string stop_id_;
    std::optional<control::ConfigRecord> config_;  // nothing: unknown
    int watchdog_run_ = 0;
    Millis booted_ms_ = 0;
    std::optional<Millis> bath_over_ms_, tank_over_ms_, heater_on_ms_;
    Millis heater_off_ms_ = 0;
    int over_limit_ = 0;
    std::array<std::uint32_t, protocol::kDrops> drops_{};
    long live_seq_ = -1, late_seq_ = -1;
};

}  // namespace btr::soak
