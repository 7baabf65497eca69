#pragma once
// Updates over the air, for devices that were told a password, and the trial of a firmware that came so.
#include "btr/hal/time.h"
#include "btr/protocol/provisioning.h"
#include "btr/sched/update_trial.h"

namespace btr::esp32 {

class Updates {
public:
    Updates();
    // Once, when there is a network. Without a password nothing listens.
    void begin(const protocol::Provisioning& provisioning, const char* host_name);
    void tick(Millis now_ms, bool sensors_answer, bool is_connected);

private:
    sched::UpdateTrial trial_;
    bool is_on_trial_;
    bool is_listening_ = false;
};

}  // namespace btr::esp32
