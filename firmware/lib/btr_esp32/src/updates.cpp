#include "btr/esp32/updates.h"

#include <ArduinoOTA.h>
#include <esp_ota_ops.h>

#include "btr/esp32/system.h"

// Arduino would keep every firmware that reaches initArduino(); this hook leaves it to Updates::tick().
extern "C" bool verifyRollbackLater() { return true; }

namespace btr::esp32 {
namespace {

bool has_to_prove_itself() {
    esp_ota_img_states_t state = ESP_OTA_IMG_UNDEFINED;
    return esp_ota_get_state_partition(esp_ota_get_running_partition(), &state) == ESP_OK &&
           state == ESP_OTA_IMG_PENDING_VERIFY;
}

}  // namespace

Updates::Updates() : is_on_trial_(has_to_prove_itself()) {}

void Updates::begin(const protocol::Provisioning& provisioning, const char* host_name) {
    using protocol::Item;
    if (is_listening_ || !provisioning.is_set(Item::ota_password)) {
        return;
    }
    is_listening_ = true;
    ArduinoOTA.setHostname(host_name);
    ArduinoOTA.setPassword(provisioning.c_str(Item::ota_password));
    // The transfer runs within handle() and takes longer than the watchdog waits.
    ArduinoOTA.onProgress([](unsigned int, unsigned int) { feed_watchdog(); });
    ArduinoOTA.begin();
}

void Updates::tick(Millis now_ms, bool sensors_answer, bool is_connected) {
    if (is_listening_) {
        ArduinoOTA.handle();
    }
    if (!is_on_trial_) {
        return;
    }
    switch (trial_.update(now_ms, sensors_answer, is_connected)) {
        case sched::Verdict::on_trial: return;
        case sched::Verdict::keep: is_on_trial_ = esp_ota_mark_app_valid_cancel_rollback() != ESP_OK; return;
        case sched::Verdict::go_back:
            is_on_trial_ = false;
            esp_ota_mark_app_invalid_rollback_and_reboot();
            return;
    }
}

}  // namespace btr::esp32
