#pragma once
#include <sdkconfig.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "btr/hal/hal.h"
#include "btr/protocol/text.h"

namespace btr::esp32 {

// Since boot; never wraps.
Millis now_ms();

// UTC by NTP.
class NtpClock final : public WallClock {
public:
    // Empty ones and more than lwIP was built for (3) are left out.
    void add_server(std::string_view host);
    // Once, when the radio is up and all servers are there.
    void begin();
    std::optional<std::int64_t> utc_s() const override;

private:
    std::array<protocol::FixedText<63>, CONFIG_LWIP_SNTP_MAX_SERVERS> hosts_;  // lwIP points into them
    std::size_t count_ = 0;
    mutable bool is_synchronised_ = false;  // lwIP tells each synchronisation once
};

}  // namespace btr::esp32
