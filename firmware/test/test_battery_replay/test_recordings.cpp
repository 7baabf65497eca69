// Whole recordings through the local grading: DANGER long before the peak, silence on a quiet cell. The recorded ones
// are no part of the repository: they are looked for in BTR_RECORDINGS or beside the checkout. The others say the same
// without them.
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "recording.h"

using namespace btr;
using battery::Level;
using test::Replayed;

namespace {

std::string folder() {
    const char* named = std::getenv("BTR_RECORDINGS");
    return named != nullptr ? named : BTR_FIXTURES "/../../../shared/data/battery";
}

std::vector<float> recorded(const std::string& name) {
    return test::load_recording(folder() + "/temp_data_" + name + ".csv");
}

// A cell that heats itself: the rate grows with the temperature from `onset_s` on, up to `top_c`, where it stays 5 s.
std::vector<float> made_runaway(float start_c, float onset_s, float rate_c_per_s, float doubling_k, float top_c) {
    std::mt19937 random(7);
    std::normal_distribution<float> noise(0.0F, 0.03F);
    std::vector<float> grid;
    float temp_c = start_c;
    for (float at_s = 0.0F; temp_c < top_c; at_s += 0.5F) {
        grid.push_back(temp_c + noise(random));
        if (at_s >= onset_s) {
            temp_c += 0.5F * rate_c_per_s * std::exp2((temp_c - start_c) / doubling_k);
        }
    }
    grid.insert(grid.end(), 10, top_c);
    return grid;
}

struct Expected {
    const char* name;
    float danger_by_s;  // measured, and two seconds
};

constexpr Expected kRunaways[] = {
    {"040_exception", 421.5F}, {"041_exception", 549.0F}, {"043_exception", 1050.5F}, {"044_exception", 22.5F},
    {"045_exception", 23.0F},  {"054_exception", 354.5F}, {"055_exception", 573.0F},  {"066_exception", 551.5F},
    {"067_exception", 585.5F}, {"068_exception", 586.5F}, {"070_exception", 361.0F},  {"071_exception", 358.0F},
    {"076_exception", 455.0F}, {"077_exception", 505.5F}, {"078_exception", 506.0F},  {"079_exception", 506.0F},
};

// All that are called normal, but for four that show a neighbour's event: 042, 056, 057 and 069.
constexpr const char* kQuiet[] = {"001", "002", "003", "004", "005", "006", "007", "008", "009", "010",
                                  "013", "014", "015", "016", "017", "018", "021", "022", "023", "024",
                                  "025", "026", "029", "046", "047", "048", "049", "050", "051", "052",
                                  "053", "062", "063", "064", "065", "072", "073", "080"};

}  // namespace

TEST_CASE("every recorded runaway is DANGER before its peak") {
    for (const Expected& row : kRunaways) {
        const std::vector<float> grid = recorded(row.name);
        if (grid.empty()) {
            MESSAGE("recording " << row.name << " is not here");
            continue;
        }
        const Replayed result = test::replay(grid);
        CAPTURE(row.name);
        REQUIRE(result.danger_s);
        INFO("DANGER at " << *result.danger_s << " s, " << result.danger_c << " degC; peak at " << result.peak_s);
        CHECK(*result.danger_s < result.peak_s);
        CHECK(*result.danger_s <= row.danger_by_s);
    }
}

TEST_CASE("no recorded quiet cell is ever DANGER") {
    for (const char* name : kQuiet) {
        const Replayed result = test::replay(recorded(name));
        CAPTURE(name);
        CHECK(!result.danger_s);
    }
}

TEST_CASE("the simulator's runaway is DANGER long before its peak, and its quiet part is not") {
    const std::vector<float> grid = test::load_recording(BTR_FIXTURES "/recordings/simulated_runaway.csv");
    REQUIRE(grid.size() > 100);
    const Replayed result = test::replay(grid);
    REQUIRE(result.danger_s);
    INFO("DANGER at " << *result.danger_s << " s, " << result.danger_c << " degC; peak at " << result.peak_s);
    CHECK(*result.danger_s < result.peak_s);
    CHECK(result.danger_c < 60.5F);
}

TEST_CASE("made runaways of any speed are DANGER at the limit at the latest") {
    for (const float rate_c_per_s : {0.01F, 0.05F, 0.2F, 0.6F, 1.0F, 3.0F, 10.0F}) {
        for (const float start_c : {-20.0F, 10.0F, 25.0F, 45.0F}) {
            const std::vector<float> grid = made_runaway(start_c, 60.0F, rate_c_per_s, 20.0F, 400.0F);
            const Replayed result = test::replay(grid);
            CAPTURE(rate_c_per_s);
            CAPTURE(start_c);
            REQUIRE(result.danger_s);
            CHECK(*result.danger_s >= 60.0F);
            const auto at_limit = std::find_if(grid.begin(), grid.end(), [](float temp_c) { return temp_c >= 60.0F; });
            CHECK(*result.danger_s <= 0.5F * static_cast<float>(at_limit - grid.begin()) + 2.0F);
        }
    }
}

TEST_CASE("a day of charging, doors and load steps is no DANGER") {
    std::mt19937 random(11);
    std::normal_distribution<float> noise(0.0F, 0.05F);
    std::vector<float> grid;
    for (int half_s = 0; half_s < 24 * 7200; ++half_s) {
        const float hours = static_cast<float>(half_s) / 7200.0F;
        const float room_c = 22.0F + 6.0F * std::sin(hours * 0.2618F);
        const float charge_c = 12.0F * std::max(0.0F, std::sin(hours * 2.1F));
        const bool is_step = half_s % 7200 > 3600 && half_s % 7200 < 3608;  // a load step of 1 K within 4 s
        grid.push_back(room_c + charge_c + (is_step ? 0.125F * static_cast<float>(half_s % 3600) : 0.0F) +
                       noise(random));
    }
    CHECK(test::replay(grid).highest == Level::normal);
}
