#pragma once
#include <atomic>

#include "btr/hal/time.h"
#include "btr/protocol/provisioning.h"
#include "btr/sched/network_plan.h"

namespace btr::esp32 {

// Joins one of the networks that it was told, and stays.
class Wifi {
public:
    explicit Wifi(const protocol::Provisioning& provisioning);
    void begin(const char* host_name);
    void tick(Millis now_ms);
    bool is_connected() const { return is_connected_; }
    // "0.0.0.0" without network; the same place in memory as long as this lives.
    const char* ip_address() const { return ip_address_; }

private:
    const protocol::Provisioning& provisioning_;
    sched::NetworkPlan plan_;
    std::atomic<bool> is_connected_{false};
    char ip_address_[16] = "0.0.0.0";
};

}  // namespace btr::esp32
