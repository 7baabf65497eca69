#pragma once
// Text in a fixed array: what does not fit is told, never cut off in silence. No heap, no locale.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace btr::protocol {

// Appends to `capacity` chars of the caller, the closing 0 included; always ended by 0. The first append that does not
// fit changes nothing but overflowed(), and so does every one after it: the text is then incomplete.
class TextBuffer {
public:
    static constexpr double kLeastTooLarge = 1e9;  // of the numbers with decimals
    static constexpr int kMostDecimals = 6;

    TextBuffer(char* chars, std::size_t capacity);
    TextBuffer(const TextBuffer&) = delete;
    TextBuffer& operator=(const TextBuffer&) = delete;

    TextBuffer& append(std::string_view text);
    TextBuffer& append(char character) { return append(std::string_view(&character, 1)); }
    TextBuffer& append_integer(std::int64_t value);
    // At least `width` digits, with leading zeros.
    TextBuffer& append_padded(std::uint64_t value, int width);
    // As printf's %.<decimals>f, 0..kMostDecimals, for every float. Not finite, or kLeastTooLarge and more: "nan".
    TextBuffer& append_fixed(double value, int decimals);
    // The same without trailing zeros: 80, 45.5.
    TextBuffer& append_trimmed(double value, int decimals);

    void clear();
    bool overflowed() const { return overflowed_; }
    const char* c_str() const { return chars_; }
    std::size_t size() const { return size_; }
    std::size_t left() const { return capacity_ - size_ - 1; }
    bool is_empty() const { return size_ == 0; }
    std::string_view view() const { return {chars_, size_}; }

protected:
    void take_over(const TextBuffer& other);

private:
    char* chars_;
    std::size_t capacity_;
    std::size_t size_ = 0;
    bool overflowed_ = false;
};

// A text of at most N chars as a value.
template <std::size_t N>
class FixedText : public TextBuffer {
public:
    FixedText() : TextBuffer(chars_, sizeof(chars_)) {}
    explicit FixedText(std::string_view text) : FixedText() { append(text); }
    FixedText(const FixedText& other) : FixedText() { take_over(other); }
    FixedText& operator=(const FixedText& other) {
        take_over(other);
        return *this;
    }

private:
    char chars_[N + 1] = {};
};

inline bool operator==(const TextBuffer& left, std::string_view right) { return left.view() == right; }
inline bool operator!=(const TextBuffer& left, std::string_view right) { return left.view() != right; }

}  // namespace btr::protocol
