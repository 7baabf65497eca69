#pragma once
#include <freertos/FreeRTOS.h>
#include <freertos/message_buffer.h>

#include <cstddef>
#include <cstdint>

namespace btr::esp32 {

// Whole records from one task to one other, in order, in fixed memory; nobody ever waits.
template <std::size_t Bytes>
class Mailbox {
public:
    Mailbox() : buffer_(xMessageBufferCreateStatic(Bytes, storage_, &control_)) {}

    // False: no room now.
    bool put(const void* record, std::size_t length) {
        return xMessageBufferSend(buffer_, record, length, 0) == length;
    }
    // Length of the record; 0 when there is none. `capacity`: at least the longest record.
    std::size_t take(void* into, std::size_t capacity) { return xMessageBufferReceive(buffer_, into, capacity, 0); }

private:
    std::uint8_t storage_[Bytes]{};
    StaticMessageBuffer_t control_{};
    MessageBufferHandle_t buffer_;
};

}  // namespace btr::esp32
