#include "btr/esp32/system.h"

#include <esp_mac.h>
#include <esp_system.h>
#include <esp_task_wdt.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace btr::esp32 {
namespace {

constexpr std::uint32_t kWatchdogMs = 5000;
constexpr std::uint32_t kStackBytes = 12 * 1024;
constexpr BaseType_t kApplicationCore = 1;

// In the order of esp_reset_reason_t: unknown, power, pin, restart, panic, three watchdogs, sleep, brown-out, SDIO,
// USB, JTAG, fuses, glitch of the supply, lock-up of the processor.
constexpr const char* kReasons[] = {"unknown",  "power_on", "power_on", "software", "panic",   "watchdog",
                                    "watchdog", "watchdog", "software", "brownout", "unknown", "unknown",
                                    "unknown",  "unknown",  "brownout", "panic"};
static_assert(ESP_RST_POWERON == 1 && ESP_RST_TASK_WDT == 6 && ESP_RST_BROWNOUT == 9 && ESP_RST_CPU_LOCKUP == 15);

}  // namespace

const char* reset_reason() {
    const auto reason = static_cast<std::size_t>(esp_reset_reason());
    return reason < std::size(kReasons) ? kReasons[reason] : "unknown";
}

ChipName chip_name() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::array<std::uint8_t, 6> mac{};
    esp_efuse_mac_get_default(mac.data());
    ChipName name("btr-");
    for (std::size_t i = 3; i < mac.size(); ++i) {
        name.append(kDigits[mac[i] / 16]).append(kDigits[mac[i] % 16]);
    }
    return name;
}

void join_watchdog() {
    // Arduino has started it already; the idle tasks are not watched, since a TLS handshake starves one for seconds.
    const esp_task_wdt_config_t config{kWatchdogMs, 0, true};
    if (esp_task_wdt_reconfigure(&config) != ESP_OK) {
        esp_task_wdt_init(&config);
    }
    esp_task_wdt_add(nullptr);
}

void feed_watchdog() { esp_task_wdt_reset(); }

void sleep_ms(Millis period_ms) {
    vTaskDelay(std::max<TickType_t>(pdMS_TO_TICKS(static_cast<TickType_t>(period_ms)), 1));
}

void start_task(const char* name, void (*task)(void*), void* argument, Priority priority) {
    xTaskCreatePinnedToCore(task, name, kStackBytes, argument, static_cast<UBaseType_t>(priority), nullptr,
                            kApplicationCore);
}

}  // namespace btr::esp32
