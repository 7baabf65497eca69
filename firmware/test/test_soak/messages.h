#pragma once
// What a network may send that a device must survive.
#include <memory>
#include <string>

#include "world.h"

namespace btr::soak {

// A message like `like`, but broken, cut off, bloated or something else altogether.
inline std::string nonsense(Chance& chance, const std::string& like) {
    std::string text = like;
    switch (chance.below(9)) {
        case 0: return like.substr(0, static_cast<std::size_t>(chance.below(static_cast<int>(like.size()) + 1)));
        case 1:
            for (int edits = 1 + chance.below(4); edits > 0; --edits) {
                text[static_cast<std::size_t>(chance.below(static_cast<int>(text.size())))] =
                    static_cast<char>(chance.below(256));
            }
            return text;
        case 2:
            for (char& letter : text) {
                letter = static_cast<char>(chance.below(256));
            }
            return text;
        case 3: return std::string(5000, ' ') + like;
        case 4: return std::string(40, '[') + std::string(40, ']');
        case 5: {
            text = "{\"commands\":[{\"command\":\"pump\",\"action\":\"auto\"}";
            for (int more = 16 + chance.below(40); more > 0; --more) {
                text += ",{\"command\":\"pump\",\"action\":\"auto\"}";
            }
            return text + "]}";
        }
        case 6: return "{\"commands\":[" + std::string(2000, '1') + "]}";
        case 7: {
            text = "{\"commands\":[0";
            while (text.size() < 4000) {
                text += ",0";
            }
            return text + "]}";
        }
        default: return {};
    }
}

// Delivers into memory that ends with the message, so that reading on is seen.
template <typename Device>
void deliver(Device& device, Millis now_ms, const char* topic, const std::string& text, bool retained) {
    const std::unique_ptr<std::uint8_t[]> bytes(new std::uint8_t[text.size()]);
    std::copy(text.begin(), text.end(), bytes.get());
    const Counted counted;
    device.on_message(now_ms, topic, bytes.get(), text.size(), retained);
}

}  // namespace btr::soak
