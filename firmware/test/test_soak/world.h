#pragma once
// What a device lives in for three days: chance, time that passes while it works, a flash that is slow, fails and
// decays, a broker that comes and goes, a clock that is set late and back.
#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <string>

#include "btr/hal/hal.h"
#include "cut_store.h"
#include "heap.h"

namespace btr::soak {

class Chance {
public:
    explicit Chance(std::uint32_t seed) : random_(seed) {}
    int below(int end) { return static_cast<int>(random_() % static_cast<std::uint32_t>(end)); }
    bool one_in(int count) { return below(count) == 0; }
    double upto(double most) { return most * below(10001) / 10000.0; }
    // A time of that size or smaller, short ones as likely as long ones.
    Millis span_ms(Millis most_ms) { return std::max<Millis>(most_ms >> below(12), 1); }

private:
    std::mt19937 random_;
};

// Writes take as long as a flash of the usual size does: a page is programmed in 3 ms at most, and now and then a
// sector of 4 KiB is erased first, typically in 45 ms (data sheet W25Q32JV).
class Flash final : public Store {
public:
    static constexpr Millis kWriteMs = 3;
    static constexpr Millis kEraseMs = 45;
    static constexpr int kWritesPerErase = 8;

    explicit Flash(Millis& now_ms) : now_ms_(now_ms) {}
    std::size_t read(const char* name, std::uint8_t* into, std::size_t capacity) override {
        const Uncounted uncounted;
        return memory.read(name, into, capacity);
    }
    bool write(const char* name, const std::uint8_t* bytes, std::size_t length) override {
        const Uncounted uncounted;
        const bool was_off = memory.is_off;
        const bool is_written = memory.write(name, bytes, length);
        now_ms_ += kWriteMs + (memory.writes % kWritesPerErase == 0 ? kEraseMs : 0);
        if (is_written) {
            damaged.erase(name);
        } else if (memory.is_off && !was_off) {
            damaged.insert(name);
        }
        return is_written;
    }
    void decay(const std::string& name) {
        const auto found = memory.records.find(name);
        if (found != memory.records.end() && !found->second.empty()) {
            found->second.back() = static_cast<std::uint8_t>(found->second.back() ^ 0x10);
            damaged.insert(name);
        }
    }
    bool is_lost(const std::string& name) const { return is_damaged(name, 'a') && is_damaged(name, 'b'); }
    bool is_damaged(const std::string& name) const { return is_damaged(name, 'a') || is_damaged(name, 'b'); }
    std::size_t bytes() const {
        std::size_t sum = 0;
        for (const auto& [name, record] : memory.records) {
            sum += record.size();
        }
        return sum;
    }

    test::CutStore memory;
    std::set<std::string> damaged;  // records that are not what was written last

private:
    bool is_damaged(const std::string& name, char copy) const { return damaged.count(name + copy) > 0; }

    Millis& now_ms_;
};

class Broker final : public Link {
public:
    bool is_connected() const override { return connected; }
    bool publish(const Message& message) override {
        if (!connected || full) {
            return false;
        }
        const Uncounted uncounted;
        ++messages;
        hear(message);
        return true;
    }

    std::function<void(const Message&)> hear;
    bool connected = false;
    bool full = false;
    long messages = 0;
};

class Clock final : public WallClock {
public:
    static constexpr std::int64_t kStartUtcS = 1775095200;  // 2026-04-02 02:00:00 UTC

    explicit Clock(const Millis& now_ms) : now_ms_(now_ms) {}
    std::optional<std::int64_t> utc_s() const override {
        return synced ? std::optional(kStartUtcS + skew_s + now_ms_ / kSecond) : std::nullopt;
    }
    bool synced = true;
    std::int64_t skew_s = 0;

private:
    const Millis& now_ms_;
};

struct World {
    explicit World(std::uint32_t seed) : chance(seed) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    Chance chance;
    Millis now_ms = 0;
    Flash flash{now_ms};
    Broker broker;
    Clock clock{now_ms};
};

// The number after `"key":`, -1 when there is none.
inline long number_in(const Message& message, const std::string& key) {
    const std::string_view text(message.payload, message.length);
    const std::size_t at = text.find("\"" + key + "\":");
    return at == std::string_view::npos ? -1 : std::strtol(text.data() + at + key.size() + 3, nullptr, 10);
}

// What was done, as a number that any other course of things changes.
class Trace {
public:
    void note(std::uint64_t fact) { hash_ = (hash_ ^ fact) * 1099511628211U; }
    std::uint64_t hash() const { return hash_; }

private:
    std::uint64_t hash_ = 14695981039346656037U;  // FNV-1a
};

}  // namespace btr::soak
