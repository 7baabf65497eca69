#pragma once
#include <cstdint>
#include <optional>

namespace btr::battery {

// MAX30105 as a smoke sensor: infrared only. Not with SparkFun's library, which reads a sensor that does not answer as
// 0 and waits up to 250 ms for a count; current, range and pulse are that library's defaults, as on the original.
class Max30105 {
public:
    struct Reading {
        std::uint32_t infrared;  // 18 bits
        float chip_c;            // of the conversion that the last read() started
    };
    // Nothing: the chip did not answer as it was set up; it is set up again and answers the next time. Call it at most
    // every 100 ms.
    std::optional<Reading> read();

private:
    void set_up();
};

}  // namespace btr::battery
