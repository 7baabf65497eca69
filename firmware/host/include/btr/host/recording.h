#pragma once
#include <string_view>
#include <vector>

#include "btr/hal/time.h"
#include "btr/host/parsed.h"

namespace btr::host {

// Temperatures of one cell at 2 Hz, from a CSV. Strict: scripts/demo makes such a file of whatever a logger wrote.
class Recording {
public:
    static constexpr double kStepS = 0.5;

    // Wants the header Time,Temperature and then rows of two finite numbers, seconds and degC, each row 0.5 s after the
    // one before; at least two. The error names the line.
    static Parsed<Recording> parse(std::string_view csv);

    // Seconds from the first row; the first value before it, the last after the end, a straight line in between.
    float temp_at(double time_s) const;
    double duration_s() const { return kStepS * static_cast<double>(temp_c_.size() - 1); }

private:
    std::vector<float> temp_c_;
};

}  // namespace btr::host
