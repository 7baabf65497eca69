#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <random>
#include <string>

#include "btr/control/settings_codec.h"

using namespace btr;
using namespace btr::control;
using btr::protocol::Problems;

namespace {

struct Update {
    explicit Update(const std::string& change, const BathConfig& current = {}) {
        const protocol::JsonDocument document(change.data(), change.size());
        REQUIRE(document.problem() == protocol::JsonProblem::none);
        config = merged(current, document.root(), problems);
        CHECK(config.has_value() == problems.is_empty());
    }
    std::string why() const {
        protocol::FixedText<128> text;
        problems.describe(text);
        return std::string(text.view());
    }
    Problems problems;
    std::optional<BathConfig> config;
};

bool is_valid(const BathSettings& settings) {
    Problems problems;
    check_settings(settings, problems);
    return problems.is_empty();
}

bool is_same(const BathConfig& left, const BathConfig& right) {
    ConfigRecord one{}, two{};
    return pack_config(left, one) == pack_config(right, two) && one == two;
}

}  // namespace

TEST_CASE("the original's defaults are valid") { CHECK(is_valid(BathSettings())); }

TEST_CASE("a change is merged into what holds") {
    const Update first(R"({"bath_setpoint":{"target":45.5,"enabled":false},"temp_limitout_max":50})");
    REQUIRE(first.config);
    const Update second(R"({"safety":{"tank_temp_max":85}})", *first.config);
    REQUIRE(second.config);
    CHECK(second.config->settings.target_c == 45.5F);
    CHECK(!second.config->settings.setpoint_enabled);
    CHECK(second.config->settings.out_max_c == 50);
    CHECK(second.config->settings.tank_max_c == 85.0F);
    CHECK(second.config->settings.hysteresis_k == 0.8F);
}

TEST_CASE("the register's names are taken, but not twice") {
    const Update update(R"({"read_interval":30000,"ntp_servers":["ntp.example.org","2001:db8::1"]})");
    REQUIRE(update.config);
    CHECK(update.config->settings.post_interval_ms == 30000);
    REQUIRE(update.config->time_servers.count == 2);
    CHECK(update.config->time_servers.hosts[1] == "2001:db8::1");
    CHECK(Update(R"({"read_interval":30000,"post_interval":30000})").why() == "post_interval setting_twice");
    const Update none(R"({"ntp_host":[]})", *update.config);
    REQUIRE(none.config);
    CHECK(none.config->time_servers.count == 0);
}

TEST_CASE("F15 one bad setting refuses them all, and every reason is told") {
    const Update update(R"({"temp_limitout_max":70,"temp_maxdif":"many","bath_setpoint":{"hyst":0.05},"x":1})");
    CHECK(!update.config);
    CHECK(update.why() == "temp_maxdif not_number, bath_setpoint.hyst out_of_range, x unknown_setting");
}

TEST_CASE("what may not be set is refused with its reason") {
    const struct {
        const char* change;
        const char* why;
    } table[] = {
        {R"({"wifi":{"ssid":"x"},"temp_maxdif":12})", "wifi unknown_setting"},
        {R"({"mqtt":{"server":"x"}})", "mqtt unknown_setting"},
        {R"({"safety":5})", "safety unknown_setting"},
        {R"({"safety":{"tank_temp_max":{"a":1}}})", "safety.tank_temp_max not_number"},
        {R"({"safety":{"extra":1}})", "safety.extra unknown_setting"},
        {R"({"bath_setpoint.target":60})", "bath_setpoint.target unknown_setting"},
        {R"({"temp_limitout_max":60.5})", "temp_limitout_max not_integer"},
        {R"({"bath_setpoint":{"enabled":1}})", "bath_setpoint.enabled not_boolean"},
        {R"({"bath_setpoint":{"target":null}})", "bath_setpoint.target not_number"},
        {R"({"bath_setpoint":{"target":"********"}})", "bath_setpoint.target not_number"},
        {R"({"ntp_host":"********"})", "ntp_host not_hosts"},
        {R"({"ntp_host":["-x"]})", "ntp_host not_hosts"},
        {R"({"ntp_host":["a b"]})", "ntp_host not_hosts"},
        {R"({"ntp_host":["a","b","c","d","e","f","g"]})", "ntp_host too_many_hosts"},
        {R"({})", "config empty_config"},
        {R"({"safety":{}})", "config empty_config"},
    };
    for (const auto& row : table) {
        CAPTURE(row.change);
        CHECK(Update(row.change).why() == row.why);
    }
}

TEST_CASE("rules between settings hold for the whole, not for what was changed") {
    const struct {
        const char* change;
        const char* why;
    } table[] = {
        {R"({"bath_setpoint":{"target":65.5}})", "bath_setpoint.target target_above_limit"},
        {R"({"temp_limitout_max":64})", "bath_setpoint.target target_above_limit"},
        {R"({"temp_limitout_min":60,"temp_limitout_max":60,"bath_setpoint":{"target":50}})",
         "temp_limitout_min outlet_limits_crossed"},
        {R"({"temp_limitin_min":60,"temp_limitin_max":60})", "temp_limitin_min core_limits_crossed"},
        {R"({"safety":{"tank_temp_max":65}})", "safety.tank_temp_max tank_below_bath_limit"},
        {R"({"pump_adaptive":{"delta_on_min":26}})", "pump_adaptive.delta_on_min pump_thresholds_crossed"},
        {R"({"pump_adaptive":{"hyst_nom":10,"delta_on_min":8,"delta_on_max":12}})",
         "pump_adaptive.hyst_nom pump_hysteresis_too_wide"},
        {R"({"temp_limitout_max":60,"bath_setpoint":{"target":60}})", ""},
        {R"({"aeration_timer":{"interval":120000,"duration":600000}})", ""},
    };
    for (const auto& row : table) {
        CAPTURE(row.change);
        CHECK(Update(row.change).why() == row.why);
    }
}

