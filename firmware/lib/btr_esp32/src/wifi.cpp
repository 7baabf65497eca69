#include "btr/esp32/wifi.h"

#include <WiFi.h>
#include <esp_random.h>
#include <esp_wifi.h>

#include <cstdio>

namespace btr::esp32 {
Wifi::Wifi(const protocol::Provisioning& provisioning)
    : provisioning_(provisioning), plan_(provisioning.network_count()) {}

void Wifi::begin(const char* host_name) {
    WiFi.persistent(false);
    WiFi.setHostname(host_name);
    WiFi.mode(WIFI_STA);
    WiFi.setAutoReconnect(false);  // plan_ decides
}

void Wifi::tick(Millis now_ms) {
    is_connected_ = WiFi.status() == WL_CONNECTED;
    const IPAddress address = is_connected_ ? WiFi.localIP() : IPAddress(0, 0, 0, 0);
    std::snprintf(ip_address_, sizeof(ip_address_), "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
    if (const auto network = plan_.update(now_ms, is_connected_, esp_random())) {
        esp_wifi_disconnect();  // from an attempt that is still under way
        WiFi.begin(provisioning_.ssid(*network), provisioning_.password(*network));
    }
}

}  // namespace btr::esp32
