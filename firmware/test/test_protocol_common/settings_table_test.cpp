#include "btr/protocol/settings_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace btr::protocol;

namespace {

struct Settings {
    std::int32_t interval_ms = 60000;
    bool enabled = true;
    float target_c = 65.0F;
    float hysteresis_k = 0.8F;
    std::int32_t cap_c = 65;
};

constexpr std::array<SettingRow<Settings>, 5> kRows = {{
    {"interval", "ms", &Settings::interval_ms, 5000, 110000},
    {"setpoint.enabled", "", &Settings::enabled},
    {"setpoint.target", "degC", &Settings::target_c, 20, 80},
    {"setpoint.hyst", "K", &Settings::hysteresis_k, 0.1, 10},
    {"cap", "degC", &Settings::cap_c, 20, 80},
}};

void target_below_cap(const Settings& settings, Problems& problems) {
    if (settings.target_c > static_cast<float>(settings.cap_c)) {
        problems.add("setpoint.target", "above_cap");
    }
}

bool operator==(const Settings& left, const Settings& right) {
    return left.interval_ms == right.interval_ms && left.enabled == right.enabled && left.target_c == right.target_c &&
           left.hysteresis_k == right.hysteresis_k && left.cap_c == right.cap_c;
}

std::string merge(std::string_view text, Settings& into) {
    const JsonDocument document(text.data(), text.size());
    REQUIRE(document.problem() == JsonProblem::none);
    Problems problems;
    const bool is_taken = merge_settings(document.root(), kRows, target_below_cap, into, problems);
    CHECK(is_taken == problems.is_empty());
    FixedText<128> list;
    problems.describe(list);
    return list.c_str();
}

std::string written(const Settings& settings) {
    FixedText<400> text;
    JsonWriter json(text);
    json.begin_object();
    write_settings(settings, kRows, json);
    json.end_object();
    REQUIRE(json.is_complete());
    return text.c_str();
}

}  // namespace

TEST_CASE("a setting is written with the digits that it was given with") {
    Settings settings;
    settings.target_c = 64.8F;
    CHECK(written(settings).find("\"target\":64.8,") != std::string::npos);
}

TEST_CASE("F15 good changes are taken over, what is not named stays") {
    Settings settings;
    CHECK(merge(R"({"setpoint":{"target":50.5,"enabled":false},"interval":5000,"cap":70.0})", settings).empty());
    CHECK(settings.target_c == 50.5F);
    CHECK_FALSE(settings.enabled);
    CHECK(settings.interval_ms == 5000);
    CHECK(settings.cap_c == 70);  // a whole number, however it is written
    CHECK(settings.hysteresis_k == 0.8F);
    CHECK(merge(R"({"setpoint":{}})", settings).empty());
}

TEST_CASE("F15 one bad value and nothing is taken over, with every reason told") {
    const struct {
        const char* text;
        const char* reasons;
    } cases[] = {
        {R"({"interval":5000,"cap":81})", "cap out_of_range"},
        {R"({"interval":4999})", "interval out_of_range"},
        {R"({"interval":1e30})", "interval out_of_range"},
        {R"({"interval":1e999})", "interval not_number"},
        {R"({"interval":6000.5})", "interval not_integer"},
        {R"({"interval":"6000"})", "interval not_number"},
        {R"({"interval":null})", "interval not_number"},
        {R"({"interval":true})", "interval not_number"},
        {R"({"interval":{"interval":6000}})", "interval not_number"},
        {R"({"setpoint":{"enabled":1}})", "setpoint.enabled not_boolean"},
        {R"({"setpoint":{"target":"nan"}})", "setpoint.target not_number"},
        {R"({"setpoint":50})", "setpoint not_an_object"},
        {R"({"setpoint.target":50})", "setpoint.target unknown_setting"},
        {R"({"target":50})", "target unknown_setting"},
        {R"({"setpoint":{"interval":5000}})", "setpoint.interval unknown_setting"},
        {R"({"setpoint":{"setpoint":{"target":50}}})", "setpoint.setpoint unknown_setting"},
        {R"({"":1})", " unknown_setting"},
        {R"({"wifi":{"ssid":"x"},"cap":"x","interval":1,"setpoint":{"hyst":0}})",
         "wifi unknown_setting, cap not_number, interval out_of_range, setpoint.hyst out_of_range"},
        {R"([1])", "config not_an_object"},
        {R"(7)", "config not_an_object"},
    };
    for (const auto& row : cases) {
        CAPTURE(row.text);
        Settings settings;
        CHECK(merge(row.text, settings) == row.reasons);
        CHECK(settings == Settings());
    }
}

