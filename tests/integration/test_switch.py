"""Switches: outputs that are never optimistic, an emergency stop that nothing releases by accident, the correction."""

import pytest
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNKNOWN, Platform
from homeassistant.core import DOMAIN as HOMEASSISTANT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component

from custom_components.btr import button, switch
from custom_components.btr.core.messages import Output
from tests.integration.stories import (
    BATH,
    BATH_REGISTER,
    BATH_RESPONSE,
    NODE,
    World,
    bath_telemetry,
)

HEATER = "switch.bath_lab_1_heater"
STOP = "switch.bath_lab_1_emergency_stop"
CORRECTION = "switch.battery_cell_7_correction"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SWITCH,)


async def bath_runs(world: World, **channels: float | str | None) -> None:
    """A bath booted and reports."""
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(**channels))
    await world.passes(1)
    world.forget_sent()


async def test_i9_the_heater_is_on_only_when_the_device_says_so(world: World) -> None:
    await bath_runs(world, Heater=0)
    await world.acts("switch", "turn_on", HEATER)
    assert [command["commands"][0]["action"] for command in world.sent(BATH_RESPONSE)] == ["on"]
    await world.passes(3)
    assert world.value(HEATER) == STATE_OFF
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    assert world.value(HEATER) == STATE_ON


async def test_a_heater_command_carries_an_explicit_positive_duration(world: World) -> None:
    await bath_runs(world, Heater=0)
    await world.acts("switch", "turn_on", HEATER)
    (message,) = world.sent(BATH_RESPONSE)
    (command,) = message["commands"]
    assert command["command"] == "heater"
    assert 0 < command["duration"] <= 600_000


@pytest.mark.parametrize("output", ["heater", "pump", "aeration"])
async def test_an_output_is_turned_off(world: World, output: str) -> None:
    await bath_runs(world, Heater=1, Pump=1, Aeration=1)
    await world.acts("switch", "turn_off", f"switch.bath_lab_1_{output}")
    commands = [message["commands"][0] for message in world.sent(BATH_RESPONSE)]
    assert (commands[0]["command"], commands[0]["action"]) == (output, "off")


async def test_a_heater_over_a_broken_tank_probe_is_refused_and_nothing_is_sent(world: World) -> None:
    await bath_runs(world, Heater=0, TankTemp=-127)
    with pytest.raises(ServiceValidationError) as refused:
        await world.acts("switch", "turn_on", HEATER)
    assert refused.value.translation_key == "refused_tank_invalid"
    assert refused.value.translation_placeholders is not None
    assert refused.value.translation_placeholders["device"] == "Bath lab-1"
    assert world.sent(BATH_RESPONSE) == []


async def test_a_command_without_a_broker_is_an_error_and_never_fires_later(world: World) -> None:
    await bath_runs(world, Pump=0)
    world.broker_goes()
    pump = world.entry.runtime_data
    with pytest.raises(HomeAssistantError) as error:
        await pump.commands.async_run(
            next(iter(pump.devices.values())), lambda now_s: pytest.fail("nothing may be asked")
        )
    assert error.value.translation_key == "not_connected"
    world.broker_returns()
    await world.passes(2)
    assert world.sent(BATH_RESPONSE) == []


async def test_a_heater_switched_off_while_the_broker_is_away_is_not_renewed_when_it_is_back(world: World) -> None:
    await bath_runs(world, Heater=0)
    await world.acts("switch", "turn_on", HEATER)
    bath = next(iter(world.entry.runtime_data.devices.values()))
    world.forget_sent()
    world.broker_goes()
    with pytest.raises(HomeAssistantError):
        await world.entry.runtime_data.commands.async_run(
            bath, lambda now_s: bath.controller.set_output(Output.HEATER, False, now_s), lets_go=True
        )
    world.broker_returns()
    for _ in range(22):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
        await world.passes(30, step_s=5)
    assert world.sent(BATH_RESPONSE) == []


def test_a_stop_waits_behind_no_other_command() -> None:
    """With a limit, Home Assistant would hold it back until the broker has answered the command before."""
    assert (switch.PARALLEL_UPDATES, button.PARALLEL_UPDATES) == (0, 0)


async def test_the_emergency_stop_is_engaged_and_repeated_until_the_device_confirms(world: World) -> None:
    await bath_runs(world)
    await world.acts("switch", "turn_on", STOP)
    assert emergency_commands(world) == ["on"]
    assert world.value(STOP) == STATE_ON
    await world.passes(30, step_s=1)
    assert len(emergency_commands(world)) > 1
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=1, Heater=0))
    world.forget_sent()
    await world.passes(30, step_s=1)
    assert emergency_commands(world) == []


