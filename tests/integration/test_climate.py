"""The climate entity of a bath: both modes, a true action, and a target that follows what the device confirms."""

import time
from typing import Any

import pytest
from homeassistant.components.climate import ATTR_HVAC_ACTION, ATTR_HVAC_MODE, HVACAction, HVACMode
from homeassistant.const import ATTR_TEMPERATURE, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.exceptions import ServiceValidationError

from custom_components.btr.core.messages import Output
from tests.integration.stories import (
    BATH,
    BATH_CONFIG,
    BATH_REGISTER,
    BATH_RESPONSE,
    World,
    bath_telemetry,
)

CLIMATE = "climate.bath_lab_1"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.CLIMATE,)


def register(**setpoint: Any) -> dict[str, Any]:
    """What the bath says at boot with another setpoint."""
    return {
        **BATH_REGISTER,
        "config": {**BATH_CONFIG, "bath_setpoint": {**BATH_CONFIG["bath_setpoint"], **setpoint}},
    }


async def bath_runs(world: World, boot: dict[str, Any] = BATH_REGISTER, **channels: float | str | None) -> None:
    """A bath booted and reports."""
    world.says(f"{BATH}/register", boot)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(**channels))
    await world.passes(1)
    world.forget_sent()


async def test_setpoint_mode_is_heat_and_the_n_curve_is_auto_without_a_target(world: World) -> None:
    await bath_runs(world)
    assert world.value(CLIMATE) == HVACMode.HEAT
    assert world.state(CLIMATE).attributes[ATTR_TEMPERATURE] == 60.0
    await bath_runs(world, register(enabled=False))
    assert world.value(CLIMATE) == HVACMode.AUTO
    assert world.state(CLIMATE).attributes[ATTR_TEMPERATURE] is None


async def test_limits_are_those_of_the_device(world: World) -> None:
    await bath_runs(
        world, {**BATH_REGISTER, "config": {**BATH_CONFIG, "temp_limitout_max": 50, "temp_limitout_min": 30}}
    )
    attributes = world.state(CLIMATE).attributes
    assert (attributes["min_temp"], attributes["max_temp"]) == (30, 49.8)


@pytest.mark.parametrize(
    ("channels", "action"),
    [
        ({"Heater": 1}, HVACAction.HEATING),
        ({"Heater": 0}, HVACAction.IDLE),
        ({"Heater": 1, "EmergencyState": 1}, HVACAction.OFF),
    ],
)
async def test_the_action_is_what_the_heater_does(world: World, channels: dict[str, Any], action: HVACAction) -> None:
    await bath_runs(world, **channels)
    assert world.state(CLIMATE).attributes[ATTR_HVAC_ACTION] == action


async def test_a_new_target_is_collected_sent_once_and_shown_until_the_device_confirms_it(world: World) -> None:
    await bath_runs(world)
    for target_c in (58, 57, 56.5):
        await world.acts("climate", "set_temperature", CLIMATE, temperature=target_c)
    assert world.state(CLIMATE).attributes[ATTR_TEMPERATURE] == 56.5
    assert world.sent(BATH_RESPONSE) == []
    await world.passes(3)
    (message,) = world.sent(BATH_RESPONSE)
    (command,) = message["commands"]
    assert command["command"] == "config_update"
    assert command["config"]["bath_setpoint"]["target"] == 56.5
    assert not {"wifi", "mqtt"} & command["config"].keys()
    await bath_runs(world, register(target=56.5))
    assert world.state(CLIMATE).attributes[ATTR_TEMPERATURE] == 56.5


async def test_a_target_that_the_device_did_not_take_is_not_pretended(world: World) -> None:
    await bath_runs(world)
    await world.acts("climate", "set_temperature", CLIMATE, temperature=56.5)
    await world.passes(3)
    await bath_runs(world, register(target=60.0))
    assert world.state(CLIMATE).attributes[ATTR_TEMPERATURE] == 60.0


async def test_a_target_and_a_mode_travel_together(world: World) -> None:
    await bath_runs(world, register(enabled=False))
    await world.acts("climate", "set_temperature", CLIMATE, **{ATTR_TEMPERATURE: 50, ATTR_HVAC_MODE: HVACMode.HEAT})
    await world.passes(3)
    (message,) = world.sent(BATH_RESPONSE)
    (command,) = message["commands"]
    assert command["config"]["bath_setpoint"] == {"enabled": True, "target": 50}


@pytest.mark.parametrize(("mode", "enabled"), [(HVACMode.AUTO, False), (HVACMode.HEAT, True)])
async def test_a_mode_is_a_change_of_settings(world: World, mode: HVACMode, enabled: bool) -> None:
    await bath_runs(world, register(enabled=not enabled))
    await world.acts("climate", "set_hvac_mode", CLIMATE, hvac_mode=mode)
    await world.passes(3)
    (message,) = world.sent(BATH_RESPONSE)
    assert message["commands"][0]["config"]["bath_setpoint"]["enabled"] is enabled


