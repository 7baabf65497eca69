#include "panel.h"

namespace btr::battery {
namespace {

constexpr unsigned kLineHeight = 10;  // of the font, 6 x 10: 21 columns, 6 lines

}  // namespace

Panel::Panel() : display_(U8G2_R0) {
    display_.setBusClock(400000);
    display_.begin();
    display_.setFont(u8g2_font_6x10_tf);
}

void Panel::draw(const Screen& lines) {
    display_.clearBuffer();
    for (std::size_t i = 0; i < lines.size(); ++i) {
        display_.drawUTF8(0, static_cast<u8g2_uint_t>((i + 1) * kLineHeight - 1), lines[i].data());
    }
    display_.sendBuffer();
}

}  // namespace btr::battery
