#pragma once
// A bath controller in its world: water, probes, relays, broker, flash; and three days of what may happen to it.
#include <array>
#include <optional>
#include <string>

#include "bath_bench.h"
#include "bath_ledger.h"
#include "btr/control/bath_device.h"
#include "btr/sched/task_table.h"
#include "doubtful_probe.h"
#include "plant.h"
#include "world.h"

namespace btr::soak {

constexpr std::size_t kOutlets = 3;

class LivingProbes final : public BathProbes {
public:
    RawProbes latest(Millis) override { return raw_; }
    // Once a second; times are those of the device.
    void convert(Millis now_ms, const test::Plant& plant);
    void restart();  // the device's clock starts anew, and nothing is converted yet

    DoubtfulProbe core, tank;
    std::array<DoubtfulProbe, kOutlets> outlets;

private:
    RawProbes raw_;
};

// How often what happened: a soak in which nothing happens proves nothing.
struct BathTally {
    std::array<int, kTroubles> troubles{};
    int resets = 0, cuts = 0, decays = 0, outages = 0, stops = 0, releases = 0, safe_modes = 0, latched = 0;
    long passes = 0, heard = 0, acks = 0, late = 0;
    Millis worst_gap_ms = 0;
};

class BathLife {
public:
    // `base_ms`: what the device's clock says at each boot.
    explicit BathLife(std::uint32_t seed, Millis base_ms = 0);
    BathLife(const BathLife&) = delete;
    BathLife& operator=(const BathLife&) = delete;

    // Returns what was broken first, null when nothing was. Something happens every `event_every_ms` on average.
    const char* live(Millis duration_ms, Millis event_every_ms);
    // Everything is mended, the settings are the usual ones, somebody releases the stop; then nothing happens any more.
    const char* recover(Millis duration_ms);

    const BathTally& tally() const { return tally_; }
    const BathLedger& ledger() const { return ledger_; }
    const control::BathDevice& device() const { return *device_; }
    const test::Plant& plant() const { return plant_; }
    int heater_changes() const { return heater_.changes; }
    std::size_t flash_bytes() const { return world_.flash.bytes(); }
    long sent() const { return world_.broker.messages; }
    std::uint64_t trace() const { return trace_.hash(); }

private:
    using Tasks = sched::TaskTable<BathLife, 1>;

    Millis device_ms() const { return world_.now_ms - booted_ms_ + base_ms_; }
    void boot(const char* reset_reason);
    void pass();
    void run_task(Millis now_ms);
    void let_water_flow();
    BathFacts facts() const;
    void hear(const Message& message);

    void happen();  // bath_events.cpp has these
    void command();
    void change_settings();
    void burst();
    void trouble();
    void stop();
    void release();
    void break_link();
    void break_flash();
    void reset();
    void upset_clock();
    void disturb_water();
    void mend();
    void end_troubles();
    void connect(bool connected);
    void say(const std::string& text, bool is_release = false, bool retained = false);

    World world_;
    Millis base_ms_;
    Millis booted_ms_ = 0, water_ms_ = 0, converted_ms_ = 0;
    Millis link_away_until_ms_ = 0, link_full_until_ms_ = 0, flash_refuses_until_ms_ = 0;
    std::optional<Millis> passed_ms_;  // of the device
    Millis told_ms_ = 0;               // what the device was told the time is; it may take longer
    bool resets_doubtful_ = false;

    test::Plant plant_;
    bool element_dead_ = false, relay_stuck_ = false;
    test::FakeRelay heater_, pump_;
    test::FakeMotor motor_;
    LivingProbes probes_;
    control::BathIdentity identity_;
    std::optional<control::BathDevice> device_;
    std::optional<Tasks> tasks_;

    BathLedger ledger_;
    BathTally tally_;
    Trace trace_;
    int next_id_ = 0;
};

}  // namespace btr::soak
