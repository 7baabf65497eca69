"""A bath as physics sees it: a heated tank, a pump to the bath around a reactor, and losses to the room.

Three heat capacities and four conductances; nothing here knows of control. The figures are those of a small laboratory
set: 2 kW, 4 l tank, 8 l bath, 2 l reactor.
"""

from dataclasses import dataclass

WATER_J_PER_L_K = 4186.0
MAX_STEP_S = 1.0
"""Far below the fastest time constant (about 30 s, tank to bath while pumping), so explicit steps are stable."""
PROBE_STEP_C = 0.0625
"""A DS18B20 counts in sixteenths of a degree."""


@dataclass(frozen=True, slots=True)
class PlantSettings:
    """Sizes of the set; conductances in W/K."""

    heater_w: float = 2000.0
    tank_j_per_k: float = 4.0 * WATER_J_PER_L_K
    bath_j_per_k: float = 8.0 * WATER_J_PER_L_K
    core_j_per_k: float = 2.0 * WATER_J_PER_L_K
    pumped_w_per_k: float = 300.0
    still_w_per_k: float = 2.0
    wall_w_per_k: float = 25.0
    tank_loss_w_per_k: float = 1.5
    bath_loss_w_per_k: float = 4.0
    compost_w: float = 6.0
    room_c: float = 22.0


@dataclass(slots=True)
class Plant:
    """Temperatures in degC of tank, bath and reactor core."""

    settings: PlantSettings
    tank_c: float
    bath_c: float
    core_c: float

    @property
    def energy_j(self) -> float:
        """Heat held above 0 degC."""
        s = self.settings
        return s.tank_j_per_k * self.tank_c + s.bath_j_per_k * self.bath_c + s.core_j_per_k * self.core_c

    @property
    def loss_w(self) -> float:
        """Heat that flows into the room."""
        s = self.settings
        return s.tank_loss_w_per_k * (self.tank_c - s.room_c) + s.bath_loss_w_per_k * (self.bath_c - s.room_c)

    def advance(self, duration_s: float, *, heater: bool, pump: bool) -> None:
        """Let ``duration_s`` seconds pass with the outputs as given."""
        steps = max(1, round(duration_s / MAX_STEP_S))
        for _ in range(steps):
            self._step(duration_s / steps, heater=heater, pump=pump)

    def _step(self, dt_s: float, *, heater: bool, pump: bool) -> None:
        s = self.settings
        to_bath_w = (s.pumped_w_per_k if pump else s.still_w_per_k) * (self.tank_c - self.bath_c)
        to_core_w = s.wall_w_per_k * (self.bath_c - self.core_c)
        tank_w = heater * s.heater_w - to_bath_w - s.tank_loss_w_per_k * (self.tank_c - s.room_c)
        bath_w = to_bath_w - to_core_w - s.bath_loss_w_per_k * (self.bath_c - s.room_c)
        self.tank_c += tank_w * dt_s / s.tank_j_per_k
        self.bath_c += bath_w * dt_s / s.bath_j_per_k
        self.core_c += (to_core_w + s.compost_w) * dt_s / s.core_j_per_k


def probe_reading(temp_c: float) -> float:
    """What a DS18B20 says at that temperature."""
    return round(temp_c / PROBE_STEP_C) * PROBE_STEP_C
