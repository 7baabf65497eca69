#include "btr/host/file_store.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>

namespace btr::host {

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

bool write_file(const std::string& path, const std::uint8_t* bytes, std::size_t length) {
    std::FILE* file = std::fopen(path.c_str(), "wb");
    if (file == nullptr) return false;
    const bool is_written = std::fwrite(bytes, 1, length, file) == length;
    return std::fclose(file) == 0 && is_written;
}

}  // namespace

bool FileStore::is_empty() const {
    std::error_code problem;
    return folder_.empty() ? in_memory_.empty() : std::filesystem::is_empty(folder_, problem);
}

std::size_t FileStore::read(const char* name, std::uint8_t* into, std::size_t capacity) {
    if (folder_.empty()) {
        const auto record = in_memory_.find(name);
        if (record == in_memory_.end() || record->second.size() > capacity) return 0;
        std::copy(record->second.begin(), record->second.end(), into);
        return record->second.size();
    }
    const File file(std::fopen(path_of(name).c_str(), "rb"), std::fclose);
    if (!file) return 0;
    const std::size_t length = std::fread(into, 1, capacity, file.get());
    const bool is_longer = std::fgetc(file.get()) != EOF;
    return is_longer || std::ferror(file.get()) != 0 ? 0 : length;
}

bool FileStore::write(const char* name, const std::uint8_t* bytes, std::size_t length) {
    if (is_failing_) return false;
    if (folder_.empty()) {
        in_memory_[name].assign(bytes, bytes + length);
        return true;
    }
    const std::string path = path_of(name);
    const std::string fresh = path + ".new";
    return write_file(fresh, bytes, length) && std::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace btr::host
