#pragma once
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace btr::host {

// What reading a text gave: the value, or in words why there is none.
template <typename T>
struct Parsed {
    std::optional<T> value;
    std::string error;

    static Parsed of(T result) { return {std::move(result), {}}; }
    static Parsed failed(std::string why) { return {std::nullopt, std::move(why)}; }
};

// The whole text as a finite number, written with a point whatever the locale.
inline std::optional<double> parse_number(std::string_view text) {
    double number = 0.0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
    return number;
}

// Cuts the first line off `rest`, without its line feed and a carriage return before it.
inline std::string_view next_line(std::string_view& rest) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
}

}  // namespace btr::host