TEST_CASE("F16 H13 no message lifts a compiled-in cap") {
    CHECK(Update(R"({"temp_limitout_max":81})").why() == "temp_limitout_max out_of_range");
    CHECK(Update(R"({"safety":{"tank_temp_max":95.5}})").why() == "safety.tank_temp_max out_of_range");
    CHECK(Update(R"({"temp_limitout_max":80,"safety":{"tank_temp_max":95},"bath_setpoint":{"target":80}})").config);
    CHECK(!Update(R"({"temp_limitout_max":1e300})").config);
}

TEST_CASE("each bound is inclusive and firm") {
    for (const auto& row : settings_table()) {
        CAPTURE(std::string(row.path));
        if (std::holds_alternative<bool BathSettings::*>(row.member)) {
            continue;
        }
        for (const bool is_high : {false, true}) {
            BathSettings settings;
            const double bound = is_high ? row.high : row.low;
            const double beyond = is_high ? bound + 1 : bound - 1;
            const auto out_of_range = [&](double value) {
                if (const auto* whole = std::get_if<std::int32_t BathSettings::*>(&row.member)) {
                    settings.** whole = static_cast<std::int32_t>(value);
                } else {
                    settings.**std::get_if<float BathSettings::*>(&row.member) = static_cast<float>(value);
                }
                Problems problems;
                check_settings(settings, problems);
                for (std::size_t i = 0; i < problems.size(); ++i) {
                    if (problems[i].path == row.path && std::string(problems[i].reason) == "out_of_range") {
                        return true;
                    }
                }
                return false;
            };
            CHECK(!out_of_range(bound));
            CHECK(out_of_range(beyond));
        }
    }
}

TEST_CASE("a record gives back what was packed") {
    const Update update(
        R"({"post_interval":5000,"bath_setpoint":{"target":54.8,"enabled":false},"ntp_host":["ntp.example.org","a"]})");
    REQUIRE(update.config);
    ConfigRecord record{};
    const std::size_t length = pack_config(*update.config, record);
    const auto read = unpack_config(record.data(), length);
    REQUIRE(read);
    CHECK(is_same(*read, *update.config));
    CHECK(read->time_servers.hosts[0] == "ntp.example.org");
}

TEST_CASE("F16 a record beyond a cap, cut off, longer or of another format is none") {
    BathConfig config;
    ConfigRecord record{};
    const std::size_t length = pack_config(config, record);
    for (std::size_t cut = 0; cut < length; ++cut) {
        CHECK(!unpack_config(record.data(), cut));
    }
    record[length] = 0;
    CHECK(!unpack_config(record.data(), length + 1));
    record[0] = 2;
    CHECK(!unpack_config(record.data(), length));
    config.settings.out_max_c = 81;
    CHECK(!unpack_config(record.data(), pack_config(config, record)));
    config = {};
    config.settings.tank_max_c = std::numeric_limits<float>::quiet_NaN();
    CHECK(!unpack_config(record.data(), pack_config(config, record)));
}

TEST_CASE("settings that a newer firmware added have their defaults in an older record") {
    BathConfig config;
    config.settings.post_interval_ms = 7000;
    ConfigRecord record{};
    const std::size_t length = pack_config(config, record);
    // as a firmware wrote it that knew all but the last one
    const std::size_t end = 2 + 4 * (kSettings - 1);
    record[1] = kSettings - 1;
    std::memmove(&record[end], &record[end + 4], length - end - 4);
    const auto read = unpack_config(record.data(), length - 4);
    REQUIRE(read);
    CHECK(read->settings.post_interval_ms == 7000);
    CHECK(read->settings.hysteresis_k == 0.8F);
}

TEST_CASE("F15 F16 random changes are taken whole and valid, or not at all") {
    std::mt19937 random(11);
    BathConfig config;
    int taken = 0;
    for (int run = 0; run < 20000; ++run) {
        std::string top;
        const auto changes = 1 + random() % 3;
        for (auto i = changes; i > 0; --i) {
            const auto& row = settings_table()[random() % kSettings];
            const double span = row.high - row.low;
            const double value = row.low + span * (static_cast<double>(random() % 1200) / 1000.0 - 0.1);
            const bool is_flag = std::holds_alternative<bool BathSettings::*>(row.member);
            const std::string text = is_flag ? (random() % 2 ? "true" : "false")
                                     : std::holds_alternative<float BathSettings::*>(row.member)
                                         ? std::to_string(value)
                                         : std::to_string(static_cast<long>(value));
            const std::string member = "\"" + std::string(row.name()) + "\":" + text;
            top += (top.empty() ? "" : ",") +
                   (row.group().empty() ? member : "\"" + std::string(row.group()) + "\":{" + member + "}");
        }
        const std::string change = "{" + top + "}";
        const protocol::JsonDocument document(change.data(), change.size());
        Problems problems;
        const BathConfig before = config;
        const auto after = merged(config, document.root(), problems);
        REQUIRE(is_same(config, before));
        if (after) {
            ++taken;
            REQUIRE(is_valid(after->settings));
            REQUIRE(after->settings.out_max_c <= 80);
            REQUIRE(after->settings.tank_max_c <= 95.0F);
            config = *after;
        }
    }
    CHECK(taken > 2000);
}
