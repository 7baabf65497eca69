#pragma once
// What is measured. Each case prepares itself, then has its work done again and again inside measured().
#include <cstddef>
#include <type_traits>
#include <utility>

#include "btr/hal/hal.h"

namespace btr::bench {

// The only function that callgrind counts in (--toggle-collect); the function pointer keeps it from being inlined away.
using Work = void (*)(void* context);
void measured(Work work, void* context);

template <typename Job>
void measure(Job&& job) {
    measured([](void* context) { (*static_cast<std::remove_reference_t<Job>*>(context))(); }, &job);
}

struct Case {
    const char* name;
    // Does the work so many times; returns how often it was measured.
    int (*run)(int times);
};

struct Size {
    const char* name;
    std::size_t bytes;
};

// A broker that takes everything, and does nothing that would count.
class TakingLink final : public Link {
public:
    bool is_connected() const override { return true; }
    bool publish(const Message& message) override {
        sent_bytes += message.length;
        return true;
    }
    std::size_t sent_bytes = 0;
};

class SetClock final : public WallClock {
public:
    std::optional<std::int64_t> utc_s() const override { return now_utc_s; }
    std::int64_t now_utc_s = 1775095200;  // 2026-04-02 02:00:00 UTC
};

// Ends the program when a and b are not the same JSON: a peer that says something else is no peer.
void must_be_same(const char* a, const char* b);

extern const std::pair<const Case*, std::size_t> kBathCases, kBatteryCases;
extern const std::pair<const Size*, std::size_t> kBathSizes, kBatterySizes;

}  // namespace btr::bench
