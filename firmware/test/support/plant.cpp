#include "plant.h"

#include <cmath>

namespace btr::test {

void Plant::advance(Millis passed_ms, bool heater_on, bool pump_on) {
    const double dt_s = static_cast<double>(passed_ms) / 1000.0;
    const double heater_w = heater_on ? size_.heater_w : 0.0;
    const double to_bath_w = (pump_on ? size_.pumped_w_per_k : size_.still_w_per_k) * (tank_c_ - bath_c_);
    const double to_core_w = size_.wall_w_per_k * (bath_c_ - core_c_);
    const double tank_loss_w = size_.tank_loss_w_per_k * (tank_c_ - size_.room_c);
    const double bath_loss_w = size_.bath_loss_w_per_k * (bath_c_ - size_.room_c);
    tank_c_ += (heater_w - to_bath_w - tank_loss_w) * dt_s / size_.tank_j_per_k;
    bath_c_ += (to_bath_w - to_core_w - bath_loss_w) * dt_s / size_.bath_j_per_k;
    core_c_ += (to_core_w + size_.compost_w) * dt_s / size_.core_j_per_k;
    heated_j_ += heater_w * dt_s;
    grown_j_ += size_.compost_w * dt_s;
    lost_j_ += (tank_loss_w + bath_loss_w) * dt_s;
}

double Plant::held_j() const {
    return size_.tank_j_per_k * tank_c_ + size_.bath_j_per_k * bath_c_ + size_.core_j_per_k * core_c_;
}

void Plant::pour_into_bath(double temp_c, double j_per_k) {
    bath_c_ += (temp_c - bath_c_) * j_per_k / size_.bath_j_per_k;
}

float probe_reading(double temp_c) { return static_cast<float>(std::round(temp_c * 16.0) / 16.0); }

}  // namespace btr::test
