#pragma once
#include "btr/esp32/stored_provisioning.h"
#include "btr/protocol/console.h"

namespace btr::esp32 {

// The console on the serial port, 115200 baud.
// Writes what a device needs before it may switch anything on; null where it needs nothing.
using Commission = bool (*)(Store& store);

class SerialConsole {
public:
    SerialConsole(protocol::Provisioning& draft, StoredProvisioning& stored, Store& store, Commission commission);
    void tick();

private:
    protocol::Provisioning& draft_;
    StoredProvisioning& stored_;
    Store& store_;
    Commission commission_;
    protocol::Console console_;
};

}  // namespace btr::esp32
