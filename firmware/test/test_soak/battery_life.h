#pragma once
// A battery node in its world: a cell that runs away now and then, sensors that fail, broker, flash, a thumb on the
// button; and what must hold at every step, judged from the truth and not from what the node says.
#include <array>
#include <optional>
#include <string>

#include "battery_story.h"
#include "btr/battery/battery_device.h"
#include "btr/sched/task_table.h"
#include "world.h"

namespace btr::soak {

// What the sensors would say if all was well with them, and what there is to find.
struct Cell {
    float internal_c = 30.0F;
    float rate_c_per_s = 0.0F;  // of a runaway, or of cooling down
    float peak_c = 30.0F;
    Millis hot_until_ms = 0, smoke_until_ms = 0, gas_until_ms = 0;
};

enum class Failure : std::size_t { none, missing, not_a_number, open, shorted, stuck, spike, absurd };
constexpr std::size_t kFailures = 8;

struct BatteryTally {
    std::array<int, kFailures> failures{};
    int resets = 0, cuts = 0, outages = 0, runaways = 0, smokes = 0, gases = 0, dangers = 0, returns_to_normal = 0;
    long samples = 0, heard = 0, late = 0;
    Millis worst_jitter_ms = 0, worst_jitter_alone_ms = 0;
    std::uint32_t missed = 0;
};

class BatteryLife {
public:
    explicit BatteryLife(std::uint32_t seed, Millis base_ms = 0);
    BatteryLife(const BatteryLife&) = delete;
    BatteryLife& operator=(const BatteryLife&) = delete;

    // Returns what was broken first, null when nothing was.
    const char* live(Millis duration_ms, Millis event_every_ms);
    // Without Wi-Fi and broker until told otherwise.
    void leave_alone(bool is_alone);
    const char* recover(Millis duration_ms);

    const BatteryTally& tally() const { return tally_; }
    const battery::BatteryDevice& device() const { return *device_; }
    std::size_t flash_bytes() const { return world_.flash.bytes(); }
    long sent() const { return world_.broker.messages; }
    std::uint64_t trace() const { return trace_.hash(); }

private:
    using Tasks = sched::TaskTable<BatteryLife, 2>;

    Millis device_ms() const { return world_.now_ms - booted_ms_ + base_ms_; }
    void boot(const char* reset_reason);
    void pass();
    void sample(Millis now_ms);
    void indicate(Millis now_ms);
    RawBattery readings();
    void fail(RawBattery& raw);
    void let_cell_live();
    void judge();
    void judge_bounds();
    bool must_be_danger();
    bool must_be_normal() const;
    void hear(const Message& message);

    void happen();
    void strike(std::size_t sensor);
    void order();
    void configure();
    void burst();
    void break_link();
    void break_flash();
    void connect(bool connected);
    void end_troubles();
    void say(const char* topic, const std::string& text, bool retained = false);
    void break_with(const char* what) { broken_ = broken_ != nullptr ? broken_ : what; }

    struct Sensor {
        Failure failure = Failure::none;
        Millis until_ms = 0;
        Millis healthy_since_ms = 0;
    };
    enum Part : std::size_t { kInternal, kAmbient, kHumidity, kGas, kVoc, kSmoke, kParts };

    World world_;
    Millis base_ms_;
    Millis booted_ms_ = 0, lived_ms_ = 0, sampled_ms_ = -1;
    Millis link_away_until_ms_ = 0, link_full_until_ms_ = 0, flash_refuses_until_ms_ = 0, pressed_until_ms_ = 0;
    Millis ordered_ms_ = -kHour;
    bool is_alone_ = false, config_doubtful_ = false;

    Cell cell_;
    std::array<Sensor, kParts> sensors_;
    RawBattery last_;
    Millis over_since_ms_ = -1, smoke_since_ms_ = -1, rising_since_ms_ = -1, quiet_since_ms_ = -1;
    bool was_normal_ = true;

    std::optional<battery::BatteryDevice> device_;
    std::optional<battery::BatterySettings> settings_;
    std::optional<Tasks> tasks_;
    Indication shown_;
    std::array<std::uint32_t, protocol::kDrops> drops_{};
    long live_seq_ = -1, late_seq_ = -1;
    const char* reset_reason_ = "power_on";

    const char* broken_ = nullptr;
    BatteryTally tally_;
    Trace trace_;
};

}  // namespace btr::soak
