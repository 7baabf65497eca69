#include <doctest/doctest.h>

#include <random>
#include <string>

#include "btr/protocol/bath_commands.h"

using namespace btr::protocol;

namespace {

struct Read {
    explicit Read(const std::string& text, std::optional<std::int64_t> utc_s = 1000)
        : document(text.data(), text.size()), commands(decode_bath_commands(document.root(), utc_s)) {}
    JsonDocument document;
    BathCommands commands;
};

std::string one(const std::string& members) { return "{\"commands\":[{" + members + "}]}"; }

}  // namespace

TEST_CASE("fan is aeration") {
    const Read read(one(R"("command":"fan","action":"on","duration":1000)"));
    REQUIRE(read.commands.count == 1);
    CHECK(read.commands.items[0].output == BathOutput::aeration);
}

TEST_CASE("H11 a duration that is none counts as not given") {
    for (const char* duration : {"0", "-5", "1.5", "\"60000\"", "null", "true", "1e300", "[1]"}) {
        CAPTURE(duration);
        const Read read(one(std::string(R"("command":"heater","action":"on","duration":)") + duration));
        REQUIRE(read.commands.count == 1);
        CHECK(read.commands.items[0].duration_ms == 0);
    }
    CHECK(Read(one(R"("command":"heater","action":"on")")).commands.items[0].duration_ms == 0);
    CHECK(Read(one(R"("command":"heater","action":"on","duration":60000.0)")).commands.items[0].duration_ms == 60000);
}

TEST_CASE("what is no command is told why") {
    const auto problem = [](const std::string& members) {
        const Read read(one(members));
        const char* told = read.commands.items[0].problem;
        return std::string(told ? told : "");
    };
    CHECK(problem(R"("command":"valve","action":"on")") == "unknown_command");
    CHECK(problem(R"("command":"Heater","action":"on")") == "unknown_command");
    CHECK(problem(R"("action":"on")") == "unknown_command");
    CHECK(problem(R"("command":"pump","action":"toggle")") == "unknown_action");
    CHECK(problem(R"("command":"pump")") == "unknown_action");
    CHECK(problem(R"("command":"emergency","action":"auto")") == "unknown_action");
    CHECK(problem(R"("command":"config_update")") == "no_config");
    CHECK(problem(R"("command":"config_update","config":[])") == "no_config");
    CHECK(problem(R"("command":"heater","action":"hold_off")").empty());
}

TEST_CASE("F17 more than 16 commands drop the message, but never the stop in it") {
    std::string many;
    for (int i = 0; i < 16; ++i) {
        many += R"({"command":"pump","action":"on"},)";
    }
    CHECK(Read(R"({"commands":[)" + many.substr(0, many.size() - 1) + "]}").commands.count == 16);
    const Read over(R"({"commands":[)" + many + R"({"command":"emergency","action":"on"}]})");
    CHECK(over.commands.drop == Drop::too_many_commands);
    CHECK(over.commands.count == 0);
    CHECK(over.commands.stops);
}

TEST_CASE("no list of commands is not readable") {
    for (const char* text : {"{}", "[]", "17", R"({"commands":{"command":"emergency","action":"on"}})", "{", ""}) {
        CAPTURE(text);
        const Read read(text);
        CHECK(read.commands.drop == Drop::not_readable);
        CHECK(!read.commands.stops);
    }
    CHECK(Read(R"({"commands":[]})").commands.count == 0);
    CHECK(Read(R"({"commands":[7]})").commands.items[0].problem != nullptr);
}

TEST_CASE("F18 expiry is judged with the device's clock") {
    const std::string text = one(R"("command":"pump","action":"on","expires":1000)");
    CHECK(Read(text, 999).commands.items[0].freshness == Freshness::fresh);
    CHECK(Read(text, 1000).commands.items[0].freshness == Freshness::expired);
    CHECK(Read(text, std::nullopt).commands.items[0].freshness == Freshness::unknown);
}

TEST_CASE("what can only switch off is known") {
    const auto only_off = [](const std::string& members) {
        return Read(one(members)).commands.items[0].only_switches_off();
    };
    CHECK(only_off(R"("command":"heater","action":"off")"));
    CHECK(only_off(R"("command":"heater","action":"hold_off")"));
    CHECK(only_off(R"("command":"emergency","action":"on")"));
    CHECK(!only_off(R"("command":"heater","action":"auto")"));
    CHECK(!only_off(R"("command":"heater","action":"on")"));
    CHECK(!only_off(R"("command":"emergency","action":"off")"));
    CHECK(!only_off(R"("command":"config_update","config":{})"));
}

TEST_CASE("F17 any bytes are decoded within bounds") {
    std::mt19937 random(5);
    const std::string seed = one(R"("command":"heater","action":"on","duration":300000,"id":"a1","expires":2000)");
    for (int run = 0; run < 20000; ++run) {
        std::string bytes = seed;
        for (auto change = random() % 6; change > 0; --change) {
            bytes[random() % bytes.size()] = static_cast<char>(random() % 256);
        }
        const Read read(bytes);
        CHECK(read.commands.count <= kMostCommands);
        CHECK((!read.commands.drop || read.commands.count == 0));
    }
}
