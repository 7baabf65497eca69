#pragma once
// Whether a device takes memory: every malloc of the whole program is seen, that of new and of cJSON included.

namespace btr::soak {

// How often memory was taken while a Counted was alive and no Uncounted was.
long heap_calls();

// Around a call into a device.
class Counted {
public:
    Counted();
    ~Counted();
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
};

// Around what a fake does on behalf of hardware or network.
class Uncounted {
public:
    Uncounted();
    ~Uncounted();
    Uncounted(const Uncounted&) = delete;
    Uncounted& operator=(const Uncounted&) = delete;

private:
    int before_;
};

}  // namespace btr::soak
