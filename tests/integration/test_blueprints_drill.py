"""The blueprint that runs the drill: on its day and hour, and heard, or told that it was not."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import async_fire_time_changed, async_mock_service

from tests.integration.blueprint_stories import (
    AUTOMATION,
    device_of,
    flows,
    imports_blueprints,
    notices,
    uses_blueprint,
)
from tests.integration.stories import World

ALARM = "event.battery_cell_7_alarm"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.EVENT)


@pytest.fixture(autouse=True)
async def _imported(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[None]:
    """The automation waits for next week until it is turned off."""
    imports_blueprints(hass, tmp_path)
    yield
    await hass.services.async_call("automation", "turn_off", {"entity_id": AUTOMATION}, blocking=True)


async def planned(world: World, *others: str, **inputs: Any) -> None:
    """A quiet battery, and a drill at eleven on Sundays where Home Assistant lives."""
    await world.hass.config.async_set_time_zone("UTC")
    await world.battery_lives(1)
    devices = [device_of(world), *others]
    await uses_blueprint(world.hass, "weekly_drill", **{"devices": devices, "weekdays": ["sun"], **inputs})


async def comes(world: World, day: str, seconds: float = 2) -> None:
    """The clock reaches eleven on a day."""
    world.freezer.move_to(f"{day} 10:59:59.500+00:00")
    async_fire_time_changed(world.hass)
    await flows(world, seconds)


async def test_the_drill_runs_on_its_day_and_is_heard(world: World) -> None:
    await planned(world)
    await comes(world, "2026-11-28")
    assert world.value(ALARM) == "unknown"
    await comes(world, "2026-11-29")
    assert world.state(ALARM).attributes["event_type"] == "raised"
    assert world.state(ALARM).attributes["drill"] is True
    await flows(world, 70)
    assert notices(world.hass) == []


async def test_a_drill_that_does_not_arrive_is_told_and_more_is_done(world: World) -> None:
    called = async_mock_service(world.hass, "script", "write_a_mail")
    more = [{"action": "script.write_a_mail", "data": {"missing": "{{ missing }}"}}]
    await planned(world, when_missing=more)
    er.async_get(world.hass).async_update_entity(ALARM, disabled_by=er.RegistryEntryDisabler.USER)
    await world.hass.async_block_till_done()
    await comes(world, "2026-11-29")
    await flows(world, 62, step_s=2)
    (notice,) = notices(world.hass)
    assert "from: Battery cell-7." in notice
    assert called[0].data["missing"] == ["Battery cell-7"]


async def test_a_drill_that_a_real_alarm_forbids_is_told_and_the_next_device_is_tried(world: World) -> None:
    await world.battery_lives(1, topic="btr/cell-8/sensor")
    await planned(world, device_of(world, "battery_cell-8"))
    await world.battery_lives(3, 85.0)
    await comes(world, "2026-11-29")
    await flows(world, 62, step_s=2)
    (notice,) = notices(world.hass)
    assert "from: Battery cell-7." in notice
    assert world.state("event.battery_cell_8_alarm").attributes["drill"] is True


async def test_the_drill_of_last_week_proves_nothing(world: World) -> None:
    await planned(world)
    await comes(world, "2026-11-29", 70)
    assert world.state(ALARM).attributes["drill"] is True
    # While Home Assistant starts no event is told, so that this one does not arrive
    world.hass.set_state(CoreState.starting)
    await comes(world, "2026-12-06")
    await flows(world, 62, step_s=2)
    assert len(notices(world.hass)) == 1
    world.hass.set_state(CoreState.running)


async def test_what_becomes_of_a_real_alarm_proves_no_drill(world: World) -> None:
    await planned(world)
    await world.battery_lives(3, 85.0)
    await comes(world, "2026-11-29")
    await world.hass.services.async_call("btr", "acknowledge", {"device_id": device_of(world)}, blocking=True)
    await flows(world, 62, step_s=2)
    assert world.state(ALARM).attributes["event_type"] == "acknowledged"
    assert len(notices(world.hass)) == 1
