#pragma once
// Numbers to and from the bytes of a stored record: little-endian, whatever the machine.
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace btr::control {

class RecordWriter {
public:
    // The caller knows that everything fits: the records have fixed longest lengths.
    explicit RecordWriter(std::uint8_t* into) : at_(into), start_(into) {}

    void byte(std::uint8_t value) { *at_++ = value; }
    void word(std::uint32_t value) {
        for (int shift = 0; shift < 32; shift += 8) {
            byte(static_cast<std::uint8_t>(value >> shift));
        }
    }
    void real(float value) {
        std::uint32_t bits;
        static_assert(sizeof(bits) == sizeof(value));
        std::memcpy(&bits, &value, sizeof(bits));
        word(bits);
    }
    void bytes(const void* from, std::size_t length) {
        std::memcpy(at_, from, length);
        at_ += length;
    }
    std::size_t length() const { return static_cast<std::size_t>(at_ - start_); }

private:
    std::uint8_t* at_;
    const std::uint8_t* start_;
};

// Reading past the end gives zeros and is told by is_whole().
class RecordReader {
public:
    RecordReader(const std::uint8_t* from, std::size_t length) : at_(from), left_(length) {}

    std::uint8_t byte() {
        const std::uint8_t* from = take(1);
        return from ? *from : std::uint8_t{0};
    }
    std::uint32_t word() {
        std::uint32_t value = 0;
        for (int shift = 0; shift < 32; shift += 8) {
            value |= std::uint32_t{byte()} << shift;
        }
        return value;
    }
    float real() {
        const std::uint32_t bits = word();
        float value;
        std::memcpy(&value, &bits, sizeof(value));
        return value;
    }
    // Null when there are not that many.
    const std::uint8_t* take(std::size_t length) {
        if (length > left_) {
            is_short_ = true;
            left_ = 0;
            return nullptr;
        }
        const std::uint8_t* from = at_;
        at_ += length;
        left_ -= length;
        return from;
    }
    bool is_whole() const { return !is_short_; }  // nothing was missing
    bool is_at_end() const { return left_ == 0; }

private:
    const std::uint8_t* at_;
    std::size_t left_;
    bool is_short_ = false;
};

}  // namespace btr::control
