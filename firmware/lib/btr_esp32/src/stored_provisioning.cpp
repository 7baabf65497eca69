#include "btr/esp32/stored_provisioning.h"

namespace btr::esp32 {
namespace {

constexpr std::string_view kNone = "\n";

std::string_view content(sched::TwinStoreBase& record, char* into, std::size_t capacity) {
    const auto read = record.read(reinterpret_cast<std::uint8_t*>(into), capacity);
    const std::string_view text(into, read.length);
    return text == kNone ? std::string_view() : text;
}

bool write(sched::TwinStoreBase& record, std::string_view text) {
    const std::string_view bytes = text.empty() ? kNone : text;
    return record.write(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

void StoredProvisioning::load(protocol::Provisioning& into) {
    into.read(content(items_, text_, sizeof(text_)));
    into.set_certificate(content(certificate_, text_, sizeof(text_)));
}

bool StoredProvisioning::save(const protocol::Provisioning& provisioning) {
    protocol::TextBuffer lines(text_, sizeof(text_));
    return provisioning.write(lines) && write(items_, lines.view()) && write(certificate_, provisioning.certificate());
}

}  // namespace btr::esp32
