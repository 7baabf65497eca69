#pragma once
// Why a whole set of settings is refused.
#include <array>
#include <cstddef>
#include <string_view>

#include "btr/protocol/text.h"

namespace btr::protocol {

struct Problem {
    FixedText<48> path;        // of the setting, "bath_setpoint.target"
    const char* reason = "";  // key, from a literal
};

// Keeps the first kMost and counts all.
class Problems {
public:
    static constexpr std::size_t kMost = 6;

    // The path is that of a setting, or of a group and a name in it; a name from outside is cut to what fits.
    void add(std::string_view path, const char* reason) { add({}, path, reason); }
    void add(std::string_view group, std::string_view name, const char* reason);

    bool is_empty() const { return count_ == 0; }
    std::size_t count() const { return count_; }
    std::size_t size() const { return count_ < kMost ? count_ : kMost; }
    const Problem& operator[](std::size_t index) const { return problems_[index]; }
    // "temp_maxdif out_of_range, x unknown_setting, 3 more": as many as fit.
    void describe(TextBuffer& into) const;

private:
    std::array<Problem, kMost> problems_;
    std::size_t count_ = 0;
};

}  // namespace btr::protocol
