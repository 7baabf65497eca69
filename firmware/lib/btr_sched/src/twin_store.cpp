#include "btr/sched/twin_store.h"

#include <cstring>

#include "btr/sched/crc32.h"

namespace btr::sched {
namespace {

// A record: checksum of all after it, sequence, length, content. Numbers have their lowest byte first.
constexpr std::size_t kSequenceAt = 4;
constexpr std::size_t kLengthAt = 8;

void put(std::uint32_t value, std::uint8_t* at) {
    for (int i = 0; i < 4; ++i) {
        at[i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
}

std::uint32_t get(const std::uint8_t* at) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) {
        value |= static_cast<std::uint32_t>(at[i]) << (8 * i);
    }
    return value;
}

// Right across the wrap: the copies are never far apart.
bool is_newer(std::uint32_t left, std::uint32_t right) { return static_cast<std::int32_t>(left - right) > 0; }

}  // namespace

TwinStoreBase::TwinStoreBase(Store& store, const char* name, std::uint8_t* record, std::size_t capacity)
    : store_(store), record_(record), capacity_(capacity) {
    const std::size_t length = strnlen(name, kMostName);
    for (std::size_t which = 0; which < names_.size(); ++which) {
        std::memcpy(names_[which].data(), name, length);
        names_[which][length] = which == 0 ? 'a' : 'b';
    }
}

TwinStoreBase::Copy TwinStoreBase::load(std::size_t which) {
    const std::size_t size = store_.read(names_[which].data(), record_, capacity_);
    Copy copy;
    copy.is_present = size > 0;
    if (size < kHeadBytes || size > capacity_ || get(record_ + kLengthAt) != size - kHeadBytes ||
        get(record_) != crc32(record_ + kSequenceAt, size - kSequenceAt)) {
        return copy;
    }
    copy.is_whole = true;
    copy.crc = get(record_);
    copy.sequence = get(record_ + kSequenceAt);
    copy.length = size - kHeadBytes;
    return copy;
}

TwinStoreBase::Both TwinStoreBase::load_both() {
    Both both;
    both.copies = {load(0), load(1)};
    const Copy& first = both.copies[0];
    const Copy& second = both.copies[1];
    both.newest = second.is_whole && (!first.is_whole || is_newer(second.sequence, first.sequence)) ? 1 : 0;
    return both;
}

TwinRead TwinStoreBase::read(std::uint8_t* into, std::size_t capacity) {
    const Both both = load_both();
    if (!both.copies[0].is_present && !both.copies[1].is_present) {
        return {TwinState::absent, 0};
    }
    // again: record_ has the other one
    const Copy newest = load(both.newest);
    if (!newest.is_whole || newest.length > capacity) {
        return {TwinState::bad, 0};
    }
    if (newest.length > 0) {
        std::memcpy(into, record_ + kHeadBytes, newest.length);
    }
    const Copy& other = both.copies[1 - both.newest];
    const bool is_same = other.is_whole && other.crc == newest.crc && other.length == newest.length;
    return {is_same ? TwinState::good : TwinState::one_left, newest.length};
}

bool TwinStoreBase::write(const std::uint8_t* bytes, std::size_t length) {
    if (length + kHeadBytes > capacity_) {
        return false;
    }
    const Both both = load_both();
    const std::uint32_t sequence = both.copies[both.newest].sequence + 1;
    if (!store(1 - both.newest, sequence, bytes, length)) {
        return false;
    }
    store(both.newest, sequence, bytes, length);
    return true;
}

bool TwinStoreBase::store(std::size_t which, std::uint32_t sequence, const std::uint8_t* bytes, std::size_t length) {
    put(sequence, record_ + kSequenceAt);
    put(static_cast<std::uint32_t>(length), record_ + kLengthAt);
    if (length > 0) {
        std::memcpy(record_ + kHeadBytes, bytes, length);
    }
    const std::uint32_t crc = crc32(record_ + kSequenceAt, kHeadBytes - kSequenceAt + length);
    put(crc, record_);
    // What counts is what a reset would find, whatever the store says.
    store_.write(names_[which].data(), record_, length + kHeadBytes);
    const Copy stored = load(which);
    return stored.is_whole && stored.crc == crc && stored.sequence == sequence && stored.length == length;
}

}  // namespace btr::sched
