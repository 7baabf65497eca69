#include "btr/battery/button.h"

namespace btr::battery {

Press Button::update(Millis now_ms, bool is_pressed) {
    if (is_pressed != raw_) {
        raw_ = is_pressed;
        raw_since_ms_ = now_ms;
    }
    if (raw_ != is_down_ && now_ms - raw_since_ms_ >= kDebounceMs) {
        is_down_ = raw_;
        if (is_down_) {
            down_since_ms_ = raw_since_ms_;
            is_spent_ = false;
        } else if (!is_spent_) {
            return Press::brief;
        }
    }
    if (is_down_ && !is_spent_ && now_ms - down_since_ms_ >= kLastingMs) {
        is_spent_ = true;
        return Press::lasting;
    }
    return Press::none;
}

}  // namespace btr::battery
