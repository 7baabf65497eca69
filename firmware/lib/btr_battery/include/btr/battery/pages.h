#pragma once
// Five pages of six lines with 21 columns of ASCII.
#include <array>
#include <cstdint>

#include "btr/battery/grader.h"
#include "btr/hal/hal.h"

namespace btr::battery {

constexpr std::size_t kPages = 5;  // temperatures, gases, smoke and VOC, network, system and faults
constexpr Millis kPageReturnMs = kMinute;

// Which page is shown: the button turns it, a minute without the button or an alarm goes back to the first.
class Pager {
public:
    void turn(Millis now_ms);
    void on_alarm() { page_ = 0; }
    std::size_t page(Millis now_ms);

private:
    std::size_t page_ = 0;
    Millis turned_ms_ = 0;
};

// Everything that the pages tell; the pointers are valid for the call.
struct PanelView {
    Level shown = Level::normal;
    Cause cause = Cause::none;
    bool is_silenced = false;
    const Grader* grader = nullptr;
    bool is_gas_warm = false;
    const char* id = "";
    const char* firmware = "";
    const char* reset_reason = "";
    bool is_connected = false;
    std::optional<std::int64_t> utc_s;
    std::size_t kept = 0;       // samples that wait for the broker
    std::uint32_t dropped = 0;  // messages that were not looked at
    std::optional<Level> override_level;
    std::uint32_t uptime_s = 0;
    std::uint32_t fault = 0;
};

using PanelLines = std::array<std::array<char, kScreenColumns + 1>, kScreenLines>;

// The first line of every page is level and cause.
void draw_page(std::size_t page, const PanelView& view, PanelLines& into);

}  // namespace btr::battery
