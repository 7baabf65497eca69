#pragma once
// When a bath says how it is: every post_interval, with extensions also at once after a command or a change; what
// cannot be sent is kept and sent late.
#include <optional>

#include "btr/control/bath_state.h"
#include "btr/hal/hal.h"
#include "btr/protocol/bath_telemetry.h"
#include "btr/protocol/late_buffer.h"

namespace btr::control {

class BathReporter {
public:
    // The probes have settled by then; before it there would only be faults to tell.
    static constexpr Millis kFirstMs = 5 * kSecond;
    // A flapping output is told at most that often; what changes within is told together at its end.
    static constexpr Millis kFloorMs = kSecond;
    static constexpr std::size_t kKept = 24;  // the original keeps 12
    // A reader takes messages closer than 2 s for those of a buffer.
    static constexpr Millis kLatePeriodMs = 500;

    BathReporter(Link& link, const char* topic, bool extensions)
        : link_(link), topic_(topic), extensions_(extensions) {}

    void begin(Millis now_ms) { next_ms_ = now_ms + kFirstMs; }
    // Something was done or someone has come: say how things are as soon as the floor allows.
    void speak_soon() { must_speak_ = extensions_; }
    void tick(Millis now_ms, std::optional<std::int64_t> utc_s, const BathView& view, Millis interval_ms,
              std::uint32_t dropped);
    std::size_t kept() const { return late_.size(); }

private:
    struct Said {  // a change of which is told at once
        std::array<bool, kOutputs> on{};
        bool emergency = false;
        std::uint32_t faults = 0;
    };

    bool is_periodic_due(Millis now_ms, Millis interval_ms);
    void note_changes(const BathView& view);
    protocol::BathTelemetry told(Millis now_ms, std::optional<std::int64_t> utc_s, const BathView& view,
                                 std::uint32_t dropped) const;
    bool publish(const protocol::BathTelemetry& telemetry);
    void send_late(Millis now_ms, std::optional<std::int64_t> utc_s);

    Link& link_;
    const char* topic_;
    bool extensions_;
    Millis next_ms_ = kFirstMs;
    std::optional<Millis> spoken_ms_;
    bool must_speak_ = false;
    std::optional<Said> said_;
    std::uint32_t seq_ = 0;
    protocol::LateBuffer<protocol::BathTelemetry, kKept, kLatePeriodMs> late_;
};

}  // namespace btr::control
