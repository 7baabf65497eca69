"""Binary sensors of both devices: alarm, findings, faults, and what a bath says of its outputs."""

import pytest
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, Platform

from custom_components.btr.core.messages import Output
from tests.integration.stories import BATH, NODE, World, bath_telemetry

RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR,)


async def test_a_runaway_turns_the_alarm_on_and_cooling_does_not_turn_it_off(world: World) -> None:
    await world.battery_lives(10)
    assert world.value(RUNAWAY) == STATE_OFF
    await world.battery_lives(8, lambda time_s: 40.0 + 5 * time_s)
    assert world.value(RUNAWAY) == STATE_ON
    await world.battery_lives(60, lambda time_s: max(25.0, 75.0 - 2 * time_s))
    assert world.value(RUNAWAY) == STATE_ON


async def test_an_alarm_stays_visible_when_the_node_burns_and_falls_silent(world: World) -> None:
    await world.battery_lives(10)
    await world.battery_lives(8, lambda time_s: 40.0 + 5 * time_s)
    await world.hears(f"{NODE}/availability", "offline", retained=True)
    await world.passes(30)
    assert world.value(RUNAWAY) == STATE_ON
    assert world.value("binary_sensor.battery_cell_7_gas") == STATE_UNAVAILABLE


async def test_an_unplugged_probe_is_a_fault(world: World) -> None:
    await world.battery_lives(10)
    assert world.value("binary_sensor.battery_cell_7_sensor_fault") == STATE_OFF
    await world.battery_lives(10, 988.79)
    assert world.value("binary_sensor.battery_cell_7_sensor_fault") == STATE_ON


async def test_outputs_are_what_the_bath_reports(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1, Pump=0))
    assert world.value("binary_sensor.bath_lab_1_heater") == STATE_ON
    assert world.value("binary_sensor.bath_lab_1_pump") == STATE_OFF


async def test_i9_a_heater_that_does_not_answer_stays_what_it_reported(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
    assert world.value("binary_sensor.bath_lab_1_heater") == STATE_OFF
    (bath,) = world.entry.runtime_data.devices.values()
    await world.entry.runtime_data.commands.async_run(
        bath, lambda now_s: bath.controller.set_output(Output.HEATER, True, now_s)
    )
    await world.passes(2)
    assert world.value("binary_sensor.bath_lab_1_heater") == STATE_OFF


async def test_a_bath_that_falls_silent_while_heating_says_so_until_it_is_heard(world: World) -> None:
    silent = "binary_sensor.bath_lab_1_silent_with_heater_on"
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    assert world.value(silent) == STATE_OFF
    await world.passes(160, step_s=5)
    assert world.value(silent) == STATE_ON
    assert world.value("binary_sensor.bath_lab_1_heater") == STATE_UNAVAILABLE
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
    assert world.value(silent) == STATE_OFF
