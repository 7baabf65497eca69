#pragma once
#include <Preferences.h>

#include "btr/hal/hal.h"

namespace btr::esp32 {

// Records in the NVS partition "btr" of partitions.csv. Arduino erases the default partition when it cannot read it;
// this one nobody does: what is unreadable stays unreadable, and counts as an emergency stop that was engaged.
class NvsStore final : public Store {
public:
    NvsStore();
    std::size_t read(const char* name, std::uint8_t* into, std::size_t capacity) override;
    bool write(const char* name, const std::uint8_t* bytes, std::size_t length) override;

private:
    Preferences records_;
};

}  // namespace btr::esp32
