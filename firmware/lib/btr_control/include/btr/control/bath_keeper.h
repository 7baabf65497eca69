#pragma once
// What a bath keeps over a reset: its settings and its memory, each stored twice.
#include <optional>

#include "btr/control/bath_memory_codec.h"
#include "btr/control/settings_codec.h"
#include "btr/hal/hal.h"
#include "btr/sched/twin_store.h"

namespace btr::control {

class BathKeeper {
public:
    // The phase of the aeration and the learned boost are written at most once in this time, to spare the flash.
    static constexpr Millis kCalmMs = kMinute;
    // What must not wait (stop, latched faults) and did not get through is tried again after this time.
    static constexpr Millis kRetryMs = 5 * kSecond;

    explicit BathKeeper(Store& store) : config_(store, "config"), memory_(store, "memory") {}

    // Nothing when there is none, or none that can be used.
    std::optional<BathConfig> load_config();
    std::optional<BathMemory> load_memory();

    // Returns whether a reset would find exactly this. What is stored already is not written again.
    bool save(const BathConfig& config);
    bool save(Millis now_ms, const BathMemory& memory);
    bool has(const BathMemory& memory) const;  // a reset would find exactly this
    // Writes what has changed when it is due.
    void tick(Millis now_ms, const BathMemory& memory);
    // The last write of something did not get through.
    bool is_failing() const { return config_failed_ || memory_failed_; }

private:
    bool is_due(Millis now_ms, const BathMemory& memory) const;

    sched::TwinStore<kMostConfigBytes> config_;
    sched::TwinStore<kMemoryBytes> memory_;
    std::optional<BathMemory> stored_;
    std::optional<Millis> tried_ms_;
    bool config_failed_ = false;
    bool memory_failed_ = false;
};

}  // namespace btr::control
