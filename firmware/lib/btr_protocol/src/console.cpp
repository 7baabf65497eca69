#include "btr/protocol/console.h"

#include <algorithm>

namespace btr::protocol {
namespace {

constexpr std::string_view kCertificate = "mqtt.ca";
constexpr std::string_view kHelp =
    "set KEY VALUE    change an item; spaces in the value count\n"
    "set KEY          clear an item\n"
    "set mqtt.ca      then paste the certificate (PEM); an empty line clears it\n"
    "show             all items, secrets hidden\n"
    "save             keep the changes\n"
    "commission       bath only: standard settings, emergency stop released; on the spot and nowhere else\n"
    "reset            restart, changes that are not saved are lost\n"
    "ok\n";

// The first word, which is taken off together with one space behind it.
std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

}  // namespace

ConsoleRequest Console::feed(char character) {
    answer_.clear();
    if (character == '\r') {
        return ConsoleRequest::none;
    }
    if (character != '\n') {
        line_.append(character);
        return ConsoleRequest::none;
    }
    ConsoleRequest request = ConsoleRequest::none;
    if (line_.overflowed()) {
        is_pasting_ = false;
        answer_.append("error: line too long\n");
    } else if (is_pasting_) {
        add_certificate_line(line_.view());
    } else {
        request = execute(line_.view());
    }
    line_.clear();
    return request;
}

ConsoleRequest Console::execute(std::string_view line) {
    const std::string_view command = take_word(line);
    if (command == "set") {
        set(line);
    } else if (command == "show") {
        show();
    } else if (command == "help" || command == "?") {
        answer_.append(kHelp);
    } else if (command == "save") {
        return ConsoleRequest::save;
    } else if (command == "commission") {
        return ConsoleRequest::commission;
    } else if (command == "reset") {
        answer_.append("ok\n");
        return ConsoleRequest::restart;
    } else if (!command.empty()) {
        // Not repeated: it may be a secret that was pasted into the wrong line.
        answer_.append("error: unknown command, try help\n");
    }
    return ConsoleRequest::none;
}

void Console::saved(bool is_stored) {
    answer_.clear();
    if (!is_stored) {
        answer_.append("error: not stored\n");
        return;
    }
    is_changed_ = false;
    answer_.append(provisioning_.missing().empty() ? "ok, reset to use it\n" : "ok, but missing ");
    if (!provisioning_.missing().empty()) {
        answer_.append(provisioning_.missing()).append('\n');
    }
}

void Console::accept(std::string_view key) {
    is_changed_ = true;
    answer_.append("ok ").append(key).append('\n');
}

void Console::set(std::string_view rest) {
    const std::string_view key = take_word(rest);
    if (key == kCertificate) {
        if (!rest.empty()) {
            answer_.append("error mqtt.ca: paste it in the lines after this one\n");
            return;
        }
        pem_.clear();
        is_pasting_ = true;
        answer_.append("paste the certificate\n");
        return;
    }
    const auto& rows = item_rows();
    const auto row = std::find_if(rows.begin(), rows.end(), [key](const ItemRow& r) { return r.key == key; });
    if (row == rows.end()) {
        answer_.append("error: unknown key, try show\n");
    } else if (provisioning_.set(static_cast<Item>(row - rows.begin()), rest)) {
        accept(row->key);
    } else {
        answer_.append("error ").append(row->key).append(": must be ").append(row->must).append('\n');
    }
}

void Console::add_certificate_line(std::string_view line) {
    const bool is_end = line.empty() || line.substr(0, 8) == "-----END";
    if (!line.empty()) {
        pem_.append(line).append('\n');
    }
    if (!is_end) {
        return;
    }
    is_pasting_ = false;
    const bool is_clear = line.empty() && pem_.is_empty();
    if (!pem_.overflowed() && (is_clear || !line.empty()) && provisioning_.set_certificate(pem_.view())) {
        accept(kCertificate);
    } else {
        answer_.append("error mqtt.ca: must be one certificate in PEM, at most 3072 bytes\n");
    }
}

void Console::show() {
    const auto& rows = item_rows();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::string_view value = provisioning_.text(static_cast<Item>(i));
        const std::string_view shown = rows[i].is_secret ? std::string_view("********") : value;
        answer_.append(rows[i].key).append(' ').append(value.empty() ? "-" : shown).append('\n');
    }
    answer_.append(kCertificate).append(' ');
    if (provisioning_.certificate().empty()) {
        answer_.append("-\n");
    } else {
        answer_.append_integer(static_cast<std::int64_t>(provisioning_.certificate().size())).append(" bytes\n");
    }
    if (!provisioning_.missing().empty()) {
        answer_.append("missing ").append(provisioning_.missing()).append('\n');
    }
    answer_.append(is_changed_ ? "ok, not saved\n" : "ok\n");
}

}  // namespace btr::protocol
