#pragma once
// One bath temperature from several outlet probes (protocol: control, first row; F7).
#include <array>
#include <cstddef>
#include <optional>

#include "btr/control/bath_state.h"

namespace btr::control {

constexpr float kOutlierK = 5.0F;

struct BathTemperature {
    // Median of the valid outlets without those more than 5 K from the first median. When two disagree so much that
    // none is left, their first median. Nothing: no valid outlet.
    std::optional<float> median_c;
    // What safety uses: the median, or the hottest valid outlet when they disagree.
    std::optional<float> hottest_c;
    bool disagree = false;  // two valid outlets are more than 5 K apart
};

BathTemperature fuse_outlets(const std::array<JudgedProbe, kMaxOutlets>& outlets, std::size_t count);

}  // namespace btr::control
