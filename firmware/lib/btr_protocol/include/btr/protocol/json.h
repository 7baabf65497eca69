#pragma once
// JSON from the network, read with cJSON out of one fixed arena: the size of a message bounds what it costs.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

struct cJSON;

namespace btr::protocol {

constexpr std::size_t kMostJsonBytes = 4096;  // F17
constexpr int kMostJsonDepth = 8;             // F17
constexpr std::size_t kMostJsonValues = 256;  // objects, arrays and their members, all counted

// A value of a living document, or none: then it has no member, no element and no content, so that a path can be
// followed without asking at each step. Each reading gives nothing when the value is of another type.
class JsonValue {
public:
    class Iterator;

    JsonValue() = default;
    explicit JsonValue(const cJSON* node) : node_(node) {}

    bool is_present() const { return node_ != nullptr; }  // null is present
    bool is_null() const;
    bool is_object() const;
    bool is_array() const;

    JsonValue member(std::string_view key) const;  // of an object
    JsonValue at(std::size_t index) const;         // of an array
    std::size_t size() const;                      // members or elements; 0 otherwise
    Iterator begin() const;                        // over members or elements
    Iterator end() const;
    std::string_view key() const;  // as a member of an object; empty otherwise

    std::optional<double> number() const;         // finite
    std::optional<std::int64_t> integer() const;  // whole and exact in a double (up to 2^53)
    std::optional<bool> boolean() const;
    std::optional<std::string_view> text() const;  // ended by 0; holds no other 0

private:
    const cJSON* node_ = nullptr;
};

class JsonValue::Iterator {
public:
    explicit Iterator(const cJSON* node) : node_(node) {}
    JsonValue operator*() const { return JsonValue(node_); }
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return node_ != other.node_; }

private:
    const cJSON* node_;
};

enum class JsonProblem : std::uint8_t {
    none,
    too_long,       // more than kMostJsonBytes
    too_deep,       // more than kMostJsonDepth
    too_many,       // more than kMostJsonValues, or no room for their texts
    not_json,       // anything else that is no single JSON text in UTF-8, a 0 in a text included
    duplicate_key,  // twice the same key in an object: which one was meant is unknown
    busy,           // another document is alive
};
const char* key_of(JsonProblem problem);

// Copies what it needs of the bytes. One at a time: a second one is refused as busy until the first is gone.
// For one task only, as cJSON's allocator is one for the whole program.
class JsonDocument {
public:
    JsonDocument(const void* bytes, std::size_t length);
    ~JsonDocument();
    JsonDocument(const JsonDocument&) = delete;
    JsonDocument& operator=(const JsonDocument&) = delete;

    JsonProblem problem() const { return problem_; }
    JsonValue root() const { return JsonValue(root_); }  // none when there is a problem

private:
    const cJSON* root_ = nullptr;
    JsonProblem problem_ = JsonProblem::none;
};

}  // namespace btr::protocol
