"""A restart of Home Assistant while a bath heats or stands still: nothing that was seen is forgotten."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.btr.const import DOMAIN

from .stories import BATH, BATH_REGISTER, BATH_RESPONSE, World, bath_telemetry

EMERGENCY_ON = {"commands": [{"command": "emergency", "action": "on"}]}


async def test_a_bath_that_falls_silent_while_home_assistant_restarts_is_an_alarm(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    await world.restarts()
    await world.passes(140, step_s=5)
    assert world.state("event.bath_lab_1_alarm").attributes.get("event_type") is None
    await world.passes(20, step_s=5)
    alarm = world.state("event.bath_lab_1_alarm").attributes
    assert (alarm["event_type"], alarm["cause"]) == ("raised", "silent_heater")


async def test_i12_a_stop_at_the_bath_outlives_a_power_cut_of_bath_and_home_assistant(
    world: World, hass_storage: dict[str, Any]
) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=1))
    await world.passes(1)
    kept = hass_storage[f"{DOMAIN}.btr-entry"]["data"]["devices"]["bath_lab-1"]
    assert kept["seen"] == {"heater_on": True, "stopped": True}, "a power cut leaves no time to write"
    await world.restarts()
    world.forget_sent()
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=0))
    assert world.sent(BATH_RESPONSE) == [EMERGENCY_ON]


async def test_a_note_that_cannot_be_read_does_not_keep_a_bath_away(world: World, hass_storage: dict[str, Any]) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    await world.passes(1)
    await world.hass.config_entries.async_unload(world.entry.entry_id)
    hass_storage[f"{DOMAIN}.btr-entry"]["data"]["devices"]["bath_lab-1"]["seen"] = {"heater_on": 7}
    await world.hass.config_entries.async_setup(world.entry.entry_id)
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    assert world.value("sensor.bath_lab_1_tank_temperature") == "70.0"


async def test_our_bath_that_registers_without_the_time_is_not_deaf(
    hass: HomeAssistant, world: World, issue_registry: ir.IssueRegistry
) -> None:
    register = {**BATH_REGISTER, "timestamp": "1970-01-01 08:00:20", "capabilities": ["ack", "soft_config"]}
    await world.hears(f"{BATH}/register", register)
    assert issue_registry.async_get_issue(DOMAIN, "booted_offline_bath_lab-1") is None
    await world.hears(f"{BATH}/register", {**register, "capabilities": []})
    assert issue_registry.async_get_issue(DOMAIN, "booted_offline_bath_lab-1") is not None
