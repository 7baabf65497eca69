#include "btr/esp32/nvs_store.h"

namespace btr::esp32 {

NvsStore::NvsStore() { records_.begin("btr", false, "btr"); }

std::size_t NvsStore::read(const char* name, std::uint8_t* into, std::size_t capacity) {
    if (!records_.isKey(name)) {
        return 0;
    }
    const std::size_t length = records_.getBytesLength(name);
    return length > 0 && length <= capacity ? records_.getBytes(name, into, length) : 0;
}

bool NvsStore::write(const char* name, const std::uint8_t* bytes, std::size_t length) {
    return records_.putBytes(name, bytes, length) == length;
}

}  // namespace btr::esp32
