#include "btr/protocol/command_ids.h"

namespace btr::protocol {

const Ack* CommandIds::find(std::string_view id) const {
    for (const Ack& ack : acks_) {
        if (!id.empty() && ack.id == id) {
            return &ack;
        }
    }
    return nullptr;
}

void CommandIds::remember(const Ack& ack) {
    acks_[next_] = ack;
    next_ = (next_ + 1) % acks_.size();
}

CommandId read_id(const JsonValue& command) {
    const JsonValue value = command.member("id");
    if (!value.is_present() || value.is_null()) {
        return {};
    }
    const std::optional<std::string_view> text = value.text();
    if (!text || text->empty() || text->size() > kMostIdLength) {
        return {{}, true};
    }
    return {*text, false};
}

Freshness freshness_of(const JsonValue& command, std::optional<std::int64_t> now_utc_s) {
    const JsonValue value = command.member("expires");
    if (!value.is_present() || value.is_null()) {
        return Freshness::fresh;
    }
    const std::optional<std::int64_t> expires_utc_s = value.integer();
    if (!expires_utc_s || !now_utc_s) {
        return Freshness::unknown;
    }
    return *now_utc_s < *expires_utc_s ? Freshness::fresh : Freshness::expired;
}

const char* refusal_of(Freshness freshness, bool only_switches_off) {
    switch (freshness) {
        case Freshness::fresh: return nullptr;
        case Freshness::expired: return "expired";
        case Freshness::unknown: break;
    }
    return only_switches_off ? nullptr : "expiry_unknown";
}

}  // namespace btr::protocol
