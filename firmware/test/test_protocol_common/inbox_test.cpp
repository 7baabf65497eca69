#include "btr/protocol/inbox.h"

#include <doctest/doctest.h>

using namespace btr;
using namespace btr::protocol;

TEST_CASE("F17 a payload of more than 4 KiB is dropped and counted") {
    Inbox inbox;
    CHECK_FALSE(inbox.judge(0, 4096, false));
    CHECK(inbox.judge(0, 4097, false) == Drop::too_long);
    CHECK(inbox.count_of(Drop::too_long) == 1);
    CHECK(inbox.total() == 1);
}

TEST_CASE("F17 more than 5 messages a second are dropped and counted") {
    Inbox inbox;
    for (int i = 0; i < 5; ++i) {
        CHECK_FALSE(inbox.judge(1000, 10, false));
    }
    CHECK(inbox.judge(1000, 10, false) == Drop::too_often);
    CHECK(inbox.judge(1199, 10, false) == Drop::too_often);
    CHECK_FALSE(inbox.judge(1200, 10, false));
    CHECK(inbox.judge(1201, 10, false) == Drop::too_often);
    CHECK(inbox.count_of(Drop::too_often) == 3);

    SUBCASE("a flood of an hour lets 5 a second through, no more") {
        int let_through = 0;
        for (Millis now_ms = 2000; now_ms < 2000 + kHour; now_ms += 10) {
            let_through += !inbox.judge(now_ms, 10, false);
        }
        CHECK(let_through >= 5 * 3600);
        CHECK(let_through <= 5 * 3600 + 5);
    }
    SUBCASE("a quiet night saves up one second, no more") {
        int let_through = 0;
        for (int i = 0; i < 100; ++i) {
            let_through += !inbox.judge(10 * kHour, 10, false);
        }
        CHECK(let_through == 5);
    }
    SUBCASE("a long or retained message costs as much as another") {
        CHECK(inbox.judge(10000, 5000, false) == Drop::too_long);
        CHECK(inbox.judge(10000, 10, true) == Drop::retained);
        int let_through = 0;
        for (int i = 0; i < 10; ++i) {
            let_through += !inbox.judge(10000, 10, false);
        }
        CHECK(let_through == 3);
    }
}

TEST_CASE("a retained command is dropped and counted, as nobody knows from when it is") {
    Inbox inbox;
    CHECK(inbox.judge(0, 10, true) == Drop::retained);
    CHECK(inbox.count_of(Drop::retained) == 1);
}

TEST_CASE("what the reader finds is counted too") {
    Inbox inbox;
    inbox.count(Drop::not_readable);
    inbox.count(Drop::not_readable);
    inbox.count(Drop::too_many_commands);
    CHECK(inbox.count_of(Drop::not_readable) == 2);
    CHECK(inbox.total() == 3);
}
