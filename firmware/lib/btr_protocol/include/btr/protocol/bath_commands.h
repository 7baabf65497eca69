#pragma once
// What a bath is told on `response`. Words become enums here; nothing is judged or carried out.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "btr/protocol/command_ids.h"
#include "btr/protocol/inbox.h"
#include "btr/protocol/json.h"

namespace btr::protocol {

enum class BathVerb : std::uint8_t { output, emergency, config_update };
enum class BathOutput : std::uint8_t { heater, pump, aeration };
enum class BathAction : std::uint8_t { on, off, automatic, hold_off };

struct BathCommand {
    const char* problem = nullptr;  // why it is no command that could be carried out, as a key
    BathVerb verb = BathVerb::output;
    BathOutput output = BathOutput::heater;  // of an output
    BathAction action = BathAction::off;     // of an output; of the emergency on and off only
    std::int64_t duration_ms = 0;            // 0: not given, 0, or no whole number above
    CommandId id;                            // of the document
    Freshness freshness = Freshness::fresh;
    JsonValue config;  // of a config_update: an object of the document

    bool only_switches_off() const;
};

struct BathCommands {
    std::optional<Drop> drop;  // why the message is dropped as a whole; then there are no items
    std::array<BathCommand, kMostCommands> items;
    std::size_t count = 0;
    // Whether any entry engages the emergency stop. Known even when the message is dropped for its many commands: the
    // stop is never lost to a rule that protects against too much.
    bool stops = false;
};

// `root` is that of a living document, and the result refers to it.
BathCommands decode_bath_commands(JsonValue root, std::optional<std::int64_t> now_utc_s);

}  // namespace btr::protocol
