#pragma once
// The serial console: lines in, answers out. Secrets go in and never come out, not even in an error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "btr/protocol/provisioning.h"
#include "btr/protocol/text.h"

namespace btr::protocol {

// What the program has to do after a line, since it owns the store and the chip.
enum class ConsoleRequest : std::uint8_t { none, save, commission, restart };

class Console {
public:
    static constexpr std::size_t kMostLineBytes = 160;
    static constexpr std::size_t kMostAnswerBytes = 3072;

    explicit Console(Provisioning& provisioning) : provisioning_(provisioning) {}

    // One character from the serial port. When it ends a line, the answer is in `answer()`, else that is empty.
    ConsoleRequest feed(char character);
    std::string_view answer() const { return answer_.view(); }
    // How a request to save or to commission ended; the answer says so.
    void saved(bool is_stored);

private:
    ConsoleRequest execute(std::string_view line);
    void set(std::string_view rest);
    void show();
    void add_certificate_line(std::string_view line);
    void accept(std::string_view key);

    Provisioning& provisioning_;
    FixedText<kMostLineBytes> line_;
    FixedText<kMostAnswerBytes> answer_;
    FixedText<kMostCertificateBytes> pem_;
    bool is_pasting_ = false;  // between BEGIN and END of a certificate
    bool is_changed_ = false;  // since the last save
};

}  // namespace btr::protocol
