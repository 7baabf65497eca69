#pragma once
#include <SensirionI2CSgp41.h>
#include <SensirionI2cSht4x.h>
#include <VOCGasIndexAlgorithm.h>

#include "btr/battery/sgp41_schedule.h"
#include "btr/hal/hal.h"
#include "max30105.h"
#include "max31865.h"

namespace btr::battery {

// All sensors of the node. Sensirion's calls wait 10 ms (SHT4x) and 50 ms (SGP41): they belong into a task of their
// own.
class Sensors {
public:
    Sensors();
    // What answers now, and the newest of the SGP41; takes 15 ms.
    RawBattery read();
    // Asks the SGP41 when it is due; call every 100 ms or faster.
    void tick(Millis now_ms);

private:
    Max31865 pt100_;
    SensirionI2cSht4x sht4x_;
    SensirionI2CSgp41 sgp41_;
    Max30105 smoke_;
    Sgp41Schedule schedule_;
    VOCGasIndexAlgorithm voc_algorithm_;
    RawBattery newest_;
};

}  // namespace btr::battery
