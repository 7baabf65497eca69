#pragma once
#include <U8g2lib.h>

#include <array>

#include "btr/hal/hal.h"

namespace btr::battery {

using Screen = decltype(Indication::lines);

// OLED 128 x 64, SSD1306 on I2C at 0x3C. Drawing takes 30 ms: in the task that owns the bus.
class Panel {
public:
    Panel();
    void draw(const Screen& lines);

private:
    U8G2_SSD1306_128X64_NONAME_F_HW_I2C display_;
};

}  // namespace btr::battery
