#include "btr/battery/pages.h"

#include <algorithm>
#include <string_view>

#include "btr/protocol/text.h"

namespace btr::battery {
namespace {

using protocol::FixedText;
using Line = FixedText<kScreenColumns>;

constexpr const char* kGasNames[] = {"MQ2", "MQ4", "MQ8", "MQ7"};  // by GasChannel

Line value_line(std::string_view label, const std::optional<float>& value, int decimals, std::string_view unit) {
    Line line(label);
    if (value) {
        line.append_fixed(static_cast<double>(*value), decimals).append(unit);
    } else {
        line.append("--");
    }
    return line;
}

// Texts from outside, cut to the line and to what the font has.
Line text_line(std::string_view label, std::string_view text) {
    Line line(label);
    for (const char character : text.substr(0, kScreenColumns - std::min(label.size(), kScreenColumns))) {
        line.append(character >= ' ' && character <= '~' ? character : '?');
    }
    return line;
}

Line count_line(std::string_view label, std::uint64_t count) {
    Line line(label);
    line.append_integer(static_cast<std::int64_t>(count));
    return line;
}

Line head(const PanelView& view) {
    Line line(protocol::word_of(view.shown));
    if (view.shown > Level::normal) {
        line.append(' ').append(name_of(view.cause));
    } else if (!view.is_gas_warm) {
        line.append(" warming up");
    }
    if (view.is_silenced) {
        line.append('*');
    }
    return line;
}

using Body = std::array<Line, kScreenLines - 1>;

Body temperatures(const PanelView& view) {
    const Believed& now = view.grader->believed();
    const std::optional<float> trend = view.grader->internal().history().change_k(10 * kSecond);
    return {value_line("Cell ", now.internal_c, 2, " C"), value_line("Rate ", now.rate_c_per_s, 2, " C/s"),
            value_line("10 s ", now.internal_c ? trend : std::nullopt, 2, " K"),
            value_line("Air  ", now.ambient_c, 2, " C"), value_line("Hum  ", now.humidity_percent, 1, " %")};
}

Body gases(const PanelView& view) {
    Body body;
    for (std::size_t channel = 0; channel < kGasChannels; ++channel) {
        Line line(kGasNames[channel]);
        const std::optional<float>& ppm = view.grader->believed().gas_ppm[channel];
        const std::optional<float> usual = view.grader->gas().sensor(static_cast<GasChannel>(channel)).baseline_ppm();
        line.append(' ').append(value_line("", ppm, 0, "").view());
        line.append(" / ").append(value_line("", usual, 0, "").view());
        body[channel] = line;
    }
    body[kGasChannels] = Line(view.is_gas_warm ? "now / usual" : "warming up");
    return body;
}

Body smoke_and_voc(const PanelView& view) {
    const Believed& now = view.grader->believed();
    return {value_line("Smoke ", now.smoke_ir, 0, ""), value_line("Chip  ", now.smoke_chip_c, 2, " C"),
            value_line("VOC   ", now.voc_index, 0, ""), value_line("raw   ", now.voc_raw, 0, ""), Line()};
}

Body network(const PanelView& view) {
    const char* ordered = view.override_level ? protocol::key_of(*view.override_level) : "none";
    return {text_line("Id ", view.id), Line(view.is_connected ? "Broker connected" : "Broker away"),
            Line(view.utc_s ? "Clock set" : "Clock unsynced"), count_line("Kept ", view.kept),
            text_line("Order ", ordered)};
}

Body system_and_faults(const PanelView& view) {
    return {text_line("Version ", view.firmware), count_line("Up s ", view.uptime_s),
            text_line("Reset ", view.reset_reason), count_line("Dropped ", view.dropped),
            count_line("Fault ", view.fault)};
}

}  // namespace

void Pager::turn(Millis now_ms) {
    page_ = (page(now_ms) + 1) % kPages;
    turned_ms_ = now_ms;
}

std::size_t Pager::page(Millis now_ms) {
    if (page_ != 0 && now_ms - turned_ms_ >= kPageReturnMs) {
        page_ = 0;
    }
    return page_;
}

void draw_page(std::size_t page, const PanelView& view, PanelLines& into) {
    constexpr std::array<Body (*)(const PanelView&), kPages> kBodies{temperatures, gases, smoke_and_voc, network,
                                                                     system_and_faults};
    const Body body = kBodies[page](view);
    for (std::size_t index = 0; index < kScreenLines; ++index) {
        const Line line = index == 0 ? head(view) : body[index - 1];
        into[index].fill('\0');
        std::copy(line.view().begin(), line.view().end(), into[index].begin());
    }
}

}  // namespace btr::battery
