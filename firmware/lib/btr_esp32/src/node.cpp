#include "btr/esp32/node.h"

namespace btr::esp32 {
namespace {

protocol::Provisioning loaded(StoredProvisioning& stored) {
    protocol::Provisioning provisioning;
    stored.load(provisioning);
    return provisioning;
}

}  // namespace

Node::Node(Commission commission)
    : told_(loaded(stored_)),
      draft_(told_),
      id_(told_.is_set(protocol::Item::device_id) ? told_.text(protocol::Item::device_id) : chip_name().view()),
      wifi_(told_),
      console_(draft_, stored_, store_, commission) {}

void Node::remember(const protocol::ProbeRoles& roles) {
    told_.set_probe_roles(roles);
    draft_.set_probe_roles(roles);
    stored_.save(told_);
}

void Node::start(const std::array<const char*, 2>& topics, const Message& will) {
    topics_ = topics;
    will_ = will;
    start_task("network", network_task, this, Priority::network);
    start_task("post", post_task, this, Priority::network);
}

void Node::network_task(void* argument) {
    static constexpr std::array<sched::Task<Node>, 3> kTasks{{
        {"wifi", 200, [](Node& node, Millis now) { node.wifi_.tick(now); }},
        {"console", 50, [](Node& node, Millis) { node.console_.tick(); }},
        {"updates", 200,
         [](Node& node, Millis now) {
             if (node.wifi_.is_connected()) {
                 node.updates_.begin(node.told_, node.id());
             }
             node.updates_.tick(now, node.sensors_answer_, node.link_.is_connected());
         }},
    }};
    auto& node = *static_cast<Node*>(argument);
    node.wifi_.begin(node.id());
    using protocol::Item;
    for (const Item item : {Item::ntp_0, Item::ntp_1, Item::ntp_2, Item::ntp_3}) {
        node.clock_.add_server(node.told_.text(item));
    }
    node.clock_.begin();
    run(node, kTasks);
}

// Not watched: a broken connection may hold esp-mqtt up for longer than the watchdog waits, and that is no reason to
// restart a device that heats.
void Node::post_task(void* argument) {
    constexpr Millis kPeriodMs = 20;
    auto& node = *static_cast<Node*>(argument);
    bool is_begun = false;
    for (;; sleep_ms(kPeriodMs)) {
        if (!is_begun && node.wifi_.is_connected() && node.told_.missing().empty()) {
            node.link_.begin(node.told_, node.id(), node.topics_, node.will_);
            is_begun = true;
        }
        node.link_.tick(now_ms(), node.wifi_.is_connected());
    }
}

}  // namespace btr::esp32
