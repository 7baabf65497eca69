#include "btr/protocol/json_writer.h"

#include <cmath>

#include "btr/protocol/utf8.h"

namespace btr::protocol {
namespace {

constexpr int kMostDepth = 31;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kHexDigits = "0123456789abcdef";

// The letter after the backslash, 0 where there is no short form.
char short_escape(char character) {
    switch (character) {
        case '"':
        case '\\': return character;
        case '\n': return 'n';
        case '\r': return 'r';
        case '\t': return 't';
        default: return '\0';
    }
}

}  // namespace

void JsonWriter::separate() {
    const std::uint32_t bit = 1U << depth_;
    if (after_key_) {
        after_key_ = false;
        return;
    }
    if ((has_items_ & bit) != 0) {
        into_.append(',');
    }
    has_items_ |= bit;
}

JsonWriter& JsonWriter::open(char bracket) {
    if (depth_ == kMostDepth) {
        is_broken_ = true;
        return *this;
    }
    separate();
    into_.append(bracket);
    ++depth_;
    has_items_ &= ~(1U << depth_);
    return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
    if (depth_ == 0 || after_key_) {
        is_broken_ = true;
        return *this;
    }
    --depth_;
    into_.append(bracket);
    return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
    is_broken_ = is_broken_ || after_key_;
    separate();
    quote(name);
    into_.append(':');
    after_key_ = true;
    return *this;
}

JsonWriter& JsonWriter::text(std::string_view value) {
    separate();
    quote(value);
    return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
    separate();
    into_.append_integer(value);
    return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
    separate();
    into_.append(value ? "true" : "false");
    return *this;
}

JsonWriter& JsonWriter::null() {
    separate();
    into_.append("null");
    return *this;
}

JsonWriter& JsonWriter::number(double value, int decimals) {
    if (!std::isfinite(value) || std::fabs(value) >= TextBuffer::kLeastTooLarge) {
        return null();
    }
    separate();
    into_.append_fixed(value, decimals);
    return *this;
}

JsonWriter& JsonWriter::short_number(double value, int decimals) {
    if (!std::isfinite(value) || std::fabs(value) >= TextBuffer::kLeastTooLarge) {
        return null();
    }
    separate();
    into_.append_trimmed(value, decimals);
    return *this;
}

JsonWriter& JsonWriter::real(float value) {
    const float size = std::fabs(value);
    int decimals = TextBuffer::kMostDecimals;
    for (float power = 10.0F; decimals > 0 && size >= power; power *= 10.0F) {
        --decimals;
    }
    return short_number(static_cast<double>(value), decimals);
}

void JsonWriter::quote(std::string_view value) {
    into_.append('"');
    while (!value.empty()) {
        const std::size_t length = utf8_length(value);
        const char first = value.front();
        if (length == 0) {
            into_.append(kReplacement);
        } else if (const char letter = short_escape(first); letter != '\0') {
            into_.append('\\').append(letter);
        } else if (static_cast<unsigned char>(first) < 0x20) {
            const auto code = static_cast<std::size_t>(first);
            into_.append("\\u00").append(kHexDigits[code / 16]).append(kHexDigits[code % 16]);
        } else {
            into_.append(value.substr(0, length));
        }
        value.remove_prefix(length == 0 ? 1 : length);
    }
    into_.append('"');
}

}  // namespace btr::protocol
