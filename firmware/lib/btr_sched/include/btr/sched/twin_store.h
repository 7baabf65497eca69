#pragma once
// A record that a power cut cannot take: two copies, each with its length, a sequence number and a checksum (F15).
//
// A write replaces first the copy that would be missed less, and the other one when the first can be read back. So at
// every moment one copy is whole, old or new, and after a write both are new: a copy lost later loses nothing.
#include <array>
#include <cstddef>
#include <cstdint>

#include "btr/hal/hal.h"

namespace btr::sched {

enum class TwinState : std::uint8_t {
    absent,    // nothing was ever written
    good,      // both copies are whole and the same
    one_left,  // a copy is bad, missing or older; the content is the newest whole one
    bad,       // there is something, but no whole copy, or one longer than asked for
};

struct TwinRead {
    TwinState state = TwinState::absent;
    std::size_t length = 0;  // of the content; 0 unless good or one_left
};

class TwinStoreBase {
public:
    // Copies the content into `into`, at most `capacity` bytes.
    TwinRead read(std::uint8_t* into, std::size_t capacity);
    // Returns whether a read after a reset would give exactly this. When not, it would give what was there before.
    bool write(const std::uint8_t* bytes, std::size_t length);

protected:
    static constexpr std::size_t kHeadBytes = 12;
    static constexpr std::size_t kMostName = 14;  // the 15 of the store, less the letter of the copy
    // `record`: room for the content and kHeadBytes.
    TwinStoreBase(Store& store, const char* name, std::uint8_t* record, std::size_t capacity);

private:
    struct Copy {
        bool is_present = false;
        bool is_whole = false;
        std::uint32_t sequence = 0;
        std::uint32_t crc = 0;
        std::size_t length = 0;
    };
    struct Both {
        std::array<Copy, 2> copies;
        std::size_t newest = 0;  // of the whole ones
    };

    Copy load(std::size_t which);  // leaves the copy in record_
    Both load_both();
    bool store(std::size_t which, std::uint32_t sequence, const std::uint8_t* bytes, std::size_t length);

    Store& store_;
    std::uint8_t* record_;
    std::size_t capacity_;
    std::array<std::array<char, kMostName + 2>, 2> names_{};
};

// For contents of at most N bytes. The name has at most 14 characters; the copies are name + "a" and name + "b".
template <std::size_t N>
class TwinStore : public TwinStoreBase {
public:
    TwinStore(Store& store, const char* name) : TwinStoreBase(store, name, record_, sizeof(record_)) {}

private:
    std::uint8_t record_[N + kHeadBytes] = {};
};

}  // namespace btr::sched
