#pragma once
// What happens, as one line of JSON on the standard output: {"event":"status","status":"DANGER"}.
#include <string_view>

#include "btr/protocol/json_writer.h"

namespace btr::host {

//     Report("restart").text("reason", "watchdog");
// The line is printed when the object goes.
class Report {
public:
    explicit Report(std::string_view event);
    ~Report();
    Report(const Report&) = delete;
    Report& operator=(const Report&) = delete;

    Report& text(std::string_view key, std::string_view value);
    Report& number(std::string_view key, double value, int decimals);
    Report& integer(std::string_view key, std::int64_t value);
    Report& boolean(std::string_view key, bool value);

private:
    protocol::FixedText<1024> line_;
    protocol::JsonWriter json_;
};

}  // namespace btr::host
