#include "btr/host/recording.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace btr::host {

namespace {

constexpr std::string_view kHeader = "Time,Temperature";
constexpr double kToleranceS = 1e-6;
constexpr double kMostC = 10000.0;  // what lies beyond is no temperature

struct Row {
    double time_s;
    double temp_c;
};

std::optional<Row> parse_row(std::string_view line) {
    const std::size_t comma = line.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const auto time_s = parse_number(line.substr(0, comma));
    const auto temp_c = parse_number(line.substr(comma + 1));
    if (!time_s || !temp_c || std::abs(*temp_c) > kMostC) return std::nullopt;
    return Row{*time_s, *temp_c};
}

Parsed<Recording> refuse(std::size_t line, const std::string& why) {
    return Parsed<Recording>::failed("line " + std::to_string(line) + ": " + why);
}

}  // namespace

Parsed<Recording> Recording::parse(std::string_view csv) {
    if (next_line(csv) != kHeader) return refuse(1, "the first line must be Time,Temperature");
    Recording recording;
    std::size_t line = 1;
    double first_s = 0.0;
    while (!csv.empty()) {
        ++line;
        const auto row = parse_row(next_line(csv));
        if (!row) return refuse(line, "not two numbers, seconds and degC, such as 0.5,25.3");
        if (recording.temp_c_.empty()) first_s = row->time_s;
        const double expected_s = first_s + kStepS * static_cast<double>(recording.temp_c_.size());
        if (!(std::abs(row->time_s - expected_s) <= kToleranceS)) {
            return refuse(line, "its time is not 0.5 s after the row before (scripts/demo evens such recordings out)");
        }
        recording.temp_c_.push_back(static_cast<float>(row->temp_c));
    }
    if (recording.temp_c_.size() < 2) return refuse(line, "the recording ends after fewer than two rows");
    return Parsed<Recording>::of(std::move(recording));
}

float Recording::temp_at(double time_s) const {
    const double position = std::clamp(time_s, 0.0, duration_s()) / kStepS;
    const auto before = static_cast<std::size_t>(position);
    const auto after = std::min(before + 1, temp_c_.size() - 1);
    const auto fraction = static_cast<float>(position - std::floor(position));
    return temp_c_[before] + fraction * (temp_c_[after] - temp_c_[before]);
}

}  // namespace btr::host
