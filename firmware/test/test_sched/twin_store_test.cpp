#include "btr/sched/twin_store.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "btr/sched/crc32.h"
#include "cut_store.h"

using namespace btr;
using namespace btr::sched;
using btr::test::CutStore;

namespace {

constexpr std::size_t kCapacity = 64;
constexpr std::size_t kHead = 12;

struct Content {
    TwinState state;
    std::string text;
};

Content read(CutStore& store) {
    TwinStore<kCapacity> twins(store, "settings");
    std::array<std::uint8_t, kCapacity> bytes{};
    const TwinRead result = twins.read(bytes.data(), bytes.size());
    return {result.state, std::string(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(result.length))};
}

bool write(CutStore& store, const std::string& text) {
    TwinStore<kCapacity> twins(store, "settings");
    return twins.write(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace

TEST_CASE("the checksum is the usual one") {
    const std::string text = "123456789";  // the check value of the CRC catalogue
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    CHECK(crc32(bytes, 9) == 0xCBF43926U);
    CHECK(crc32(bytes + 4, 5, crc32(bytes, 4)) == 0xCBF43926U);
    CHECK(crc32(bytes, 0) == 0);
}

TEST_CASE("F15 a record is stored twice") {
    CutStore store;
    CHECK(read(store).state == TwinState::absent);
    CHECK(write(store, "first"));
    CHECK(store.records.size() == 2);
    CHECK(store.records["settingsa"] == store.records["settingsb"]);
    CHECK(read(store).state == TwinState::good);
    CHECK(read(store).text == "first");
    CHECK(write(store, ""));
    CHECK(read(store).state == TwinState::good);
    CHECK(read(store).text.empty());
}

TEST_CASE("F15 either copy may be lost, flipped in any bit, or be of another length") {
    CutStore store;
    REQUIRE(write(store, "the settings"));
    for (const char* name : {"settingsa", "settingsb"}) {
        const std::vector<std::uint8_t> whole = store.records[name];
        const auto check = [&](std::vector<std::uint8_t> spoilt) {
            store.records[name] = std::move(spoilt);
            const Content content = read(store);
            REQUIRE(content.state == TwinState::one_left);
            REQUIRE(content.text == "the settings");
        };
        for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
            std::vector<std::uint8_t> spoilt = whole;
            spoilt[bit / 8] = static_cast<std::uint8_t>(spoilt[bit / 8] ^ (1U << (bit % 8)));
            check(spoilt);
        }
        for (std::size_t length = 0; length < whole.size(); ++length) {
            check({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
        }
        std::vector<std::uint8_t> longer = whole;
        longer.push_back(0);
        check(longer);
        store.records[name] = whole;
    }
    store.records["settingsa"][0] ^= 1U;
    store.records["settingsb"][0] ^= 1U;
    CHECK(read(store).state == TwinState::bad);
    CHECK(read(store).text.empty());
    CHECK(write(store, "repaired"));
    CHECK(read(store).state == TwinState::good);
}

TEST_CASE("F15 the power may be cut at any byte of any write") {
    // from each state that a cut can leave behind: whole, first copy older, second copy older, one spoilt
    std::mt19937 random(15);
    for (int round = 0; round < 300; ++round) {
        CutStore store;
        std::string kept;
        bool is_first = true;
        for (int step = 0; step < 12; ++step) {
            const std::string next(random() % 20, static_cast<char>('a' + step));
            store.bytes_left = random() % (2 * (kHead + next.size()) + 4);
            const bool is_written = write(store, next);
            store.power_on();
            const Content content = read(store);
            CAPTURE(round);
            CAPTURE(step);
            if (is_written) {
                kept = next;  // said to be stored: it is
                is_first = false;
            }
            if (content.text == next && content.state != TwinState::absent && content.state != TwinState::bad) {
                kept = next;  // stored before the cut, though nobody could say so
                is_first = false;
            }
            if (!is_first) {
                REQUIRE((content.state == TwinState::good || content.state == TwinState::one_left));
                REQUIRE(content.text == kept);
            }
        }
    }
}

TEST_CASE("F15 a cut at each byte leaves the old or the new, and the next write heals it") {
    const std::string before = "before";
    const std::string after = "after that";
    const std::size_t record = kHead + after.size();
    for (std::size_t cut = 0; cut <= 2 * record; ++cut) {
        CutStore store;
        REQUIRE(write(store, before));
        store.bytes_left = cut;
        write(store, after);
        store.power_on();
        CAPTURE(cut);
        REQUIRE(read(store).text == (cut < record ? before : after));
        REQUIRE(write(store, "healed"));
        REQUIRE(read(store).state == TwinState::good);
    }
}

TEST_CASE("a store that takes nothing is told, and what was there stays") {
    CutStore store;
    REQUIRE(write(store, "kept"));
    store.takes_nothing = true;
    CHECK_FALSE(write(store, "lost"));
    CHECK(read(store).text == "kept");
}

TEST_CASE("what is longer than the room is refused") {
    CutStore store;
    CHECK_FALSE(write(store, std::string(kCapacity + 1, 'x')));
    CHECK(store.writes == 0);
    REQUIRE(write(store, std::string(kCapacity, 'x')));
    TwinStore<kCapacity> twins(store, "settings");
    std::array<std::uint8_t, 8> small{};
    CHECK(twins.read(small.data(), small.size()).state == TwinState::bad);
}

TEST_CASE("the newest copy wins across the wrap of the sequence number") {
    CutStore store;
    REQUIRE(write(store, "old"));
    // both copies at the last number, with their checksums
    for (const char* name : {"settingsa", "settingsb"}) {
        std::vector<std::uint8_t>& bytes = store.records[name];
        std::fill(bytes.begin() + 4, bytes.begin() + 8, std::uint8_t{0xFF});
        const std::uint32_t crc = crc32(bytes.data() + 4, bytes.size() - 4);
        for (std::size_t i = 0; i < 4; ++i) {
            bytes[i] = static_cast<std::uint8_t>(crc >> (8 * i));
        }
    }
    store.bytes_left = kHead + 3;  // the first copy only
    write(store, "new");
    store.power_on();
    CHECK(read(store).state == TwinState::one_left);
    CHECK(read(store).text == "new");
}

TEST_CASE("names of the two copies fit the store") {
    CutStore store;
    TwinStore<4> twins(store, "fourteen_chars_and_more");
    const std::uint8_t byte = 7;
    CHECK(twins.write(&byte, 1));
    CHECK(store.records.count("fourteen_charsa") == 1);
}