async def test_i12_turning_the_switch_off_does_not_release_the_stop(world: World) -> None:
    await bath_runs(world)
    await world.acts("switch", "turn_on", STOP)
    with pytest.raises(ServiceValidationError) as refused:
        await world.acts("switch", "turn_off", STOP)
    assert refused.value.translation_key == "release_with_button"
    assert "off" not in emergency_commands(world)
    assert world.value(STOP) == STATE_ON


async def test_i12_a_scene_from_before_the_stop_does_not_release_it(hass: HomeAssistant, world: World) -> None:
    assert await async_setup_component(hass, "scene", {})
    await bath_runs(world)
    await hass.services.async_call(
        "scene", "create", {"scene_id": "before", "snapshot_entities": [STOP]}, blocking=True
    )
    assert world.value(STOP) == STATE_OFF
    await world.acts("switch", "turn_on", STOP)
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call("scene", "turn_on", {"entity_id": "scene.before"}, blocking=True)
    await world.passes(5)
    assert "off" not in emergency_commands(world)
    assert world.value(STOP) == STATE_ON


async def test_i12_turning_everything_on_and_off_does_not_release_the_stop(hass: HomeAssistant, world: World) -> None:
    assert await async_setup_component(hass, HOMEASSISTANT, {})
    await bath_runs(world)
    await world.acts("switch", "turn_on", STOP)
    for service in ("turn_on", "turn_off"):
        with pytest.raises(HomeAssistantError):
            await hass.services.async_call(
                HOMEASSISTANT, service, {"entity_id": hass.states.async_entity_ids("switch")}, blocking=True
            )
    await world.passes(5)
    assert "off" not in emergency_commands(world)
    assert world.value(STOP) == STATE_ON


async def test_i12_the_stop_survives_a_restart_and_is_sent_again(world: World) -> None:
    await bath_runs(world)
    await world.acts("switch", "turn_on", STOP)
    world.forget_sent()
    await world.restarts()
    assert world.value(STOP) == STATE_ON
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=0))
    await world.passes(15)
    assert set(emergency_commands(world)) == {"on"}


async def test_i12_a_stop_engaged_at_the_device_survives_a_restart(world: World) -> None:
    await bath_runs(world, EmergencyState=1)
    assert world.value(STOP) == STATE_ON
    await world.restarts()
    assert world.value(STOP) in (STATE_UNKNOWN, STATE_ON)
    assert emergency_commands(world) == []


async def test_a_stop_without_a_broker_is_kept_told_and_sent_as_soon_as_it_is_back(world: World) -> None:
    await bath_runs(world)
    world.broker_goes()
    with pytest.raises(HomeAssistantError) as error:
        await world.acts("switch", "turn_on", STOP)
    assert error.value.translation_key == "emergency_not_delivered"
    assert world.value(STOP) == STATE_ON
    assert emergency_commands(world) == []
    world.broker_returns()
    await world.passes(15)
    assert set(emergency_commands(world)) == {"on"}


async def test_the_setpoint_mode_and_the_aeration_timer_are_changes_of_settings(world: World) -> None:
    await bath_runs(world)
    await world.acts("switch", "turn_off", "switch.bath_lab_1_setpoint_mode")
    await world.acts("switch", "turn_off", "switch.bath_lab_1_timed_aeration")
    await world.passes(3)
    (message,) = world.sent(BATH_RESPONSE)
    (command,) = message["commands"]
    assert command["command"] == "config_update"
    assert command["config"]["bath_setpoint"]["enabled"] is False
    assert command["config"]["aeration_timer"]["enabled"] is False


async def test_a_correction_is_sent_only_while_its_switch_is_on(world: World) -> None:
    await world.battery_lives(10)
    assert world.value(CORRECTION) == STATE_ON
    await world.acts("switch", "turn_off", CORRECTION)
    world.forget_sent()
    await world.battery_lives(10, 85.0)
    assert world.sent(f"{NODE}/statue") == []
    await world.acts("switch", "turn_on", CORRECTION)
    await world.battery_lives(5, 85.0)
    assert world.sent(f"{NODE}/statue")[:1] == ["danger"]


async def test_the_correction_switch_survives_a_restart(world: World) -> None:
    await world.battery_lives(2)
    await world.acts("switch", "turn_off", CORRECTION)
    await world.restarts()
    assert world.value(CORRECTION) == STATE_OFF
    world.forget_sent()
    await world.battery_lives(10, 85.0)
    assert world.sent(f"{NODE}/statue") == []


def emergency_commands(world: World) -> list[str]:
    """The actions of the emergency commands that were sent."""
    return [
        command["action"]
        for message in world.sent(BATH_RESPONSE)
        for command in message["commands"]
        if command["command"] == "emergency"
    ]
