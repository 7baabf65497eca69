#pragma once
#include "btr/protocol/provisioning.h"
#include "btr/sched/twin_store.h"

namespace btr::esp32 {

class StoredProvisioning {
public:
    explicit StoredProvisioning(Store& store) : items_(store, "told"), certificate_(store, "ca") {}
    void load(protocol::Provisioning& into);
    bool save(const protocol::Provisioning& provisioning);

private:
    sched::TwinStore<protocol::kMostProvisioningBytes> items_;
    sched::TwinStore<protocol::kMostCertificateBytes> certificate_;
    // one byte stands for "none": a record is never empty
    char text_[protocol::kMostCertificateBytes + 1]{};
    static_assert(protocol::kMostCertificateBytes >= protocol::kMostProvisioningBytes);
};

}  // namespace btr::esp32
