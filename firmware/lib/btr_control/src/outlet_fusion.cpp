#include "btr/control/outlet_fusion.h"

#include <algorithm>
#include <cmath>

namespace btr::control {

namespace {

struct Values {  // ascending
    std::array<float, kMaxOutlets> temp_c{};
    std::size_t count = 0;

    void add(float value) {
        std::size_t at = count++;
        for (; at > 0 && temp_c[at - 1] > value; --at) temp_c[at] = temp_c[at - 1];
        temp_c[at] = value;
    }
    float median() const {
        const float upper = temp_c[count / 2];
        return count % 2 == 1 ? upper : (temp_c[count / 2 - 1] + upper) / 2.0F;
    }
};

}  // namespace

BathTemperature fuse_outlets(const std::array<JudgedProbe, kMaxOutlets>& outlets, std::size_t count) {
    Values valid;
    for (std::size_t i = 0; i < std::min(count, kMaxOutlets); ++i) {
        if (outlets[i].temp_c) valid.add(*outlets[i].temp_c);
    }
    if (valid.count == 0) return {};

    const float first = valid.median();
    Values kept;
    for (std::size_t i = 0; i < valid.count; ++i) {
        if (std::fabs(valid.temp_c[i] - first) <= kOutlierK) kept.add(valid.temp_c[i]);
    }
    const float median_c = kept.count > 0 ? kept.median() : first;
    const float hottest_c = valid.temp_c[valid.count - 1];
    const bool disagree = hottest_c - valid.temp_c[0] > kOutlierK;
    return {median_c, disagree ? hottest_c : median_c, disagree};
}

}  // namespace btr::control
