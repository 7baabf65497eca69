#pragma once
// Gives up on a program that hangs again and again (F14).
#include <cstdint>
#include <string_view>

#include "btr/hal/hal.h"
#include "btr/sched/twin_store.h"

namespace btr::sched {

// Three resets by the watchdog or by a panic, each within 10 minutes of the one before: safe mode, outputs off and the
// network only, until the next start. Having run for 10 minutes, being switched off, or a restart on demand ends the
// count; a brown-out or an unknown cause leaves it.
class ResetGuard {
public:
    static constexpr std::uint8_t kResetsToSafeMode = 3;
    static constexpr Millis kWindowMs = 10 * kMinute;

    explicit ResetGuard(Store& store) : record_(store, "resets") {}

    // Once at boot. `reset_reason`: power_on, software, watchdog, brownout, panic, unknown.
    void begin(std::string_view reset_reason, Millis now_ms);
    void tick(Millis now_ms);
    bool is_safe_mode() const { return is_safe_mode_; }
    std::uint8_t resets() const { return resets_; }

private:
    void set(std::uint8_t resets);

    TwinStore<1> record_;
    Millis began_ms_ = 0;
    std::uint8_t resets_ = 0;
    bool is_safe_mode_ = false;
};

}  // namespace btr::sched
