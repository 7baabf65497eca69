#include "btr/protocol/problems.h"

#include "btr/protocol/utf8.h"

namespace btr::protocol {
namespace {

void append_what_fits(std::string_view text, TextBuffer& into) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        into.append(length == 0 ? "?" : text.substr(0, length));
        text.remove_prefix(length == 0 ? 1 : length);
    }
}

}  // namespace

void Problems::add(std::string_view group, std::string_view name, const char* reason) {
    if (count_++ >= kMost) {
        return;
    }
    Problem& problem = problems_[count_ - 1];
    problem.reason = reason;
    if (!group.empty()) {
        append_what_fits(group, problem.path);
        problem.path.append('.');
    }
    append_what_fits(name, problem.path);
}

void Problems::describe(TextBuffer& into) const {
    constexpr std::size_t kLeftForMore = 12;  // ", 99999 more"
    std::size_t told = 0;
    for (; told < size(); ++told) {
        FixedText<sizeof(Problem)> line;
        line.append(told == 0 ? "" : ", ").append(problems_[told].path.view()).append(' ');
        line.append(problems_[told].reason);
        if (into.left() < line.size() + kLeftForMore) {
            break;
        }
        into.append(line.view());
    }
    if (told < count_) {
        into.append(told == 0 ? "" : ", ").append_integer(static_cast<std::int64_t>(count_ - told)).append(" more");
    }
}

}  // namespace btr::protocol
