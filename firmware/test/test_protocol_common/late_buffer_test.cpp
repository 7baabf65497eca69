#include "btr/protocol/late_buffer.h"

#include <doctest/doctest.h>

using namespace btr;
using btr::protocol::LateBuffer;

TEST_CASE("F20 5 minutes at 2 Hz survive an outage and are sent in their order, at a bounded rate") {
    LateBuffer<int, 600, 200> buffer;
    Millis now_ms = 0;
    for (int i = 0; i < 600; ++i) {
        buffer.push(i);
    }
    CHECK(buffer.dropped() == 0);
    int next = 0;
    for (; buffer.size() > 0; now_ms += 50) {
        if (const int* late = buffer.due(now_ms)) {
            REQUIRE(*late == next++);
            buffer.sent(now_ms);
        }
    }
    CHECK(next == 600);
    CHECK(now_ms >= 599 * 200);
    CHECK(now_ms <= 600 * 200);
}

TEST_CASE("F20 what does not fit is the oldest, and counted") {
    LateBuffer<int, 3, 100> buffer;
    for (int i = 0; i < 8; ++i) {
        buffer.push(i);
    }
    CHECK(buffer.size() == 3);
    CHECK(buffer.dropped() == 5);
    CHECK(*buffer.due(0) == 5);
    buffer.sent(0);
    buffer.push(8);
    CHECK(*buffer.due(100) == 6);
}

TEST_CASE("an entry that could not be sent stays") {
    LateBuffer<int, 3, 100> buffer;
    CHECK(buffer.due(0) == nullptr);
    buffer.sent(0);  // of nothing
    CHECK(buffer.size() == 0);
    buffer.push(1);
    CHECK(*buffer.due(0) == 1);
    CHECK(*buffer.due(0) == 1);
    buffer.sent(0);
    buffer.push(2);
    CHECK(buffer.due(99) == nullptr);
    CHECK(*buffer.due(100) == 2);
}
