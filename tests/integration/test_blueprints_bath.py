"""The blueprint about faults of a bath: told as chosen, and with the stop if that is wanted."""

from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import async_mock_service

from tests.integration.blueprint_stories import Phone, device_of, flows, imports_blueprints, notices, uses_blueprint
from tests.integration.stories import BATH, BATH_REGISTER, BATH_RESPONSE, World, bath_telemetry

ALARM = "event.bath_lab_1_alarm"
STOP = "switch.bath_lab_1_emergency_stop"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.EVENT, Platform.SWITCH)


@pytest.fixture(autouse=True)
def _imported(hass: HomeAssistant, tmp_path: Path) -> None:
    imports_blueprints(hass, tmp_path)


@pytest.fixture
def phone(hass: HomeAssistant) -> Phone:
    return Phone(hass)


async def watched(world: World, **inputs: Any) -> None:
    """A bath that works, and an automation that watches it."""
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    chosen = {"baths": {"device_id": device_of(world, "bath_lab-1")}}
    await uses_blueprint(world.hass, "bath_fault_alert", **{**chosen, **inputs})
    world.forget_sent()


async def overheats(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry(TankTemp=99, Heater=0))


async def loses_a_probe(world: World) -> None:
    for _ in range(3):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(TempOut1=-127))
        await world.passes(60, step_s=20)


def stops(world: World) -> list[Any]:
    return [sent for sent in world.sent(BATH_RESPONSE) if "emergency" in str(sent)]


async def test_a_fault_is_told_on_the_phone_and_in_home_assistant(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id])
    await overheats(world)
    assert world.state(ALARM).attributes["event_type"] == "raised"
    (told,) = phone.told
    page = f"/config/devices/device/{device_of(world, 'bath_lab-1')}"
    assert told["title"] == "Bath fault"
    assert told["message"].startswith("Bath lab-1: Danger, because the tank has 99.0 °C and its limit is ")
    assert (told["data"]["url"], told["data"]["clickAction"]) == (page, page)
    assert notices(world.hass) == [told["message"]]
    assert stops(world) == []


async def test_what_was_told_is_taken_away_when_the_fault_is_over(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id])
    await overheats(world)
    data = {"device_id": device_of(world, "bath_lab-1")}
    await world.hass.services.async_call("btr", "acknowledge", data, blocking=True)
    for _ in range(15):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
        await world.passes(60, step_s=20)
    assert world.state(ALARM).attributes["event_type"] == "cleared"
    assert phone.told[-1]["message"] == "clear_notification"
    assert phone.told[-1]["data"]["tag"] == phone.told[0]["data"]["tag"]
    assert notices(world.hass) == []


async def test_faults_below_the_level_or_of_another_cause_are_not_told(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id], causes=["relay_stuck", "probe_fault"], levels=["danger"])
    await overheats(world)
    assert world.state(ALARM).attributes["cause"] == "tank_over_limit"
    assert phone.told == []
    assert notices(world.hass) == []


async def test_a_warning_is_not_told_to_who_wants_dangers_only(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id], levels=["danger"])
    await loses_a_probe(world)
    assert world.state(ALARM).attributes["level"] == "warning"
    assert phone.told == []


async def test_a_fault_of_a_chosen_level_and_cause_is_told(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id], causes=["probe_fault"], levels=["warning"])
    await loses_a_probe(world)
    assert world.state(ALARM).attributes["cause"] == "probe_fault"
    assert phone.told


async def test_what_was_told_is_taken_away_also_when_another_fault_that_is_not_told_came_to_it(
    world: World, phone: Phone
) -> None:
    await watched(world, phones=[phone.id], causes=["probe_fault"])
    await loses_a_probe(world)
    await overheats(world)
    assert world.state(ALARM).attributes["cause"] == "tank_over_limit"
    assert len(notices(world.hass)) == 1
    data = {"device_id": device_of(world, "bath_lab-1")}
    await world.hass.services.async_call("btr", "acknowledge", data, blocking=True)
    for _ in range(15):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
        await world.passes(60, step_s=20)
    assert world.state(ALARM).attributes["event_type"] == "cleared"
    assert phone.told[-1]["message"] == "clear_notification"
    assert notices(world.hass) == []


async def test_a_danger_is_told_also_where_warnings_were_chosen_alone(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id], levels=["warning"])
    await overheats(world)
    assert phone.told


async def test_the_bath_is_stopped_when_the_user_wants_that(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id], emergency_stop=True)
    await overheats(world)
    assert world.value(STOP) == "on"
    assert stops(world)
    assert phone.told


async def test_i12_the_stop_is_not_released_when_the_fault_is_over(world: World) -> None:
    await watched(world, emergency_stop=True)
    await overheats(world)
    data = {"device_id": device_of(world, "bath_lab-1")}
    await world.hass.services.async_call("btr", "acknowledge", data, blocking=True)
    for _ in range(15):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=1, Heater=0, Pump=0))
        await world.passes(60, step_s=20)
    assert world.state(ALARM).attributes["event_type"] == "cleared"
    assert world.value(STOP) == "on"


async def test_a_drill_stops_no_bath(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id], emergency_stop=True)
    data = {"device_id": device_of(world, "bath_lab-1")}
    await world.hass.services.async_call("btr", "run_drill", data, blocking=True)
    await world.hass.async_block_till_done()
    assert phone.told[-1]["message"].startswith("Drill, no real alarm: ")
    assert world.value(STOP) == "off"
    assert stops(world) == []


async def test_a_stop_that_fails_holds_up_no_alert(world: World, phone: Phone) -> None:
    await watched(world, phones=[phone.id], emergency_stop=True)
    async_mock_service(world.hass, "btr", "emergency_stop", raise_exception=HomeAssistantError("not connected"))
    await overheats(world)
    assert phone.told


@pytest.mark.parametrize("more", [{"action": "script.that_is_gone"}, {"stop": "", "error": True}, {"delay": 3600}])
async def test_what_else_is_done_keeps_no_alert_from_the_phones(
    world: World, phone: Phone, more: dict[str, Any]
) -> None:
    await watched(world, phones=[phone.id], actions=[more])
    world.says(f"{BATH}/telemetry", bath_telemetry(TankTemp=99, Heater=0))
    await flows(world, 2)
    assert len(phone.told) == 1
    await flows(world, 330, step_s=30)
    assert len(phone.told) == 2, "nor the next one"


async def test_more_is_done_with_what_is_known(world: World) -> None:
    called = async_mock_service(world.hass, "script", "write")
    more = [{"action": "script.write", "data": {"text": "{{ message }}", "about": "{{ cause }} {{ device }}"}}]
    await watched(world, actions=more)
    await overheats(world)
    assert called[0].data["text"].startswith("Bath lab-1: Danger")
    assert called[0].data["about"] == f"tank_over_limit {device_of(world, 'bath_lab-1')}"
