#pragma once
// A bath as physics sees it: a heated tank, a pump to the bath around a reactor, and losses to the room. Three heat
// capacities and four conductances; nothing here knows of control.
#include "btr/hal/time.h"

namespace btr::test {

// A small laboratory set: 2 kW, 4 l tank, 8 l bath, 2 l reactor; the same figures as the demo's plant.
struct PlantSize {
    double heater_w = 2000.0;
    double tank_j_per_k = 4.0 * 4186.0;
    double bath_j_per_k = 8.0 * 4186.0;
    double core_j_per_k = 2.0 * 4186.0;
    double pumped_w_per_k = 300.0;
    double still_w_per_k = 2.0;
    double wall_w_per_k = 25.0;
    double tank_loss_w_per_k = 1.5;
    double bath_loss_w_per_k = 4.0;
    double compost_w = 6.0;
    double room_c = 22.0;
};

class Plant {
public:
    explicit Plant(const PlantSize& size = {}) : Plant(size, size.room_c, size.room_c, size.room_c) {}
    Plant(const PlantSize& size, double tank_c, double bath_c, double core_c)
        : size_(size), tank_c_(tank_c), bath_c_(bath_c), core_c_(core_c) {}

    // Lets at most a second pass; explicit steps are stable, the fastest time constant is about 30 s.
    void advance(Millis passed_ms, bool heater_on, bool pump_on);

    double tank_c() const { return tank_c_; }
    double bath_c() const { return bath_c_; }
    double core_c() const { return core_c_; }
    double held_j() const;  // above 0 degC
    // Since the start.
    double heated_j() const { return heated_j_; }  // by the heater
    double grown_j() const { return grown_j_; }    // by the compost
    double lost_j() const { return lost_j_; }      // to the room
    void set_room_c(double room_c) { size_.room_c = room_c; }
    void pour_into_bath(double temp_c, double j_per_k);  // replaces as much of the bath

private:
    PlantSize size_;
    double tank_c_, bath_c_, core_c_;
    double heated_j_ = 0.0, grown_j_ = 0.0, lost_j_ = 0.0;
};

// What a DS18B20 says: sixteenths of a degree.
float probe_reading(double temp_c);

}  // namespace btr::test
