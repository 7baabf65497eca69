#include "btr/host/report.h"

#include <cstdio>

namespace btr::host {

Report::Report(std::string_view event) : json_(line_) { json_.begin_object().key("event").text(event); }

Report::~Report() {
    json_.end_object();
    if (!json_.is_complete()) return;
    std::printf("%s\n", line_.c_str());
    std::fflush(stdout);
}

Report& Report::text(std::string_view key, std::string_view value) {
    // what others wrote can be long, and every byte can become six
    json_.key(key).text(value.substr(0, 120));
    return *this;
}

Report& Report::number(std::string_view key, double value, int decimals) {
    json_.key(key).number(value, decimals);
    return *this;
}

Report& Report::integer(std::string_view key, std::int64_t value) {
    json_.key(key).integer(value);
    return *this;
}

Report& Report::boolean(std::string_view key, bool value) {
    json_.key(key).boolean(value);
    return *this;
}

}  // namespace btr::host
