#include "btr/protocol/post.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <string_view>

using namespace btr::protocol;

namespace {

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }

}  // namespace

TEST_CASE("a message goes through a queue as it was") {
    PostBuffer buffer;
    buffer.fill(0xEE);
    const std::string payload = std::string("{\"a\":1}\0b", 9);
    const std::size_t length = pack_post({"btr/node/sensor and more", bytes_of(payload), payload.size(), 1, true},
                                         std::strlen("btr/node/sensor"), buffer);
    CHECK(length == 6 + 15 + 1 + 9 + 1);
    const Post post = unpack_post(buffer);
    CHECK(std::string_view(post.topic) == "btr/node/sensor");
    CHECK(std::memcmp(post.payload, payload.data(), payload.size()) == 0);
    CHECK(post.payload[post.length] == 0);
    CHECK(post.length == 9);
    CHECK(post.qos == 1);
    CHECK(post.is_retained);
}

TEST_CASE("an empty payload is one, too") {
    PostBuffer buffer;
    CHECK(pack_post({}, 0, buffer) == 8);
    CHECK(unpack_post(buffer).length == 0);
    CHECK(std::string_view(unpack_post(buffer).topic).empty());
    CHECK_FALSE(unpack_post(buffer).is_retained);
}

TEST_CASE("H15 what is too long for the queue is refused, the longest fits") {
    PostBuffer buffer;
    const std::string large(70000, 'x');
    CHECK(pack_post({"t", bytes_of(large), kMostPostPayloadBytes + 1, 0, false}, 1, buffer) == 0);
    CHECK(pack_post({"t", bytes_of(large), large.size(), 0, false}, 1, buffer) == 0);
    CHECK(pack_post({large.c_str(), nullptr, 0, 0, false}, kMostPostTopicBytes + 1, buffer) == 0);
    CHECK(pack_post({large.c_str(), bytes_of(large), kMostPostPayloadBytes, 0, false}, kMostPostTopicBytes, buffer) ==
          buffer.size());
    CHECK(unpack_post(buffer).length == kMostPostPayloadBytes);
}
