#pragma once
// JSON into a fixed buffer. Commas come by themselves; what would not be JSON (nan) becomes null.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "btr/protocol/text.h"

namespace btr::protocol {

//     FixedText<128> text;
//     JsonWriter json(text);
//     json.begin_object().key("seq").integer(7).key("temp_c").number(25.5, 2).end_object();
//     if (json.is_complete()) { send(text); }
class JsonWriter {
public:
    explicit JsonWriter(TextBuffer& into) : into_(into) {}

    JsonWriter& begin_object() { return open('{'); }
    JsonWriter& end_object() { return close('}'); }
    JsonWriter& begin_array() { return open('['); }
    JsonWriter& end_array() { return close(']'); }
    // The next value belongs to this key.
    JsonWriter& key(std::string_view name);

    // Escaped as JSON wants it; bytes that are no UTF-8 become U+FFFD.
    JsonWriter& text(std::string_view value);
    JsonWriter& integer(std::int64_t value);
    JsonWriter& boolean(bool value);
    JsonWriter& null();
    // With that many decimals, as printf writes it: 25.50. Not finite, or 1e9 and more: null.
    JsonWriter& number(double value, int decimals);
    // The same without trailing zeros: 80, 45.5.
    JsonWriter& short_number(double value, int decimals);
    // A 32-bit float with its seven significant digits, as ArduinoJson and so the original writes it: 64.8,
    // not 64.800003.
    JsonWriter& real(float value);

    template <typename T>
    JsonWriter& number(const std::optional<T>& value, int decimals) {
        return value ? number(static_cast<double>(*value), decimals) : null();
    }
    template <typename T>
    JsonWriter& short_number(const std::optional<T>& value, int decimals) {
        return value ? short_number(static_cast<double>(*value), decimals) : null();
    }
    template <typename T>
    JsonWriter& integer(const std::optional<T>& value) {
        return value ? integer(static_cast<std::int64_t>(*value)) : null();
    }

    // Everything fitted and everything opened is closed: only then is the text a message.
    bool is_complete() const { return depth_ == 0 && !is_broken_ && !into_.overflowed() && into_.size() > 0; }

private:
    JsonWriter& open(char bracket);
    JsonWriter& close(char bracket);
    void separate();
    void quote(std::string_view value);

    TextBuffer& into_;
    std::uint32_t has_items_ = 0;  // a bit per depth
    int depth_ = 0;
    bool after_key_ = false;
    bool is_broken_ = false;  // closed more than opened, or too deep
};

}  // namespace btr::protocol
