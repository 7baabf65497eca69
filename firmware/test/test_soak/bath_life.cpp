#include "bath_life.h"

#include <algorithm>

namespace btr::soak {

using namespace control;

namespace {

constexpr const char* kTelemetry = "compostlab/v2/CP500/telemetry";
constexpr const char* kAck = "compostlab/v2/CP500/ack";
constexpr Millis kRestartMs = 300;
constexpr std::size_t kMostMessageBytes = 2048;  // of any topic

// Since when all of them are bad; nothing while one is not.
std::optional<Millis> all_bad_since(const std::array<DoubtfulProbe, kOutlets>& probes) {
    Millis since_ms = 0;
    for (const DoubtfulProbe& probe : probes) {
        if (!probe.bad_since_ms()) {
            return std::nullopt;
        }
        since_ms = std::max(since_ms, *probe.bad_since_ms());
    }
    return since_ms;
}

// What an honest probe says while none of the others could say anything else.
std::optional<float> sure(const std::array<DoubtfulProbe, kOutlets>& probes, Millis now_ms) {
    std::optional<float> temp_c;
    for (const DoubtfulProbe& probe : probes) {
        if (probe.is_honest()) {
            temp_c = probe.raw().temp_c;
        } else if (!probe.bad_since_ms() || now_ms - *probe.bad_since_ms() <= ProbeJudge::kFreshMs) {
            return std::nullopt;
        }
    }
    return temp_c;
}

}  // namespace

void LivingProbes::convert(Millis now_ms, const test::Plant& plant) {
    core.convert(now_ms, plant.core_c());
    tank.convert(now_ms, plant.tank_c());
    raw_.core = core.raw();
    raw_.tank = tank.raw();
    raw_.outlet_count = kOutlets;
    for (std::size_t i = 0; i < kOutlets; ++i) {
        outlets[i].convert(now_ms, plant.bath_c());
        raw_.outlets[i] = outlets[i].raw();
    }
}

void LivingProbes::restart() {
    raw_ = RawProbes();
    core.restart();
    tank.restart();
    for (DoubtfulProbe& outlet : outlets) {
        outlet.restart();
    }
}

BathLife::BathLife(std::uint32_t seed, Millis base_ms)
    : world_(seed), base_ms_(base_ms), plant_({}, 40.0, 38.0, 38.0), identity_{"compostlab/v2", "CP500",      "1.0.0",
                                                                               "power_on",      "192.0.2.17", true} {
    world_.broker.hear = [this](const Message& message) { hear(message); };
    BathConfig config;
    config.settings.target_c = 45.0F;
    commission(world_.flash, config);
    boot("power_on");
    connect(true);
}

void BathLife::boot(const char* reset_reason) {
    heater_.set(false);
    pump_.set(false);
    motor_.set(0.0F);
    connect(false);
    world_.flash.memory.power_on();
    world_.now_ms += kRestartMs;
    let_water_flow();
    const Flash& flash = world_.flash;
    const FlashFacts found{flash.is_lost("memory"), flash.is_damaged("config"), resets_doubtful_};
    resets_doubtful_ = resets_doubtful_ && (identity_.reset_reason != std::string("power_on") ||
                                            flash.memory.takes_nothing || flash.is_damaged("resets"));
    identity_.reset_reason = reset_reason;
    booted_ms_ = world_.now_ms;
    told_ms_ = device_ms();
    passed_ms_.reset();
    probes_.restart();
    tasks_.reset();
    {
        const Counted counted;
        device_.emplace(identity_, BathHardware{heater_, pump_, motor_, probes_}, world_.flash, world_.broker,
                        world_.clock);
        device_->begin(told_ms_);
    }
    ledger_.on_boot(reset_reason, facts(), found);
    tally_.safe_modes += (device_->view().faults & kFaultSafeMode) != 0 ? 1 : 0;
}

const char* BathLife::live(Millis duration_ms, Millis event_every_ms) {
    for (const Millis end_ms = world_.now_ms + duration_ms; world_.now_ms < end_ms && ledger_.broken() == nullptr;) {
        if (world_.chance.one_in(static_cast<int>(event_every_ms / 50))) {
            happen();
        }
        end_troubles();
        pass();
        if (world_.flash.memory.is_off) {
            ++tally_.cuts;
            boot("brownout");
        }
    }
    return ledger_.broken();
}

void BathLife::pass() {
    static const std::array<sched::Task<BathLife>, 1> kTasks{{
        {"control", 50, [](BathLife& life, Millis now_ms) { life.run_task(now_ms); }},
    }};
    let_water_flow();
    if (world_.now_ms - converted_ms_ >= kSecond || converted_ms_ <= booted_ms_) {
        converted_ms_ = world_.now_ms;
        probes_.convert(device_ms(), plant_);
    }
    if (!tasks_) {
        tasks_.emplace(kTasks, device_ms());
    }
    tasks_->tick(*this, device_ms());
    world_.now_ms += tasks_->idle_ms(device_ms());
    if (world_.chance.one_in(2000)) {  // the radio has the higher priority
        world_.now_ms += world_.chance.below(30);
    }
}

void BathLife::run_task(Millis now_ms) {
    ++tally_.passes;
    tally_.worst_gap_ms = std::max(tally_.worst_gap_ms, now_ms - passed_ms_.value_or(now_ms));
    passed_ms_ = told_ms_ = now_ms;
    if (tally_.worst_gap_ms > 500) {
        ledger_.break_with("safety was judged later than every 500 ms");
    }
    {
        const Counted counted;
        device_->tick(now_ms);
    }
    if (world_.flash.memory.is_off) {
        return;  // a device without power switches nothing
    }
    const BathView& view = device_->view();
    tally_.latched += (view.faults & (kFaultNoGain | kFaultRelayStuck)) != 0 ? 1 : 0;
    trace_.note(view.faults);
    trace_.note((heater_.is_on ? 1U : 0U) + (pump_.is_on ? 2U : 0U) + (motor_.duty > 0.0F ? 4U : 0U) +
                static_cast<std::uint64_t>(view.reason) * 8U);
    ledger_.judge(facts());
}

void BathLife::let_water_flow() {
    while (water_ms_ < world_.now_ms) {
        const Millis step_ms = std::min<Millis>(world_.now_ms - water_ms_, kSecond);
        plant_.advance(step_ms, (heater_.is_on && !element_dead_) || relay_stuck_, pump_.is_on);
        water_ms_ += step_ms;
    }
    relay_stuck_ = relay_stuck_ && plant_.tank_c() < 98.0;  // the tank's own cut-out
}

BathFacts BathLife::facts() const {
    const Millis now_ms = told_ms_;
    const std::optional<float> tank_c =
        probes_.tank.is_honest() ? std::optional<float>(probes_.tank.raw().temp_c) : std::nullopt;
    return {now_ms,
            heater_.is_on,
            pump_.is_on,
            motor_.duty,
            sure(probes_.outlets, now_ms),
            tank_c,
            all_bad_since(probes_.outlets),
            probes_.tank.bad_since_ms(),
            probes_.core.bad_since_ms(),
            *device_};
}

void BathLife::hear(const Message& message) {
    const std::string_view text(message.payload, message.length);
    if (text.size() > kMostMessageBytes) {
        ledger_.break_with("a message without bound");
    }
    if (message.topic == std::string_view(kTelemetry)) {
        const bool is_late = text.find("\"late\":true") != std::string_view::npos;
        tally_.late += is_late ? 1 : 0;
        ledger_.on_telemetry(number_in(message, "seq"), is_late);
    } else if (message.topic == std::string_view(kAck)) {
        ++tally_.acks;
        const std::size_t from = text.find("\"id\":\"") + 6;
        ledger_.on_ack(std::string(text.substr(from, text.find('"', from) - from)),
                       text.find("\"result\":\"applied\"") != std::string_view::npos);
    }
}

}  // namespace btr::soak
