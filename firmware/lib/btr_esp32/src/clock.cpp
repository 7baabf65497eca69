#include "btr/esp32/clock.h"

#include <esp_netif_sntp.h>
#include <esp_sntp.h>
#include <esp_timer.h>

#include <ctime>

namespace btr::esp32 {

Millis now_ms() { return esp_timer_get_time() / 1000; }

void NtpClock::add_server(std::string_view host) {
    if (!host.empty() && count_ < hosts_.size()) {
        hosts_[count_++].append(host);
    }
}

void NtpClock::begin() {
    esp_sntp_config_t config{};
    config.start = true;
    config.ip_event_to_renew = IP_EVENT_STA_GOT_IP;
    config.num_of_servers = count_;
    for (std::size_t i = 0; i < count_; ++i) {
        config.servers[i] = hosts_[i].c_str();
    }
    if (count_ > 0) {
        esp_netif_sntp_init(&config);
    }
}

std::optional<std::int64_t> NtpClock::utc_s() const {
    is_synchronised_ = is_synchronised_ || sntp_get_sync_status() == SNTP_SYNC_STATUS_COMPLETED;
    return is_synchronised_ ? std::optional<std::int64_t>(std::time(nullptr)) : std::nullopt;
}

}  // namespace btr::esp32
