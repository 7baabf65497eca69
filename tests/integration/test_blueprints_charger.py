"""The blueprint that cuts the charger: it is looked at until it is off, and nothing turns it on again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from pytest_homeassistant_custom_component.common import async_mock_service

from tests.integration.blueprint_stories import Switches, device_of, flows, imports_blueprints, notices, uses_blueprint
from tests.integration.stories import World

CHARGER, SECOND = "switch.charger", "switch.second_charger"
SIREN, LAMP = "siren.hall", "light.hall"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.EVENT)


@pytest.fixture(autouse=True)
def _imported(hass: HomeAssistant, tmp_path: Path) -> None:
    imports_blueprints(hass, tmp_path)


@pytest.fixture
def switches(hass: HomeAssistant) -> Switches:
    return Switches(hass, CHARGER, SECOND)


@pytest.fixture
def siren(hass: HomeAssistant) -> Callable[[], list[str]]:
    """What sirens and lights were told, in order."""
    calls: list[ServiceCall] = []
    for domain, service in (("siren", "turn_on"), ("siren", "turn_off"), ("light", "turn_on"), ("light", "turn_off")):
        async_mock_service(hass, domain, service)
        hass.services.async_register(domain, service, calls.append)
    return lambda: [f"{call.domain}.{call.service}" for call in calls]


async def guarded(world: World, **inputs: Any) -> None:
    """Two quiet batteries, and an automation that guards their charger."""
    await world.battery_lives(3)
    await world.battery_lives(1, topic="btr/cell-8/sensor")
    devices = [device_of(world), device_of(world, "battery_cell-8")]
    chosen = {"devices": devices, "chargers": [CHARGER], "patience": 2, "tries": 3}
    await uses_blueprint(world.hass, "cut_charger", **{**chosen, **inputs})


async def burns(world: World, cell: str = "cell-7") -> None:
    await world.battery_lives(3, 85.0, topic=f"btr/{cell}/sensor")


async def burns_on(world: World) -> None:
    """The same while the automation waits for a charger."""
    await flows(world, 2, temp_internal_c=85.0)


async def act(world: World, action: str, cell: str = "cell-7") -> None:
    data = {"device_id": device_of(world, f"battery_{cell}")}
    await world.hass.services.async_call("btr", action, data, blocking=True)
    await world.hass.async_block_till_done()


async def test_a_danger_cuts_the_charger_once_and_nothing_else(world: World, switches: Switches) -> None:
    await guarded(world)
    await burns(world)
    assert set(switches.offs) == {CHARGER}
    assert world.value(CHARGER) == "off"
    assert world.value(SECOND) == "on"
    assert notices(world.hass) == []


async def test_every_charger_is_cut_and_looked_at(world: World, switches: Switches) -> None:
    switches.stuck = {SECOND}
    await guarded(world, chargers=[CHARGER, SECOND])
    await burns_on(world)
    assert world.value(CHARGER) == "off"
    await flows(world, 10)
    assert switches.offs.count(SECOND) >= 3
    (notice,) = notices(world.hass)
    assert notice.startswith("Battery cell-7: ")
    assert notice.endswith("Not known to be off: switch.second_charger. Cut the power by hand.")


@pytest.mark.parametrize("state", ["unavailable", "unknown", "on", None])
async def test_a_charger_that_is_not_known_to_be_off_is_told_and_more_is_done(
    world: World, switches: Switches, state: str | None
) -> None:
    switches.stuck = {CHARGER}
    if state is None:
        world.hass.states.async_remove(CHARGER)
    else:
        world.hass.states.async_set(CHARGER, state)
    called = async_mock_service(world.hass, "script", "call_the_janitor")
    more = [{"action": "script.call_the_janitor", "data": {"chargers": "{{ still_on }}", "about": "{{ message }}"}}]
    await guarded(world, when_still_on=more)
    await burns_on(world)
    await flows(world, 10)
    assert called[0].data["chargers"] == [CHARGER]
    assert called[0].data["about"].startswith("Battery cell-7: ")
    assert len(notices(world.hass)) == 1


@pytest.mark.parametrize("before", ["on", "unavailable"])
async def test_a_charger_that_answers_late_is_no_alarm(world: World, switches: Switches, before: str) -> None:
    switches.stuck = {CHARGER}
    world.hass.states.async_set(CHARGER, before)
    await guarded(world)
    await burns_on(world)
    world.hass.states.async_set(CHARGER, "off")
    await flows(world, 10)
    assert notices(world.hass) == []
    assert len(switches.offs) < 6


async def test_a_switch_that_fails_is_tried_again_while_the_siren_sounds(
    world: World, siren: Callable[[], list[str]]
) -> None:
    world.hass.states.async_set(CHARGER, "on")
    tried = async_mock_service(world.hass, "switch", "turn_off", raise_exception=HomeAssistantError("no answer"))
    await guarded(world, sirens=[SIREN], lights=[LAMP])
    await burns_on(world)
    await flows(world, 10)
    assert len(tried) >= 3
    assert set(siren()) == {"siren.turn_on", "light.turn_on"}
    assert len(notices(world.hass)) == 1


async def test_a_warning_cuts_the_charger_only_if_the_user_wants_it(world: World, switches: Switches) -> None:
    await guarded(world)
    await world.battery_lives(10, 55.0)
    assert switches.offs == []
    await world.hass.services.async_call("automation", "turn_off", {"entity_id": "automation.story"}, blocking=True)


async def test_a_warning_can_be_enough(world: World, switches: Switches) -> None:
    await guarded(world, levels=["warning", "danger"])
    await world.battery_lives(10, 55.0)
    assert world.value(CHARGER) == "off"


async def test_nothing_turns_the_charger_on_again(world: World, switches: Switches) -> None:
    await guarded(world)
    await burns(world)
    await act(world, "acknowledge")
    await world.battery_lives(70)
    assert world.state("binary_sensor.battery_cell_7_thermal_runaway").attributes["alarm_level"] == "none"
    assert switches.ons == []
    assert world.value(CHARGER) == "off"


async def test_a_charger_that_is_turned_on_while_nobody_has_seen_the_alarm_is_cut_again(
    world: World, switches: Switches
) -> None:
    await guarded(world)
    await burns(world)
    world.hass.states.async_set(CHARGER, "on")
    await world.passes(320, step_s=20)
    assert world.value(CHARGER) == "off"


@pytest.mark.parametrize("answer", ["acknowledge", "snooze"])
async def test_the_siren_sounds_until_somebody_answers(
    world: World, switches: Switches, siren: Callable[[], list[str]], answer: str
) -> None:
    await guarded(world, sirens=[SIREN], lights=[LAMP])
    await burns(world)
    assert siren()[-2:] == ["siren.turn_on", "light.turn_on"]
    await act(world, answer)
    assert siren()[-1] == "siren.turn_off"
    assert "light.turn_off" not in siren()


async def test_the_siren_goes_on_while_another_battery_has_an_alarm_that_nobody_has_seen(
    world: World, switches: Switches, siren: Callable[[], list[str]]
) -> None:
    await guarded(world, sirens=[SIREN])
    await burns(world)
    await burns(world, "cell-8")
    await act(world, "acknowledge")
    assert "siren.turn_off" not in siren()
    await act(world, "acknowledge", "cell-8")
    assert siren()[-1] == "siren.turn_off"


async def test_what_was_told_of_a_charger_is_taken_away_when_it_is_cut_after_all(
    world: World, switches: Switches
) -> None:
    switches.stuck = {CHARGER}
    await guarded(world)
    await burns_on(world)
    await flows(world, 10)
    assert len(notices(world.hass)) == 1
    switches.stuck = set()
    await flows(world, 320, step_s=20)
    assert world.value(CHARGER) == "off"
    assert notices(world.hass) == []


async def test_the_siren_falls_silent_when_each_of_two_alarms_is_snoozed(
    world: World, switches: Switches, siren: Callable[[], list[str]]
) -> None:
    await guarded(world, sirens=[SIREN])
    await burns(world)
    await burns(world, "cell-8")
    await act(world, "snooze")
    assert "siren.turn_off" not in siren()
    await act(world, "snooze", "cell-8")
    assert siren()[-1] == "siren.turn_off"


async def test_a_danger_cuts_the_charger_also_where_a_warning_was_chosen_alone(
    world: World, switches: Switches, siren: Callable[[], list[str]]
) -> None:
    await guarded(world, sirens=[SIREN], levels=["warning"])
    await burns(world)
    assert world.value(CHARGER) == "off"
    await act(world, "acknowledge")
    assert siren()[-1] == "siren.turn_off"


async def test_the_end_of_a_drill_silences_no_siren_of_a_real_alarm(
    world: World, switches: Switches, siren: Callable[[], list[str]]
) -> None:
    await guarded(world, sirens=[SIREN])
    await act(world, "run_drill")
    await world.passes(15)
    assert siren() == ["siren.turn_on"]
    await burns(world)
    assert siren()[-1] == "siren.turn_on"
    assert world.value(CHARGER) == "off"


async def test_a_drill_sounds_the_siren_and_leaves_the_charger_alone(
    world: World, switches: Switches, siren: Callable[[], list[str]]
) -> None:
    await guarded(world, sirens=[SIREN], levels=["warning", "danger"])
    await act(world, "run_drill")
    await world.passes(65)
    assert siren()[0] == "siren.turn_on"
    assert siren()[-1] == "siren.turn_off"
    assert switches.offs == []


async def test_a_drill_cuts_the_charger_and_is_silent_when_the_user_wants_that(
    world: World, switches: Switches, siren: Callable[[], list[str]]
) -> None:
    await guarded(world, sirens=[SIREN], lights=[LAMP], cut_in_drill=True, sound_in_drill=False)
    await act(world, "run_drill")
    await world.passes(15)
    assert world.value(CHARGER) == "off"
    assert siren() == []


async def test_a_charger_that_does_not_answer_holds_up_no_siren(
    world: World, switches: Switches, siren: Callable[[], list[str]]
) -> None:
    switches.stuck = {CHARGER}
    await guarded(world, sirens=[SIREN], patience=60, tries=3)
    await burns_on(world)
    await world.hass.services.async_call("btr", "acknowledge", {"device_id": device_of(world)}, blocking=True)
    await flows(world, 1)
    assert siren()[-1] == "siren.turn_off"
    await flows(world, 270, step_s=30)
    assert len(notices(world.hass)) == 1
