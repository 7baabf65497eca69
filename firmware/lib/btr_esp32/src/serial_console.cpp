#include "btr/esp32/serial_console.h"

#include <Arduino.h>
#include <esp_system.h>

namespace btr::esp32 {

SerialConsole::SerialConsole(protocol::Provisioning& draft, StoredProvisioning& stored, Store& store,
                             Commission commission)
    : draft_(draft), stored_(stored), store_(store), commission_(commission), console_(draft) {
    Serial.begin(115200);
}

void SerialConsole::tick() {
    while (Serial.available() > 0) {
        const auto request = console_.feed(static_cast<char>(Serial.read()));
        if (request == protocol::ConsoleRequest::save) {
            console_.saved(stored_.save(draft_));
        } else if (request == protocol::ConsoleRequest::commission) {
            console_.saved(commission_ != nullptr && commission_(store_));
        }
        Serial.write(reinterpret_cast<const std::uint8_t*>(console_.answer().data()), console_.answer().size());
        if (request == protocol::ConsoleRequest::restart) {
            Serial.flush();
            esp_restart();
        }
    }
}

}  // namespace btr::esp32
