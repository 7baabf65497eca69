"""Drills: an alarm of one minute that proves that it is heard, marked as what it is."""

from typing import Any

import pytest
from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError

from tests.integration.alarm_stories import ACKNOWLEDGE, ALARM, DRILL, RUNAWAY, STORE, Listener
from tests.integration.stories import BATH, NODE, World, bath_telemetry


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SWITCH)


async def test_a_drill_runs_from_end_to_end_and_corrects_nothing(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    world.forget_sent()
    listener = Listener(hass)
    await world.acts("switch", "turn_on", DRILL)
    await world.battery_lives(15)
    assert world.value(DRILL) == STATE_ON
    await world.acts("button", "press", ACKNOWLEDGE)
    await world.battery_lives(50)
    assert listener.kinds == ["drill", "raised", "escalated", "acknowledged", "cleared"]
    assert all(told["drill"] for told in listener.told)
    assert listener.told[1]["message"].startswith("Drill, no real alarm: Battery cell-7: Warning, because")
    assert world.value(DRILL) == STATE_OFF
    assert world.value(RUNAWAY) == STATE_OFF
    assert world.sent(f"{NODE}/statue") == []


async def test_a_real_alarm_ends_the_drill_at_once(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    await world.acts("switch", "turn_on", DRILL)
    listener = Listener(hass)
    await world.battery_lives(5, 85.0)
    assert [(told["event_type"], told["drill"]) for told in listener.told][:2] == [("cleared", True), ("raised", False)]
    assert world.value(DRILL) == STATE_OFF
    with pytest.raises(ServiceValidationError) as refused:
        await world.acts("switch", "turn_on", DRILL)
    assert refused.value.translation_key == "refused_alarm_stands"


async def test_a_drill_is_ended_by_its_switch(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    await world.acts("switch", "turn_on", DRILL)
    await world.acts("switch", "turn_off", DRILL)
    assert world.value(DRILL) == STATE_OFF
    assert world.state(ALARM).attributes["event_type"] == "cleared"


async def test_the_end_of_a_drill_that_a_restart_has_cut_is_told_once(hass: HomeAssistant, world: World) -> None:
    """Given a restart in the middle of a drill, whoever it has called learns that it is over."""
    await world.battery_lives(5)
    await world.acts("switch", "turn_on", DRILL)
    await world.battery_lives(2)
    listener = Listener(hass)
    await world.restarts()
    await world.battery_lives(2)
    assert [(told["event_type"], told["drill"]) for told in listener.told] == [("cleared", True)]
    assert listener.told[0]["message"].startswith("Drill, no real alarm: Battery cell-7: ")
    assert world.value(DRILL) == STATE_OFF
    await world.restarts()
    await world.battery_lives(2)
    assert listener.kinds == ["cleared"]


async def test_the_drill_of_a_bath_ends_with_a_restart_as_well(hass: HomeAssistant, world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    await world.acts("switch", "turn_on", "switch.bath_lab_1_drill")
    await world.passes(1)
    listener = Listener(hass, "event.bath_lab_1_alarm")
    await world.restarts()
    await world.passes(1)
    assert listener.kinds == ["cleared"]
    assert world.value("switch.bath_lab_1_drill") == STATE_OFF


async def test_a_drill_that_is_running_is_on_disk_at_once(world: World, hass_storage: dict[str, Any]) -> None:
    await world.battery_lives(5)
    await world.acts("switch", "turn_on", DRILL)
    await world.battery_lives(1)
    assert hass_storage[STORE]["data"]["devices"]["battery_cell-7"]["drill"] is True
    await world.acts("switch", "turn_off", DRILL)
    await world.battery_lives(1)
    assert hass_storage[STORE]["data"]["devices"]["battery_cell-7"]["drill"] is False
