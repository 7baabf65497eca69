#pragma once
// Recorded temperatures, laid on the node's grid of half a second.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "battery_story.h"

namespace btr::test {

// Temperatures in degC every 500 ms from the first row on: the mean of the rows of one half second, a straight line
// where there is none. Loggers go back in time once in a while; what is older than the last row is left out. Empty when
// the file cannot be read.
inline std::vector<float> load_recording(const std::string& path) {
    std::vector<float> grid;
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "r"), std::fclose);
    char line[128];
    double start_s = 0.0;
    double last_s = 0.0;
    double last_c = 0.0;
    int in_cell = 0;
    while (file && std::fgets(line, sizeof(line), file.get()) != nullptr) {
        char* rest = nullptr;
        const double time_s = std::strtod(line, &rest);
        if (rest == line || *rest != ',' || (!grid.empty() && time_s <= last_s)) {
            continue;
        }
        const double temp_c = std::strtod(rest + 1, nullptr);
        if (grid.empty()) {
            start_s = time_s;
            grid.push_back(static_cast<float>(temp_c));
            in_cell = 1;
        } else {
            const auto cell = static_cast<std::size_t>((time_s - start_s) / 0.5 + 0.5);
            if (cell < grid.size()) {
                ++in_cell;
                grid.back() += (static_cast<float>(temp_c) - grid.back()) / static_cast<float>(in_cell);
            }
            while (grid.size() <= cell) {
                const double at_s = start_s + 0.5 * static_cast<double>(grid.size());
                const double share = std::min((at_s - last_s) / (time_s - last_s), 1.0);
                grid.push_back(static_cast<float>(last_c + share * (temp_c - last_c)));
                in_cell = 1;
            }
        }
        last_s = time_s;
        last_c = temp_c;
    }
    return grid;
}

struct Replayed {
    std::optional<float> danger_s;  // from the start of the recording
    float danger_c = 0.0F;          // what the cell had then
    float peak_s = 0.0F;
    battery::Level highest = battery::Level::normal;
};

// The recording as the internal temperature of a node whose other sensors are quiet.
inline Replayed replay(const std::vector<float>& grid) {
    Replayed result;
    Cell cell;
    for (const float temp_c : grid) {
        const float at_s = cell.seconds();
        const battery::Level level = cell.next_c(temp_c);
        result.highest = std::max(result.highest, level);
        if (level == battery::Level::danger && !result.danger_s) {
            result.danger_s = at_s;
            result.danger_c = temp_c;
        }
    }
    const auto peak = std::max_element(grid.begin(), grid.end());
    result.peak_s = 0.5F * static_cast<float>(peak - grid.begin());
    return result;
}

}  // namespace btr::test
