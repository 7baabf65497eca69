#pragma once
#include <cstddef>
#include <string_view>

namespace btr::protocol {

// Length in bytes of the character at the start of the text, 1..4; 0 where that is no UTF-8 (RFC 3629: no overlong
// form, no surrogate, nothing above U+10FFFF) or the text is empty.
std::size_t utf8_length(std::string_view text);

}  // namespace btr::protocol
