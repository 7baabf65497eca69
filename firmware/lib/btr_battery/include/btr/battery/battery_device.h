#pragma once
// A battery node on the network: readings, grading, indication, settings and messages in one object without hardware.
// src/battery/main.cpp and host/battery_main.cpp only feed it.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "btr/battery/alarm.h"
#include "btr/battery/button.h"
#include "btr/battery/grader.h"
#include "btr/battery/override.h"
#include "btr/battery/pages.h"
#include "btr/battery/settings.h"
#include "btr/hal/hal.h"
#include "btr/protocol/battery_correction.h"
#include "btr/protocol/battery_telemetry.h"
#include "btr/protocol/command_ids.h"
#include "btr/protocol/inbox.h"
#include "btr/protocol/late_buffer.h"
#include "btr/sched/twin_store.h"

namespace btr::battery {

struct BatteryIdentity {
    const char* id;            // topics are btr/<id>/..., without legacy topics; at most 64 bytes
    const char* firmware;      // version
    const char* reset_reason;  // key: power_on, software, watchdog, brownout, panic, unknown
    bool legacy_topics;  // `sensor` and `statue` without a prefix; no register, availability, ack, config, late
    bool extensions;  // false: the original's fields alone, with readings and VOC signal as the original has
};

constexpr std::size_t kKeptSamples = 640;  // F20: more than 5 min at 2 Hz
constexpr Millis kLatePeriodMs = 100;

class BatteryDevice {
public:
    BatteryDevice(const BatteryIdentity& identity, Store& store, Link& link, const WallClock& clock);
    // Reads the stored settings. Once, before anything else; the gas sensors warm up from here on.
    void begin(Millis now_ms);
    // One sample of all sensors, every 500 ms. Judges, grades, publishes or keeps for later (F20).
    void sample(Millis now_ms, const RawBattery& readings);
    // Button, buzzer pattern, pages, expiry of overrides, late messages; every 50 ms or faster.
    const Indication& tick(Millis now_ms, bool button_pressed);
    void on_connected(Millis now_ms);
    // Any bytes. Retained ones are ignored and counted.
    void on_message(Millis now_ms, const char* topic, const std::uint8_t* payload, std::size_t length, bool retained);
    // Topics to subscribe to (QoS 1); null where there is none. The last will has an empty topic in legacy mode.
    std::array<const char*, 2> subscriptions() const;
    Message will() const;

    Level shown() const { return shown_; }
    const Grader& grader() const { return grader_; }
    const BatterySettings& settings() const { return settings_; }
    const protocol::Inbox& inbox() const { return inbox_; }
    std::size_t kept() const { return late_.size(); }

private:
    enum class Leaf : std::size_t { sensor, statue, registration, availability, ack, config, late };
    static constexpr std::size_t kLeaves = 7;

    const char* topic(Leaf leaf) const { return topics_[static_cast<std::size_t>(leaf)].c_str(); }
    bool publish(Leaf leaf, std::string_view payload, int qos, bool retained);
    void load_settings();
    bool store_settings(const BatterySettings& settings);

    void update_shown(Millis now_ms);
    std::uint32_t causes() const;
    std::uint32_t faults() const;
    protocol::BatteryTelemetry measured(Millis now_ms, const RawBattery& readings) const;
    void put_believed(protocol::BatteryTelemetry& into) const;
    static void put_as_read(const RawBattery& readings, protocol::BatteryTelemetry& into);
    bool publish_sample(Leaf leaf, const protocol::BatteryTelemetry& sample);
    void announce();
    bool publish_register();
    void send_late(Millis now_ms);
    void draw(Millis now_ms, std::size_t page);

    void on_correction(Millis now_ms, const std::uint8_t* payload, std::size_t length);
    void on_config(const std::uint8_t* payload, std::size_t length);
    void change_config(const protocol::JsonValue& root, protocol::Ack& ack);
    bool answered_before(std::string_view id);
    void answer(const protocol::Ack& ack);

    BatteryIdentity identity_;
    Link& link_;
    const WallClock& clock_;
    sched::TwinStore<512> store_;
    std::array<protocol::FixedText<96>, kLeaves> topics_;
    BatterySettings settings_;
    Grader grader_;
    Override override_;
    Alarm alarm_;
    Button button_;
    Pager pager_;
    protocol::Inbox inbox_;
    protocol::CommandIds ids_;
    protocol::LateBuffer<protocol::BatteryTelemetry, kKeptSamples, kLatePeriodMs> late_;
    Indication indication_;
    Level shown_ = Level::normal;
    Cause cause_ = Cause::none;
    Millis started_ms_ = 0;
    Millis sampled_ms_ = 0;
    std::uint32_t seq_ = 0;
    std::uint32_t device_faults_ = 0;  // settings, store, sampling
    std::size_t drawn_page_ = kPages;  // none yet
    bool must_announce_ = false;
    bool must_register_ = false;
};

}  // namespace btr::battery
