#pragma once
// When the SGP41 is asked what. Sensirion's index algorithm is made for one sample per second, and conditioning for
// more than 10 s damages the sensor (data sheet SGP41).
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"

namespace btr::battery {

enum class Sgp41Task : std::uint8_t { wait, condition, measure };

class Sgp41Schedule {
public:
    // What to do now; call every 100 ms or faster and do it at once. One task per second, on a grid that does not
    // drift; seconds that were missed are left out.
    Sgp41Task due(Millis now_ms);

    // The sensor lost power or did not answer: it starts over with conditioning, at the next second, but never within
    // a minute of the last conditioning.
    void restart() { is_restarting_ = true; }

private:
    std::optional<Millis> started_ms_;
    Millis next_ms_ = 0;
    bool is_restarting_ = false;
};

}  // namespace btr::battery
