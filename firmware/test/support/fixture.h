#pragma once
// A golden file of tests/fixtures, as the Python tests read it.
#include <cJSON.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace btr::test {

class Fixture {
public:
    explicit Fixture(const std::string& name) {
        std::ifstream file(std::string(BTR_FIXTURES) + "/" + name);
        std::stringstream text;
        text << file.rdbuf();
        root_.reset(cJSON_Parse(text.str().c_str()));
    }
    // Null when the file is missing or no JSON.
    const cJSON* root() const { return root_.get(); }
    const cJSON* list(const char* name) const { return cJSON_GetObjectItemCaseSensitive(root_.get(), name); }

private:
    struct Delete {
        void operator()(cJSON* node) const { cJSON_Delete(node); }
    };
    std::unique_ptr<cJSON, Delete> root_;
};

inline const cJSON* get(const cJSON* object, const char* name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

// Empty when it is no text.
inline std::string text_of(const cJSON* object, const char* name) {
    const cJSON* item = get(object, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

// A value as compact JSON.
inline std::string print(const cJSON* value) {
    const std::unique_ptr<char, void (*)(void*)> text(cJSON_PrintUnformatted(value), cJSON_free);
    return text.get();
}

}  // namespace btr::test
