#pragma once
// A message as one run of bytes, for a queue between two tasks.
#include <array>
#include <cstddef>
#include <cstdint>

namespace btr::protocol {

constexpr std::size_t kMostPostTopicBytes = 128;
constexpr std::size_t kMostPostPayloadBytes = 4096;

struct Post {
    const char* topic = "";  // ended by 0
    const std::uint8_t* payload = nullptr;
    std::size_t length = 0;
    int qos = 0;
    bool is_retained = false;
};

using PostBuffer = std::array<std::uint8_t, 6 + kMostPostTopicBytes + kMostPostPayloadBytes + 2>;

// Length in the buffer; 0 when topic or payload is too long. `topic` need not end with 0.
std::size_t pack_post(const Post& post, std::size_t topic_length, PostBuffer& into);
// What pack_post() made of it, with topic and payload each ended by 0; it points into the buffer.
Post unpack_post(const PostBuffer& from);

}  // namespace btr::protocol