async def test_a_target_above_the_limit_of_the_device_is_refused(world: World) -> None:
    await bath_runs(world)
    with pytest.raises(ServiceValidationError):
        await world.acts("climate", "set_temperature", CLIMATE, temperature=64.9)
    await world.passes(3)
    assert world.sent(BATH_RESPONSE) == []


@pytest.mark.parametrize(
    "asked",
    [{ATTR_TEMPERATURE: 50, ATTR_HVAC_MODE: HVACMode.OFF}, {ATTR_TEMPERATURE: 64.9, ATTR_HVAC_MODE: HVACMode.HEAT}],
    ids=["a mode it does not have", "a target above its limit"],
)
async def test_what_is_refused_is_refused_as_a_whole(world: World, asked: dict[str, Any]) -> None:
    await bath_runs(world, register(enabled=False))
    with pytest.raises(ServiceValidationError):
        await world.acts("climate", "set_temperature", CLIMATE, **asked)
    await world.passes(3)
    assert world.sent(BATH_RESPONSE) == []


async def test_settings_of_an_original_bath_are_remembered_over_a_restart(world: World) -> None:
    await bath_runs(world, register(target=55.5))
    await world.restarts()
    assert world.value(CLIMATE) == STATE_UNAVAILABLE
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    assert world.value(CLIMATE) == HVACMode.HEAT
    assert world.state(CLIMATE).attributes[ATTR_TEMPERATURE] == 55.5


async def test_the_mode_of_a_bath_that_told_no_settings_is_unknown(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    await world.passes(1)
    assert world.value(CLIMATE) == STATE_UNKNOWN
    assert world.state(CLIMATE).attributes["current_temperature"] == pytest.approx(55.3)


def ours(**control: bool) -> dict[str, Any]:
    """What a bath of ours registers that can turn its control off."""
    capabilities = ["ack", "hold_off", "soft_config", "off_mode"]
    return {**BATH_REGISTER, "capabilities": capabilities, "config": {**BATH_CONFIG, "control": control}}


async def test_an_original_cannot_be_turned_off(world: World) -> None:
    await bath_runs(world)
    assert world.state(CLIMATE).attributes["hvac_modes"] == [HVACMode.HEAT, HVACMode.AUTO]
    with pytest.raises(ServiceValidationError):
        await world.acts("climate", "set_hvac_mode", CLIMATE, hvac_mode=HVACMode.OFF)
    await world.passes(2)
    assert world.sent(BATH_RESPONSE) == []


async def test_a_bath_of_ours_is_turned_off_and_on_in_the_mode_from_before(world: World) -> None:
    boot = ours(enabled=True)
    boot["config"]["bath_setpoint"] = {**BATH_CONFIG["bath_setpoint"], "enabled": False}
    await bath_runs(world, boot)
    assert world.state(CLIMATE).attributes["hvac_modes"] == [HVACMode.OFF, HVACMode.HEAT, HVACMode.AUTO]
    turning = world.hass.async_create_task(world.acts("climate", "turn_off", CLIMATE))
    await world.passes(2)
    changes = [command for sent in world.sent(BATH_RESPONSE) for command in sent["commands"] if "config" in command]
    assert [change["config"] for change in changes] == [{"control": {"enabled": False}}]
    assert world.value(CLIMATE) == HVACMode.AUTO
    world.says(f"{BATH}/ack", {"id": changes[0]["id"], "result": "applied"})
    off = {**boot, "config": {**boot["config"], "control": {"enabled": False}}}
    await world.hears(f"{BATH}/register", off)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
    await turning
    assert world.value(CLIMATE) == HVACMode.OFF
    assert world.state(CLIMATE).attributes[ATTR_HVAC_ACTION] == HVACAction.OFF
    world.forget_sent()
    turning = world.hass.async_create_task(world.acts("climate", "turn_on", CLIMATE))
    await world.passes(2)
    (change,) = world.sent(BATH_RESPONSE)
    assert change["commands"][0]["config"] == {"control": {"enabled": True}}
    world.says(f"{BATH}/ack", {"id": change["commands"][0]["id"], "result": "applied"})
    await world.hears(f"{BATH}/register", boot)
    await turning
    assert world.value(CLIMATE) == HVACMode.AUTO


async def test_turning_a_bath_off_lets_go_of_a_heater_that_is_held_on(world: World) -> None:
    await bath_runs(world, ours(enabled=True), Heater=0)
    hub = world.entry.runtime_data
    (bath,) = hub.devices.values()
    bath.controller.set_output(Output.HEATER, True, time.monotonic())
    await world.passes(1)
    world.forget_sent()
    turning = world.hass.async_create_task(world.acts("climate", "turn_off", CLIMATE))
    await world.passes(2)
    commands = [command for sent in world.sent(BATH_RESPONSE) for command in sent["commands"]]
    assert ("heater", "auto") in [(command["command"], command.get("action")) for command in commands]
    world.forget_sent()
    world.says(f"{BATH}/ack", {"id": next(one["id"] for one in commands if "config" in one), "result": "applied"})
    for _ in range(22):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
        await world.passes(30, step_s=5)
    await turning
    assert "on" not in str(world.sent(BATH_RESPONSE))
