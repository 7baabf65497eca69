"""The simulated water keeps the laws that a visitor would notice broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.plant import PROBE_STEP_C, Plant, PlantSettings, probe_reading

temperatures = st.floats(10, 95)


def bath_at(temp_c: float) -> Plant:
    return Plant(PlantSettings(), tank_c=temp_c, bath_c=temp_c, core_c=temp_c)


@given(temperatures, temperatures, temperatures, st.booleans(), st.booleans())
def test_energy_comes_only_from_heater_and_compost_and_goes_only_to_the_room(tank_c, bath_c, core_c, heater, pump):
    plant = Plant(PlantSettings(), tank_c=tank_c, bath_c=bath_c, core_c=core_c)
    before_j, loss_w = plant.energy_j, plant.loss_w
    plant.advance(0.5, heater=heater, pump=pump)
    expected_j = 0.5 * (heater * plant.settings.heater_w + plant.settings.compost_w - loss_w)
    assert plant.energy_j - before_j == pytest.approx(expected_j, abs=1e-3)


def test_everything_ends_at_room_temperature_when_nothing_heats():
    plant = Plant(PlantSettings(compost_w=0), tank_c=70, bath_c=50, core_c=40)
    plant.advance(200_000, heater=False, pump=True)
    assert [plant.tank_c, plant.bath_c, plant.core_c] == pytest.approx([22, 22, 22], abs=0.1)


def test_the_pump_brings_the_heat_of_the_tank_into_the_bath():
    still, pumped = bath_at(30), bath_at(30)
    still.advance(120, heater=True, pump=False)
    pumped.advance(120, heater=True, pump=True)
    assert pumped.bath_c > still.bath_c + 2
    assert pumped.tank_c < still.tank_c


def test_one_long_wait_equals_many_short_ones():
    once, often = bath_at(40), bath_at(40)
    once.advance(300, heater=True, pump=True)
    for _ in range(300):
        often.advance(1, heater=True, pump=True)
    assert once.bath_c == pytest.approx(often.bath_c)


@given(temperatures)
def test_a_probe_counts_in_sixteenths(temp_c):
    reading = probe_reading(temp_c)
    assert (reading / PROBE_STEP_C).is_integer()
    assert abs(reading - temp_c) <= PROBE_STEP_C / 2
