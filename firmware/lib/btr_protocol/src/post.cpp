#include "btr/protocol/post.h"

#include <cstring>

namespace btr::protocol {
namespace {

struct Head {
    std::uint16_t topic_length;
    std::uint16_t payload_length;
    std::uint8_t qos;
    std::uint8_t is_retained;
};
static_assert(sizeof(Head) == 6);

std::uint8_t* append(std::uint8_t* at, const void* bytes, std::size_t length) {
    if (length > 0) {
        std::memcpy(at, bytes, length);
    }
    return at + length;
}

}  // namespace

std::size_t pack_post(const Post& post, std::size_t topic_length, PostBuffer& into) {
    if (topic_length > kMostPostTopicBytes || post.length > kMostPostPayloadBytes) {
        return 0;
    }
    const Head head{static_cast<std::uint16_t>(topic_length), static_cast<std::uint16_t>(post.length),
                    static_cast<std::uint8_t>(post.qos), static_cast<std::uint8_t>(post.is_retained)};
    std::uint8_t* at = append(into.data(), &head, sizeof(head));
    at = append(at, post.topic, topic_length);
    *at++ = 0;
    at = append(at, post.payload, post.length);
    *at++ = 0;
    return static_cast<std::size_t>(at - into.data());
}

Post unpack_post(const PostBuffer& from) {
    Head head;
    std::memcpy(&head, from.data(), sizeof(head));
    const std::uint8_t* topic = from.data() + sizeof(head);
    return {reinterpret_cast<const char*>(topic), topic + head.topic_length + 1, head.payload_length, head.qos,
            head.is_retained != 0};
}

}  // namespace btr::protocol
