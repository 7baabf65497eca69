#include "btr/esp32/system.h"

#include <esp_mac.h>
#include <esp_system.h>
#include <esp_task_wdt.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include <algorithm>
#include <array>

namespace btr::esp32 {
namespace {

constexpr std::uint32_t kWatchdogMs = 5000;
constexpr std::uint32_t kStackBytes = 12 * 1024;
constexpr BaseType_t kApplicationCore = 1;

}  // namespace

const char* reset_reason() {
    switch (esp_reset_reason()) {
        case ESP_RST_POWERON:
        case ESP_RST_EXT: return "power_on";
        case ESP_RST_SW:
        case ESP_RST_DEEPSLEEP: return "software";
        case ESP_RST_PANIC:
        case ESP_RST_CPU_LOCKUP: return "panic";
        case ESP_RST_INT_WDT:
        case ESP_RST_TASK_WDT:
        case ESP_RST_WDT: return "watchdog";
        case ESP_RST_BROWNOUT:
        case ESP_RST_PWR_GLITCH: return "brownout";
        case ESP_RST_UNKNOWN:
        case ESP_RST_SDIO:
        case ESP_RST_USB:
        case ESP_RST_JTAG:
        case ESP_RST_EFUSE: break;
    }
    return "unknown";
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
