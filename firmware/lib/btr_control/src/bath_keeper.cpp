#include "btr/control/bath_keeper.h"

namespace btr::control {

std::optional<BathConfig> BathKeeper::load_config() {
    ConfigRecord record{};
    const sched::TwinRead read = config_.read(record.data(), record.size());
    return unpack_config(record.data(), read.length);
}

std::optional<BathMemory> BathKeeper::load_memory() {
    MemoryRecord record{};
    const sched::TwinRead read = memory_.read(record.data(), record.size());
    const auto memory = unpack_memory(record.data(), read.length);
    if (read.state == sched::TwinState::good) {
        stored_ = memory;  // a copy that is left alone is written again
    }
    return memory;
}

bool BathKeeper::save(const BathConfig& config) {
    ConfigRecord record{};
    const std::size_t length = pack_config(config, record);
    config_failed_ = !config_.write(record.data(), length);
    return !config_failed_;
}

bool BathKeeper::save(Millis now_ms, const BathMemory& memory) {
    if (has(memory)) {
        memory_failed_ = false;
        return true;
    }
    tried_ms_ = now_ms;
    const MemoryRecord record = pack_memory(memory);
    memory_failed_ = !memory_.write(record.data(), record.size());
    if (!memory_failed_) {
        stored_ = memory;
    }
    return !memory_failed_;
}

bool BathKeeper::has(const BathMemory& memory) const { return stored_ && pack_memory(*stored_) == pack_memory(memory); }

void BathKeeper::tick(Millis now_ms, const BathMemory& memory) {
    if (is_due(now_ms, memory)) {
        save(now_ms, memory);
    }
}

bool BathKeeper::is_due(Millis now_ms, const BathMemory& memory) const {
    const bool cannot_wait =
        !stored_ || stored_->emergency != memory.emergency || stored_->latched_faults != memory.latched_faults;
    const Millis wait_ms = memory_failed_ ? kRetryMs : cannot_wait ? 0 : kCalmMs;
    return !tried_ms_ || now_ms - *tried_ms_ >= wait_ms;
}

}  // namespace btr::control
