#include "btr/protocol/ack.h"

#include "btr/protocol/json_writer.h"

namespace btr::protocol {

const char* key_of(AckResult result) {
    switch (result) {
        case AckResult::accepted: return "accepted";
        case AckResult::applied: return "applied";
        case AckResult::refused: break;
    }
    return "refused";
}

bool encode_ack(const Ack& ack, TextBuffer& into) {
    JsonWriter json(into);
    json.begin_object().key("id").text(ack.id.view()).key("result").text(key_of(ack.result)).key("reason");
    if (ack.reason.is_empty()) {
        json.null();
    } else {
        json.text(ack.reason.view());
    }
    return json.end_object().is_complete();
}

}  // namespace btr::protocol
