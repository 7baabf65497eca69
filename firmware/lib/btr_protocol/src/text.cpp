#include "btr/protocol/text.h"

#include <cmath>
#include <cstring>

namespace btr::protocol {
namespace {

constexpr std::size_t kMostDigits = 20;
constexpr std::array<double, TextBuffer::kMostDecimals + 1> kPowers = {1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

// Digits of a number, from the last to the first.
class Digits {
public:
    Digits(std::uint64_t value, int least) {
        while (value > 0 || least > 0) {
            if (start_ == 0) {
                return;
            }
            chars_[--start_] = static_cast<char>('0' + value % 10);
            value /= 10;
            --least;
        }
    }
    std::string_view view() const { return {chars_.data() + start_, chars_.size() - start_}; }

private:
    std::array<char, kMostDigits> chars_{};
    std::size_t start_ = kMostDigits;
};

}  // namespace

TextBuffer::TextBuffer(char* chars, std::size_t capacity) : chars_(chars), capacity_(capacity) { chars_[0] = '\0'; }

void TextBuffer::clear() {
    size_ = 0;
    overflowed_ = false;
    chars_[0] = '\0';
}

void TextBuffer::take_over(const TextBuffer& other) {
    if (this == &other) {
        return;
    }
    clear();
    append(other.view());
    overflowed_ = overflowed_ || other.overflowed_;
}

TextBuffer& TextBuffer::append(std::string_view text) {
    if (overflowed_ || text.size() >= capacity_ - size_) {
        overflowed_ = true;
        return *this;
    }
    if (!text.empty()) {
        std::memcpy(chars_ + size_, text.data(), text.size());
        size_ += text.size();
        chars_[size_] = '\0';
    }
    return *this;
}

TextBuffer& TextBuffer::append_integer(std::int64_t value) {
    // the negative of the smallest is no int64
    const auto magnitude = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
    if (value < 0) {
        append('-');
    }
    return append_padded(magnitude, 1);
}

TextBuffer& TextBuffer::append_padded(std::uint64_t value, int width) { return append(Digits(value, width).view()); }

TextBuffer& TextBuffer::append_fixed(double value, int decimals) {
    if (!std::isfinite(value) || std::fabs(value) >= kLeastTooLarge || decimals < 0 || decimals > kMostDecimals) {
        return append("nan");
    }
    // Exact in a double for every float, so that halves round to even as in printf; which would take memory from the
    // heap on the device.
    const auto scaled = std::llrint(std::fabs(value) * kPowers[static_cast<std::size_t>(decimals)]);
    const Digits digits(static_cast<std::uint64_t>(scaled), decimals + 1);
    const std::string_view all = digits.view();
    const std::size_t point = all.size() - static_cast<std::size_t>(decimals);
    if (std::signbit(value)) {
        append('-');
    }
    append(all.substr(0, point));
    return decimals == 0 ? *this : append('.').append(all.substr(point));
}

TextBuffer& TextBuffer::append_trimmed(double value, int decimals) {
    std::array<char, 32> chars;
    TextBuffer number(chars.data(), chars.size());
    std::string_view text = number.append_fixed(value, decimals).view();
    if (text.find('.') != std::string_view::npos) {
        text = text.substr(0, text.find_last_not_of('0') + 1);
        text = text.substr(0, text.size() - (text.back() == '.' ? 1 : 0));
    }
    return append(text == "-0" ? "0" : text);
}

}  // namespace btr::protocol
