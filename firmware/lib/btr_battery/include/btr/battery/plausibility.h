#pragma once
// Which readings of a sensor may be believed (F5): finite, within what the sensor can mean, not faster than anything
// physical. The same rules and constants as the integration's, so that both ends call the same reading bad.
#include <cstdint>
#include <optional>

#include "btr/hal/time.h"

namespace btr::battery {

enum class Doubt : std::uint8_t { none, missing, over_range, under_range, jump };

// The range that is believed, the fastest believed change per second (nothing: any), and the end of what the sensor can
// measure at all (nothing: the end of the range). Between both ends it may be right, but nobody would expect it.
struct ChannelSpec {
    float low;
    float high;
    std::optional<float> max_slope_per_s = std::nullopt;
    std::optional<float> measurable_to = std::nullopt;
};

// PT100 through MAX31865 with Rref 430: an open sensor reads 988.79, a shorted one -242.02. The fastest recorded
// runaway is 28.5 K/s over 2 s; 60 K/s leaves room for twice that and still catches a loose plug. A PT100 ends at 850
// (IEC 60751).
constexpr ChannelSpec kInternalSpec{-50.0F, 200.0F, 60.0F, 850.0F};
// SHT4x: range of its data sheet, 130 is its full scale; in air 60 K/s is already beyond a flame passing by.
constexpr ChannelSpec kAmbientSpec{-40.0F, 125.0F, 60.0F};
constexpr ChannelSpec kHumiditySpec{0.0F, 100.0F};
constexpr ChannelSpec kGasSpec{0.0F, 1000.0F};  // the whole range of the ADC
constexpr ChannelSpec kVocIndexSpec{1.0F, 500.0F};  // 0: the algorithm has no index yet
constexpr ChannelSpec kVocRawSpec{1.0F, 65535.0F};  // 0: the sensor failed
constexpr ChannelSpec kSmokeSpec{0.0F, 262143.0F};  // MAX30105: 18 bits
constexpr ChannelSpec kSmokeChipSpec{-40.0F, 125.0F, 60.0F};  // its die thermometer, data sheet range

class PlausibilityFilter {
public:
    explicit PlausibilityFilter(const ChannelSpec& spec) : spec_(spec) {}

    // Returns the reading if it is believed, else nothing with the reason in doubt(). `now_ms` must not go back.
    // A reading that moved faster than possible is withheld until it falls back to the old level, or until three in a
    // row agree with each other: then they are the new level and relocations() has grown.
    std::optional<float> check(Millis now_ms, std::optional<float> reading);

    Doubt doubt() const { return doubt_; }
    const std::optional<float>& last_good() const { return last_good_; }
    unsigned relocations() const { return relocations_; }  // a relocation says nothing about a rate

private:
    bool is_possible(Millis now_ms, float reading, float last);
    std::optional<float> withhold(Doubt doubt);
    float step_within(Millis elapsed_ms) const;

    ChannelSpec spec_;
    std::optional<float> last_good_;
    Doubt doubt_ = Doubt::missing;
    unsigned relocations_ = 0;
    Millis good_ms_ = 0;
    std::optional<Millis> interval_ms_;  // between the last two good ones
    float candidate_ = 0.0F;
    Millis candidate_ms_ = 0;
    Millis doubted_since_ms_ = 0;
    int agreeing_ = 0;
    bool after_pause_ = false;
};

}  // namespace btr::battery
