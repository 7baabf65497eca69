#include "btr/protocol/json.h"

#include <cJSON.h>

#include <array>
#include <cmath>
#include <cstring>

#include "btr/protocol/utf8.h"

namespace btr::protocol {
namespace {

constexpr double kMostExact = 9007199254740992.0;  // 2^53
constexpr std::size_t kAlignment = alignof(std::max_align_t);
// A node, and a key or a text of usual length.
constexpr std::size_t kArenaBytes = kMostJsonValues * (sizeof(cJSON) + 24);

// cJSON's hooks carry no context: the arena has to be known to the whole file.
struct Arena {
    alignas(std::max_align_t) std::array<unsigned char, kArenaBytes> bytes;
    std::size_t used = 0;
    bool is_taken = false;
    bool is_exhausted = false;
};
Arena arena;

void* allocate(std::size_t size) {
    const std::size_t rounded = (size + kAlignment - 1) / kAlignment * kAlignment;
    if (rounded > arena.bytes.size() - arena.used) {
        arena.is_exhausted = true;
        return nullptr;
    }
    void* const start = arena.bytes.data() + arena.used;
    arena.used += rounded;
    return start;
}

// The whole arena is given back with the document.
void keep(void*) {}

// What cJSON lets pass: depth, control characters, a 0 hidden in a text, bytes that are no UTF-8.
JsonProblem scan(std::string_view text) {
    int depth = 0;
    bool in_text = false;
    while (!text.empty()) {
        const char first = text.front();
        std::size_t length = utf8_length(text);
        const bool is_control = static_cast<unsigned char>(first) < 0x20;
        if (length == 0 || first == '\0' || (in_text && is_control)) {
            return JsonProblem::not_json;
        }
        if (in_text && first == '\\') {
            if (text.substr(1, 5) == "u0000") {
                return JsonProblem::not_json;
            }
            length = text.size() > 1 ? 2 : 1;  // an escaped character ends nothing
        } else if (first == '"') {
            in_text = !in_text;
        } else if (!in_text && (first == '{' || first == '[')) {
            if (++depth > kMostJsonDepth) {
                return JsonProblem::too_deep;
            }
        } else if (!in_text && (first == '}' || first == ']')) {
            --depth;
        }
        text.remove_prefix(length);
    }
    return JsonProblem::none;
}

JsonProblem check(const cJSON* node, std::size_t& count) {
    for (const cJSON* child = node->child; child != nullptr; child = child->next) {
        if (++count > kMostJsonValues) {
            return JsonProblem::too_many;
        }
        for (const cJSON* other = node->child; cJSON_IsObject(node) != 0 && other != child; other = other->next) {
            if (std::strcmp(other->string, child->string) == 0) {
                return JsonProblem::duplicate_key;
            }
        }
        // no deeper than kMostJsonDepth
        if (const JsonProblem problem = check(child, count); problem != JsonProblem::none) {
            return problem;
        }
    }
    return JsonProblem::none;
}

bool is_only_space(const char* start, const char* end) {
    while (start != end && std::strchr(" \t\r\n", *start) != nullptr) {
        ++start;
    }
    return start == end;
}

}  // namespace

const char* key_of(JsonProblem problem) {
    switch (problem) {
        case JsonProblem::none: return "none";
        case JsonProblem::too_long: return "too_long";
        case JsonProblem::too_deep: return "too_deep";
        case JsonProblem::too_many: return "too_many";
        case JsonProblem::not_json: return "not_json";
        case JsonProblem::duplicate_key: return "duplicate_key";
        case JsonProblem::busy: break;
    }
    return "busy";
}

JsonDocument::JsonDocument(const void* bytes, std::size_t length) {
    if (arena.is_taken) {
        problem_ = JsonProblem::busy;
        return;
    }
    arena.is_taken = true;
    arena.used = 0;
    arena.is_exhausted = false;
    if (length > kMostJsonBytes) {
        problem_ = JsonProblem::too_long;
        return;
    }
    const char* const start = static_cast<const char*>(bytes);
    problem_ = length == 0 ? JsonProblem::not_json : scan({start, length});
    if (problem_ != JsonProblem::none) {
        return;
    }
    // Ours only while parsing: other users of cJSON in the same program keep the heap.
    cJSON_Hooks hooks{allocate, keep};
    cJSON_InitHooks(&hooks);
    const char* end = nullptr;
    const cJSON* const root = cJSON_ParseWithLengthOpts(start, length, &end, 0);
    cJSON_InitHooks(nullptr);
    std::size_t count = 1;
    if (root == nullptr) {
        problem_ = arena.is_exhausted ? JsonProblem::too_many : JsonProblem::not_json;
    } else if (!is_only_space(end, start + length)) {
        problem_ = JsonProblem::not_json;
    } else {
        problem_ = check(root, count);
    }
    root_ = problem_ == JsonProblem::none ? root : nullptr;
}

JsonDocument::~JsonDocument() {
    if (problem_ != JsonProblem::busy) {
        arena.is_taken = false;
    }
}

bool JsonValue::is_null() const { return cJSON_IsNull(node_) != 0; }
bool JsonValue::is_object() const { return cJSON_IsObject(node_) != 0; }
bool JsonValue::is_array() const { return cJSON_IsArray(node_) != 0; }

JsonValue JsonValue::member(std::string_view key) const {
    if (is_object()) {
        for (const JsonValue value : *this) {
            if (value.key() == key) {
                return value;
            }
        }
    }
    return JsonValue();
}

JsonValue JsonValue::at(std::size_t index) const {
    if (is_array()) {
        for (const JsonValue value : *this) {
            if (index-- == 0) {
                return value;
            }
        }
    }
    return JsonValue();
}

std::size_t JsonValue::size() const {
    std::size_t count = 0;
    for (Iterator item = begin(); item != end(); ++item) {
        ++count;
    }
    return count;
}

JsonValue::Iterator JsonValue::begin() const { return Iterator(node_ != nullptr ? node_->child : nullptr); }
JsonValue::Iterator JsonValue::end() const { return Iterator(nullptr); }

JsonValue::Iterator& JsonValue::Iterator::operator++() {
    node_ = node_->next;
    return *this;
}

std::string_view JsonValue::key() const {
    return node_ != nullptr && node_->string != nullptr ? std::string_view(node_->string) : std::string_view();
}

std::optional<double> JsonValue::number() const {
    if (cJSON_IsNumber(node_) == 0 || !std::isfinite(node_->valuedouble)) {
        return std::nullopt;
    }
    return node_->valuedouble;
}

std::optional<std::int64_t> JsonValue::integer() const {
    const std::optional<double> value = number();
    if (!value || std::fabs(*value) > kMostExact || std::trunc(*value) != *value) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(*value);
}

std::optional<bool> JsonValue::boolean() const {
    if (cJSON_IsBool(node_) == 0) {
        return std::nullopt;
    }
    return cJSON_IsTrue(node_) != 0;
}

std::optional<std::string_view> JsonValue::text() const {
    if (cJSON_IsString(node_) == 0 || node_->valuestring == nullptr) {
        return std::nullopt;
    }
    return std::string_view(node_->valuestring);
}

}  // namespace btr::protocol
