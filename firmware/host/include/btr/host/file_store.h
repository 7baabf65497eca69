#pragma once
#include <map>
#include <string>
#include <vector>

#include "btr/hal/hal.h"

namespace btr::host {

// Records as files of one folder, which must exist; without a folder, in memory, where they survive the resets of the
// device but not the program. A new record replaces the old one as a whole. Files are not forced to the disk: they
// survive any end of the program, but no power cut of this machine.
class FileStore : public Store {
public:
    explicit FileStore(std::string folder) : folder_(std::move(folder)) {}

    std::size_t read(const char* name, std::uint8_t* into, std::size_t capacity) override;
    bool write(const char* name, const std::uint8_t* bytes, std::size_t length) override;
    // Whether no record was ever written.
    bool is_empty() const;
    // A full or broken memory: nothing is written any more, what is there can be read.
    void set_failing(bool is_failing) { is_failing_ = is_failing; }

private:
    std::string path_of(const char* name) const { return folder_ + "/" + name; }

    std::string folder_;
    std::map<std::string, std::vector<std::uint8_t>> in_memory_;
    bool is_failing_ = false;
};

}  // namespace btr::host
