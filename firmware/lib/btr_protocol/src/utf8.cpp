#include "btr/protocol/utf8.h"

#include <array>

namespace btr::protocol {
namespace {

// RFC 3629, section 4: which second byte may follow which first byte. The others are 80..BF.
struct Form {
    unsigned char first_low, first_high;
    unsigned char second_low, second_high;
    std::size_t length;
};
constexpr std::array<Form, 9> kForms = {{
    {0x00, 0x7F, 0x00, 0x00, 1},
    {0xC2, 0xDF, 0x80, 0xBF, 2},
    {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4},
    {0xF4, 0xF4, 0x80, 0x8F, 4},
}};

bool fits(const Form& form, std::string_view text) {
    if (text.size() < form.length) {
        return false;
    }
    for (std::size_t i = 1; i < form.length; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const unsigned char low = i == 1 ? form.second_low : 0x80;
        const unsigned char high = i == 1 ? form.second_high : 0xBF;
        if (byte < low || byte > high) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::size_t utf8_length(std::string_view text) {
    if (text.empty()) {
        return 0;
    }
    const auto first = static_cast<unsigned char>(text.front());
    for (const Form& form : kForms) {
        if (first >= form.first_low && first <= form.first_high) {
            return fits(form, text) ? form.length : 0;
        }
    }
    return 0;
}

}  // namespace btr::protocol