TEST_CASE("F15 rules between settings see the whole set") {
    Settings settings;
    CHECK(merge(R"({"setpoint":{"target":70}})", settings) == "setpoint.target above_cap");
    CHECK(settings == Settings());
    CHECK(merge(R"({"setpoint":{"target":70},"cap":75})", settings).empty());
    CHECK(settings.target_c == 70.0F);
    CHECK(merge(R"({"cap":69})", settings) == "setpoint.target above_cap");
    CHECK(settings.cap_c == 75);

    Problems problems;
    const JsonDocument document("{\"cap\":69}", 10);
    CHECK(merge_settings(document.root(), kRows, settings, problems));  // no rules asked for
    CHECK(settings.cap_c == 69);
}

TEST_CASE("a long list of reasons says how many more there are") {
    Settings settings;
    std::string text = "{";
    for (int i = 0; i < 40; ++i) {
        text += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
    }
    CHECK(
        merge(text + "}", settings) ==
        "k0 unknown_setting, k1 unknown_setting, k2 unknown_setting, k3 unknown_setting, k4 unknown_setting, 35 more");
    const std::string name(200, 'x');
    CHECK(merge("{\"" + name + "\":1}", settings) == std::string(48, 'x') + " unknown_setting");
    Problems problems;
    FixedText<20> small;
    problems.add("much_too_long_for_the_text", "unknown_setting");
    problems.describe(small);
    CHECK(small == "1 more");
    problems.add("\xFFname", "unknown_setting");
    CHECK(problems[1].path == "?name");
    CHECK(problems.count() == 2);
}

TEST_CASE("what was written is taken over unchanged") {
    Settings settings;
    CHECK(written(settings) == R"({"interval":60000,"setpoint":{"enabled":true,"target":65,"hyst":0.8},"cap":65})");
    settings = {110000, false, 20.125F, 0.3F, 80};
    Settings back;
    CHECK(merge(written(settings), back).empty());
    CHECK(back == settings);
}

TEST_CASE("a table may end with a group, and begin with one") {
    constexpr std::array<SettingRow<Settings>, 2> rows = {{
        {"a.cap", "", &Settings::cap_c, 0, 100},
        {"b.cap", "", &Settings::cap_c, 0, 100},
    }};
    FixedText<100> text;
    JsonWriter json(text);
    json.begin_object();
    write_settings(Settings(), rows, json);
    json.end_object();
    CHECK(text == R"({"a":{"cap":65},"b":{"cap":65}})");
}

TEST_CASE("F15 random objects never crash, never half-apply, never leave the bounds") {
    std::mt19937 random(15);
    const char* const keys[] = {"interval", "setpoint", "cap", "enabled", "target", "hyst", "x", ""};
    const char* const values[] = {"true",   "false", "null", "\"60\"", "60000", "65", "0.8", "1e9", "-1",
                                  "5000.5", "1e999", "[]",   "[1]",    "{}",    "20", "80",  "81"};
    const auto object = [&](auto& self, int depth) -> std::string {
        std::string text = "{";
        std::vector<std::string> used;
        for (unsigned i = 0, count = random() % 4; i < count; ++i) {
            const std::string key = keys[random() % std::size(keys)];
            if (std::find(used.begin(), used.end(), key) != used.end()) {
                continue;
            }
            used.push_back(key);
            const bool nests = depth < 2 && (key == "setpoint" ? random() % 4 != 0 : random() % 10 == 0);
            text += (text.size() > 1 ? ",\"" : "\"") + key + "\":";
            text += nests ? self(self, depth + 1) : values[random() % std::size(values)];
        }
        return text + "}";
    };
    Settings settings;
    int taken = 0;
    int refused = 0;
    for (int round = 0; round < 20000; ++round) {
        const std::string text = object(object, 0);
        CAPTURE(text);
        const Settings before = settings;
        const bool is_taken = merge(text, settings).empty();
        is_taken ? ++taken : ++refused;
        REQUIRE((is_taken || settings == before));
        REQUIRE(settings.interval_ms >= 5000);
        REQUIRE(settings.interval_ms <= 110000);
        REQUIRE(settings.cap_c <= 80);
        REQUIRE(settings.hysteresis_k >= 0.1F);
        REQUIRE(settings.target_c <= static_cast<float>(settings.cap_c));
    }
    CHECK(taken > 1000);
    CHECK(refused > 1000);
}
