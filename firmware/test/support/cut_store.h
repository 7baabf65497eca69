#pragma once
// A store in memory of which the power can be cut during any write, after any byte.
#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "btr/hal/hal.h"

namespace btr::test {

class CutStore final : public Store {
public:
    std::map<std::string, std::vector<std::uint8_t>> records;
    // Bytes that can still be written before the power is cut; the record then has the new start and the old end.
    std::optional<std::size_t> bytes_left;
    bool is_off = false;
    bool takes_nothing = false;
    int writes = 0;

    std::size_t read(const char* name, std::uint8_t* into, std::size_t capacity) override {
        const auto found = records.find(name);
        if (is_off || found == records.end() || found->second.size() > capacity) {
            return 0;
        }
        std::copy(found->second.begin(), found->second.end(), into);
        return found->second.size();
    }

    bool write(const char* name, const std::uint8_t* bytes, std::size_t length) override {
        if (is_off || takes_nothing || std::strlen(name) > 15) {
            return false;
        }
        ++writes;
        std::vector<std::uint8_t> record(bytes, bytes + length);
        if (bytes_left && *bytes_left < length) {
            record = records[name];
            record.resize(std::max(record.size(), *bytes_left));
            std::copy(bytes, bytes + *bytes_left, record.begin());
            is_off = true;
        } else if (bytes_left) {
            *bytes_left -= length;
        }
        records[name] = record;
        return !is_off;
    }

    void power_on() {
        is_off = false;
        bytes_left.reset();
    }
};

}  // namespace btr::test
