#pragma once
// Which incoming messages are looked at at all (F17), and how many were not.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"

namespace btr::protocol {

constexpr std::size_t kMostMessageBytes = 4096;
constexpr int kMostMessagesPerSecond = 5;
constexpr std::size_t kMostCommands = 16;  // in one message

// Not among them: out of order. Commands and corrections carry no number to order them by; what comes too late is
// refused by its `expires`, and answered.
enum class Drop : std::size_t {
    too_long,           // more than kMostMessageBytes
    too_often,          // more than kMostMessagesPerSecond
    retained,           // a command from another time
    not_readable,       // no JSON, too deep, or nothing that this device knows
    too_many_commands,  // more than kMostCommands
};
constexpr std::size_t kDrops = 5;

class Inbox {
public:
    // What is wrong with a message of this length at this time, before it is read; counted. Nothing: read it.
    // At first and after a pause, kMostMessagesPerSecond may come at once.
    std::optional<Drop> judge(Millis now_ms, std::size_t length, bool retained);
    // For what only the reader can see.
    void count(Drop drop) { ++counts_[static_cast<std::size_t>(drop)]; }
    std::uint32_t count_of(Drop drop) const { return counts_[static_cast<std::size_t>(drop)]; }
    std::uint32_t total() const;

private:
    bool take_token(Millis now_ms);

    std::array<std::uint32_t, kDrops> counts_{};
    Millis credit_ms_ = kSecond;  // a message costs a fifth of a second
    std::optional<Millis> judged_ms_;
};

}  // namespace btr::protocol
