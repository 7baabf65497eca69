#pragma once
// Carries out what a bath is told, once each, and owes the answers.
#include <array>
#include <cstdint>
#include <optional>

#include "btr/control/bath_control.h"
#include "btr/control/bath_keeper.h"
#include "btr/protocol/ack.h"
#include "btr/protocol/bath_commands.h"
#include "btr/protocol/command_ids.h"
#include "btr/protocol/inbox.h"
#include "btr/protocol/late_buffer.h"

namespace btr::control {

// What a message has done.
struct Done {
    bool something = false;  // was carried out
    bool config = false;     // is new
};

class BathDesk {
public:
    // A message that comes too often is still searched for the emergency stop if it is no longer than this: no flood
    // keeps the stop out, and none makes the search dear.
    static constexpr std::size_t kMostStopBytes = 512;
    static constexpr std::size_t kMostOwed = 8;  // answers that the link does not take yet; older ones are lost

    BathDesk(BathControl& control, BathKeeper& keeper, BathConfig& config, bool answers)
        : control_(control), keeper_(keeper), config_(config), answers_(answers) {}

    Done on_message(Millis now_ms, std::optional<std::int64_t> utc_s, const std::uint8_t* payload, std::size_t length,
                    bool retained);
    // Answers what was accepted and has happened, or has ended before it could.
    void tick();
    // The link has been gone for too long: nothing stays on by hand (F10).
    void let_go(Millis now_ms);

    // The oldest answer to send, null when there is none.
    const protocol::Ack* owed(Millis now_ms) const { return owed_.due(now_ms); }
    void sent(Millis now_ms) { owed_.sent(now_ms); }
    const protocol::Inbox& inbox() const { return inbox_; }

private:
    // A command that was accepted and waits for its effect: the heater's guard, or the store for the stop.
    struct Waiting {
        protocol::FixedText<protocol::kMostIdLength> id;
        bool on = true;  // what the output is to become
    };
    static constexpr std::size_t kStop = kOutputs;  // beside the outputs

    Done carry_out(Millis now_ms, const protocol::BathCommands& commands);
    void judge(Millis now_ms, const protocol::BathCommand& command, bool is_stopping, Done& done);
    const char* refusal_of(const protocol::BathCommand& command, bool is_stopping) const;
    protocol::Ack act(Millis now_ms, const protocol::BathCommand& command, Done& done);
    protocol::Ack switch_output(Millis now_ms, const protocol::BathCommand& command);
    protocol::Ack engage(Millis now_ms, std::string_view id);
    protocol::Ack release(Millis now_ms);
    protocol::Ack change(Millis now_ms, protocol::JsonValue wanted, Done& done);

    bool was_answered(std::string_view id);
    void settle(std::size_t which, protocol::AckResult result, const char* reason);
    void answer(std::string_view id, protocol::Ack ack);

    BathControl& control_;
    BathKeeper& keeper_;
    BathConfig& config_;
    bool answers_;
    protocol::Inbox inbox_;
    protocol::CommandIds ids_;
    std::array<std::optional<Waiting>, kOutputs + 1> waiting_;
    std::array<bool, kOutputs> held_on_{};
    protocol::LateBuffer<protocol::Ack, kMostOwed, 0> owed_;
};

}  // namespace btr::control
