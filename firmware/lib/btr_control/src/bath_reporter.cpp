#include "btr/control/bath_reporter.h"

#include <algorithm>

namespace btr::control {

void BathReporter::tick(Millis now_ms, std::optional<std::int64_t> utc_s, const BathView& view, Millis interval_ms,
                        std::uint32_t dropped) {
    note_changes(view);
    const bool is_connected = link_.is_connected();
    const bool is_periodic = is_periodic_due(now_ms, interval_ms);
    const bool may_speak = !spoken_ms_ || now_ms - *spoken_ms_ >= kFloorMs;
    const bool is_wanted = must_speak_ && may_speak && is_connected && (spoken_ms_ || is_periodic);
    if (is_periodic || is_wanted) {
        spoken_ms_ = now_ms;
        const protocol::BathTelemetry telemetry = told(now_ms, utc_s, view, dropped);
        const bool is_sent = is_connected && publish(telemetry);
        if (!is_sent && is_periodic) {
            late_.push(telemetry);
        }
        must_speak_ = must_speak_ && !is_sent;
        seq_ += is_sent || is_periodic ? 1 : 0;  // a gap means a message that was lost
    } else if (is_connected) {
        send_late(now_ms, utc_s);
    }
}

bool BathReporter::is_periodic_due(Millis now_ms, Millis interval_ms) {
    next_ms_ = std::min(next_ms_, now_ms + interval_ms);  // a shorter interval counts from now on
    if (now_ms < next_ms_) {
        return false;
    }
    next_ms_ += ((now_ms - next_ms_) / interval_ms + 1) * interval_ms;
    return true;
}

void BathReporter::note_changes(const BathView& view) {
    const Said now{view.on, view.emergency, view.faults};
    if (said_ && (said_->on != now.on || said_->emergency != now.emergency || said_->faults != now.faults)) {
        speak_soon();
    }
    said_ = now;
}

protocol::BathTelemetry BathReporter::told(Millis now_ms, std::optional<std::int64_t> utc_s, const BathView& view,
                                           std::uint32_t dropped) const {
    protocol::BathTelemetry telemetry;
    telemetry.taken_ms = now_ms;
    telemetry.utc_s = utc_s;
    telemetry.core_c = view.core.temp_c;
    telemetry.tank_c = view.tank.temp_c;
    telemetry.outlet_count = view.outlet_count;
    for (std::size_t i = 0; i < view.outlet_count && i < kMaxOutlets; ++i) {
        telemetry.outlets_c[i] = view.outlets[i].temp_c;
    }
    telemetry.heater = view.on[kHeater];
    telemetry.pump = view.on[kPump];
    telemetry.aeration = view.on[kAeration];
    telemetry.emergency = view.emergency;
    telemetry.seq = seq_;
    telemetry.mode = key_of(view.mode);
    telemetry.reason = key_of(view.reason);
    telemetry.boost_k = view.boost_k;
    telemetry.delta_on_k = view.delta_on_k;
    for (std::size_t output = 0; output < kOutputs; ++output) {
        telemetry.locks_ms[output] = view.lock_left_ms[output].value_or(0);
    }
    telemetry.faults = view.faults;
    telemetry.dropped = dropped;
    return telemetry;
}

bool BathReporter::publish(const protocol::BathTelemetry& telemetry) {
    protocol::FixedText<protocol::kMostTelemetryBytes> text;
    if (!protocol::encode_bath_telemetry(telemetry, extensions_, text)) {
        return false;
    }
    return link_.publish({topic_, text.c_str(), text.size(), 0, false});
}

// Only with a time: a reader would take a message without one for the present. One that was kept before the clock was
// set gets its time now.
void BathReporter::send_late(Millis now_ms, std::optional<std::int64_t> utc_s) {
    const protocol::BathTelemetry* due = late_.due(now_ms);
    if (!due || (!due->utc_s && !utc_s)) {
        return;
    }
    protocol::BathTelemetry telemetry = *due;
    telemetry.late = true;
    if (!telemetry.utc_s) {
        telemetry.utc_s = *utc_s - (now_ms - telemetry.taken_ms) / kSecond;
    }
    if (publish(telemetry)) {
        late_.sent(now_ms);
    }
}

}  // namespace btr::control
