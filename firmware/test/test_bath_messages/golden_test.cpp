// What our bath publishes, byte for byte as Home Assistant's tests read it, and what Home Assistant sends.
#include <doctest/doctest.h>

#include <string>

#include "btr/control/settings_codec.h"
#include "btr/protocol/ack.h"
#include "btr/protocol/bath_commands.h"
#include "btr/protocol/bath_register.h"
#include "btr/protocol/bath_telemetry.h"
#include "fixture.h"

using namespace btr;
using namespace btr::protocol;
using btr::test::get;
using btr::test::text_of;

namespace {

double number_of(const cJSON* object, const char* name) {
    const cJSON* item = get(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0.0;
}

std::optional<float> temperature(const cJSON* item) {
    return cJSON_IsNumber(item) ? std::optional<float>(static_cast<float>(item->valuedouble)) : std::nullopt;
}

std::optional<std::int64_t> clock_of(const cJSON* state) {
    const cJSON* item = get(state, "utc_s");
    return cJSON_IsNumber(item) ? std::optional<std::int64_t>(static_cast<std::int64_t>(item->valuedouble))
                                : std::nullopt;
}

bool has(const cJSON* list, const std::string& word) {
    const cJSON* item = nullptr;
    cJSON_ArrayForEach(item, list) {
        if (word == item->valuestring) {
            return true;
        }
    }
    return false;
}

BathTelemetry telemetry_of(const cJSON* state) {
    BathTelemetry told;
    told.taken_ms = static_cast<Millis>(number_of(state, "uptime_ms"));
    told.utc_s = clock_of(state);
    told.core_c = temperature(get(state, "core_c"));
    told.tank_c = temperature(get(state, "tank_c"));
    const cJSON* outlet = nullptr;
    cJSON_ArrayForEach(outlet, get(state, "outlets_c")) { told.outlets_c[told.outlet_count++] = temperature(outlet); }
    told.heater = has(get(state, "on"), "heater");
    told.pump = has(get(state, "on"), "pump");
    told.aeration = has(get(state, "on"), "aeration");
    told.emergency = cJSON_IsTrue(get(state, "emergency")) != 0;
    told.seq = static_cast<std::uint32_t>(number_of(state, "seq"));
    told.mode = text_of(state, "mode").empty() ? "" : get(state, "mode")->valuestring;
    told.reason = text_of(state, "reason").empty() ? "" : get(state, "reason")->valuestring;
    told.boost_k = static_cast<float>(number_of(state, "boost_k"));
    told.delta_on_k = static_cast<float>(number_of(state, "d_on_k"));
    const cJSON* locks = get(state, "locks_ms");
    told.locks_ms = {static_cast<std::int64_t>(number_of(locks, "heater")),
                     static_cast<std::int64_t>(number_of(locks, "pump")),
                     static_cast<std::int64_t>(number_of(locks, "aeration"))};
    for (std::size_t bit = 0; bit < kBathFaultKeys.size(); ++bit) {
        told.faults |= has(get(state, "faults"), kBathFaultKeys[bit]) ? 1U << bit : 0U;
    }
    told.dropped = static_cast<std::uint32_t>(number_of(state, "dropped"));
    told.late = cJSON_IsTrue(get(state, "late")) != 0;
    return told;
}

control::BathConfig config_of(const cJSON* state) {
    const std::string change = test::print(get(state, "config"));
    const JsonDocument document(change.data(), change.size());
    Problems problems;
    const auto config = control::merged({}, document.root(), problems);
    REQUIRE(config);
    return *config;
}

void write_message(const cJSON* one, TextBuffer& into) {
    const cJSON* state = get(one, "state");
    const bool extensions = cJSON_IsTrue(get(one, "extensions")) != 0;
    const std::string kind = text_of(one, "message");
    if (kind == "telemetry") {
        FixedText<kMostTelemetryBytes> fits;
        CHECK(encode_bath_telemetry(telemetry_of(state), extensions, fits));
        CHECK(encode_bath_telemetry(telemetry_of(state), extensions, into));
    } else if (kind == "register") {
        const std::string ip = text_of(state, "ip_address"), code = text_of(state, "code");
        const std::string firmware = text_of(state, "firmware"), reset = text_of(state, "reset_reason");
        const BathRegister told{static_cast<Millis>(number_of(state, "uptime_ms")),
                                clock_of(state),
                                ip.c_str(),
                                code.c_str(),
                                firmware.c_str(),
                                reset.c_str()};
        JsonWriter json(into);
        begin_bath_register(json, told, extensions);
        control::write_config(config_of(state), json);
        end_bath_register(json);
        CHECK(json.is_complete());
    } else {
        Ack ack;
        ack.id.append(text_of(state, "id"));
        ack.result = text_of(state, "result") == "applied" ? AckResult::applied : AckResult::refused;
        ack.reason.append(text_of(state, "reason"));
        CHECK(encode_ack(ack, into));
    }
}

}  // namespace

TEST_CASE("the golden messages are published byte for byte") {
    const test::Fixture golden("protocol/device_bath.json");
    REQUIRE(golden.root() != nullptr);
    const cJSON* one = nullptr;
    cJSON_ArrayForEach(one, golden.list("cases")) {
        CAPTURE(text_of(one, "name"));
        FixedText<4000> text;
        write_message(one, text);
        CHECK(std::string(text.view()) == text_of(one, "payload"));
    }
}

TEST_CASE("the golden bounds are those of the table") {
    const test::Fixture golden("protocol/device_bath.json");
    REQUIRE(cJSON_GetArraySize(golden.list("settings")) == static_cast<int>(control::kSettings));
    for (std::size_t i = 0; i < control::kSettings; ++i) {
        const cJSON* row = cJSON_GetArrayItem(golden.list("settings"), static_cast<int>(i));
        CHECK(text_of(row, "key") == control::settings_table()[i].path);
        CHECK(number_of(row, "low") == control::settings_table()[i].low);
        CHECK(number_of(row, "high") == control::settings_table()[i].high);
    }
}

TEST_CASE("a register with the longest time servers fits its buffer") {
    control::BathConfig config;
    config.time_servers.count = control::kMostTimeServers;
    for (auto& host : config.time_servers.hosts) {
        host.append(std::string(control::kMostHostBytes, 'n'));
    }
    FixedText<kMostRegisterBytes> text;
    JsonWriter json(text);
    const std::string longest(64, 'c');
    begin_bath_register(
        json, {4294967295, std::nullopt, "255.255.255.255", longest.c_str(), longest.c_str(), "power_on"}, true);
    control::write_config(config, json);
    end_bath_register(json);
    CHECK(json.is_complete());
}

namespace {

void check_output(const BathCommand& command, const cJSON* args) {
    constexpr const char* kOutputs[] = {"heater", "pump", "aeration"};
    constexpr const char* kActions[] = {"on", "off", "auto", "hold_off"};
    CHECK(command.verb == BathVerb::output);
    CHECK(kOutputs[static_cast<std::size_t>(command.output)] == text_of(args, "output"));
    CHECK(kActions[static_cast<std::size_t>(command.action)] == text_of(args, "action"));
    CHECK(static_cast<double>(command.duration_ms) == number_of(args, "duration_ms"));
}

void check_sent(const cJSON* one) {
    const std::string payload = text_of(get(one, "publish"), "payload");
    const JsonDocument document(payload.data(), payload.size());
    const BathCommands commands = decode_bath_commands(document.root(), std::nullopt);
    REQUIRE(!commands.drop);
    REQUIRE(commands.count == 1);
    const BathCommand& command = commands.items[0];
    const cJSON* args = get(one, "args");
    CHECK(command.problem == nullptr);
    CHECK(command.freshness == Freshness::fresh);
    CHECK(std::string(command.id.text) == text_of(args, "id"));
    if (text_of(one, "encoder") == "command") {
        check_output(command, args);
    } else if (text_of(one, "encoder") == "emergency") {
        CHECK(command.verb == BathVerb::emergency);
        CHECK((command.action == BathAction::on) == (cJSON_IsTrue(get(args, "on")) != 0));
        CHECK(commands.stops == (command.action == BathAction::on));
    } else {
        Problems problems;
        const auto config = control::merged({}, command.config, problems);
        FixedText<kMostReasonLength> why;
        problems.describe(why);
        CHECK_MESSAGE(config, why.c_str());
    }
}

}  // namespace

TEST_CASE("every command that Home Assistant sends to a bath is understood") {
    const test::Fixture golden("protocol/encode.json");
    REQUIRE(golden.root() != nullptr);
    int seen = 0;
    const cJSON* one = nullptr;
    cJSON_ArrayForEach(one, golden.list("cases")) {
        if (text_of(one, "device").rfind("bath_", 0) == 0 && get(one, "publish") != nullptr) {
            CAPTURE(text_of(one, "name"));
            check_sent(one);
            ++seen;
        }
    }
    CHECK(seen >= 8);
}
