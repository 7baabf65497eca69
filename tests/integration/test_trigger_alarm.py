"""Triggers of alarms: what an automation gets of a battery or a bath in trouble, and of nothing else."""

from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import entity_registry as er

from tests.integration.automations import automation, device_of, kinds, places_of
from tests.integration.stories import BATH, BATH_REGISTER, World, bath_telemetry

BATTERY_ALARM = "event.battery_cell_7_alarm"
BATH_ALARM = "event.bath_lab_1_alarm"
DRILL = "switch.battery_cell_7_drill"
ACKNOWLEDGE = "button.battery_cell_7_acknowledge_alarm"
NO_DRILLS: dict[str, Any] = {"include_drills": False}


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BUTTON, Platform.EVENT, Platform.SWITCH)


def on(key: str, entity_id: str = BATTERY_ALARM, **options: Any) -> dict[str, Any]:
    """One of our triggers on an entity."""
    return {"trigger": f"btr.{key}", "target": {"entity_id": entity_id}, "options": options}


async def runs_away(world: World) -> None:
    """A quiet node, then a cell that heats by 5 K/s."""
    await world.battery_lives(10)
    await world.battery_lives(9, lambda time_s: 25.0 + 5 * time_s)


async def calms_down(world: World) -> None:
    """Somebody has seen the alarm, and the cell is cold for long enough."""
    await world.acts("button", "press", ACKNOWLEDGE)
    await world.battery_lives(60)


async def bath_boots(world: World) -> None:
    """A bath without a fault."""
    world.says(f"{BATH}/register", BATH_REGISTER)
    for _ in range(2):
        await world.hears(f"{BATH}/telemetry", bath_telemetry())


async def bath_says(world: World, **channels: float | str | None) -> None:
    """The bath reports twice, so that a bad reading is believed."""
    for _ in range(2):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(**channels))


# --- what is told


async def test_a_runaway_triggers_once_and_tells_why(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(1)
    calls = await automation(hass, on("alarm_raised"))
    await runs_away(world)
    (call,) = calls
    assert (call.data["entity_id"], call.data["level"], call.data["drill"]) == (BATTERY_ALARM, "danger", False)
    assert call.data["cause"] in {"rate", "temperature"}
    assert call.data["message"].startswith("Battery cell-7: Danger, because Internal temperature ")


async def test_two_alarms_one_after_the_other_are_two(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(1)
    raised = await automation(hass, on("alarm_raised"))
    for _ in range(2):
        await runs_away(world)
        await calms_down(world)
    assert kinds(raised) == ["raised", "raised"]


async def test_events_of_one_kind_in_a_row_each_trigger(hass: HomeAssistant, world: World) -> None:
    await bath_boots(world)
    calls = await automation(hass, on("alarm_escalated", BATH_ALARM))
    await bath_says(world, TempOut2=-127)
    await bath_says(world, TempOut2=-127, TankTemp=95)
    await bath_says(world, TempOut2=-127, TankTemp=95, TempOut1=80, TempOut3=80)
    assert [(call.data["event_type"], call.data["cause"]) for call in calls] == [
        ("escalated", "tank_over_limit"),
        ("escalated", "bath_over_limit"),
    ]


async def test_the_end_of_an_alarm_triggers(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(1)
    calls = await automation(hass, on("alarm_cleared"))
    await runs_away(world)
    assert calls == []
    await calms_down(world)
    assert [(call.data["event_type"], call.data["level"]) for call in calls] == [("cleared", "danger")]


async def test_a_correction_triggers_and_an_alarm_does_not(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(1)
    config = {"trigger": "btr.correction_sent", "target": {"entity_id": BATTERY_ALARM}}
    calls = await automation(hass, config)
    await runs_away(world)
    assert [(call.data["event_type"], call.data["level"]) for call in calls] == [("correction_sent", "danger")]


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ({}, ["raised"]),
        ({"level": ["danger", "warning"]}, ["raised"]),
        ({"level": "warning"}, ["raised"]),
        ({"level": ["danger"]}, []),
    ],
    ids=["default", "both", "warning", "danger"],
)
async def test_only_the_chosen_levels_trigger(
    hass: HomeAssistant, world: World, levels: dict[str, Any], told: list[str]
) -> None:
    await bath_boots(world)
    calls = await automation(hass, on("alarm_raised", BATH_ALARM, **levels))
    await bath_says(world, TempOut2=-127)
    assert kinds(calls) == told


# --- faults of baths


async def test_a_second_fault_of_a_bath_triggers_as_well(hass: HomeAssistant, world: World) -> None:
    await bath_boots(world)
    calls = await automation(hass, on("bath_fault", BATH_ALARM))
    await bath_says(world, TempOut2=-127)
    await bath_says(world, TempOut2=-127, TankTemp=95)
    assert [(call.data["cause"], call.data["level"]) for call in calls] == [
        ("probe_fault", "warning"),
        ("tank_over_limit", "danger"),
    ]


async def test_only_the_chosen_causes_trigger(hass: HomeAssistant, world: World) -> None:
    await bath_boots(world)
    calls = await automation(hass, on("bath_fault", BATH_ALARM, cause=["tank_over_limit", "silent_heater"]))
    await bath_says(world, TempOut2=-127)
    assert calls == []
    await bath_says(world, TempOut2=-127, TankTemp=95)
    assert [call.data["cause"] for call in calls] == ["tank_over_limit"]


async def test_the_alarm_of_a_battery_is_no_fault_of_a_bath(hass: HomeAssistant, world: World) -> None:
    await bath_boots(world)
    await world.battery_lives(1)
    target = places_of(hass, BATTERY_ALARM, BATH_ALARM)["area"]
    calls = await automation(hass, {"trigger": "btr.bath_fault", "target": target})
    await runs_away(world)
    assert calls == []
    await bath_says(world, TankTemp=95)
    assert [call.data["entity_id"] for call in calls] == [BATH_ALARM]


# --- drills


async def test_a_drill_proves_the_chain_and_says_that_it_is_one(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    calls = await automation(hass, on("alarm_raised"))
    await world.acts("switch", "turn_on", DRILL)
    await world.battery_lives(2)
    (call,) = calls
    assert call.data["drill"] is True
    assert call.data["message"].startswith("Drill, no real alarm: ")


async def test_a_drill_can_be_left_out_and_the_real_alarm_within_it_is_not(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    calls = await automation(hass, on("alarm_raised", **NO_DRILLS))
    await world.acts("switch", "turn_on", DRILL)
    await world.battery_lives(5)
    assert calls == []
    await world.battery_lives(5, 85.0)
    assert [call.data["drill"] for call in calls] == [False]


async def test_a_drill_of_a_bath_can_be_left_out(hass: HomeAssistant, world: World) -> None:
    await bath_boots(world)
    calls = await automation(hass, on("bath_fault", BATH_ALARM, **NO_DRILLS))
    await world.acts("switch", "turn_on", "switch.bath_lab_1_drill")
    await bath_says(world)
    await world.passes(15)
    assert calls == []


# --- when


async def test_a_reload_triggers_nothing_and_what_happens_after_it_does(hass: HomeAssistant, world: World) -> None:
    await runs_away(world)
    calls = await automation(hass, on("alarm_raised"))
    await world.restarts()
    world.broker_goes()
    await world.passes(2)
    world.broker_returns()
    await world.battery_lives(5, 80.0)
    assert calls == []
    await calms_down(world)
    await runs_away(world)
    assert kinds(calls) == ["raised"]


async def test_a_new_name_triggers_nothing(hass: HomeAssistant, world: World) -> None:
    await runs_away(world)
    calls = await automation(hass, on("alarm_escalated"))
    er.async_get(hass).async_update_entity(BATTERY_ALARM, name="Fire bell")
    await hass.async_block_till_done()
    assert world.state(BATTERY_ALARM).attributes["event_type"] == "escalated"
    assert calls == []


async def test_a_danger_from_before_the_start_triggers_once_home_assistant_runs(
    hass: HomeAssistant, world: World
) -> None:
    await world.battery_lives(5)
    calls = await automation(hass, on("alarm_raised"))
    hass.set_state(CoreState.starting)
    await world.battery_lives(5, 85.0)
    assert calls == []
    hass.set_state(CoreState.running)
    await world.passes(0.5)
    assert kinds(calls) == ["raised"]


async def test_a_node_that_burns_when_it_is_first_heard_triggers(hass: HomeAssistant, world: World) -> None:
    calls = await automation(hass, on("alarm_raised"))
    await world.battery_lives(5, 85.0)
    assert kinds(calls) == ["raised"]


@pytest.mark.parametrize("platforms", [(Platform.BUTTON,)], ids=["late"])
async def test_what_happened_before_the_events_were_there_triggers(hass: HomeAssistant, world: World) -> None:
    calls = await automation(hass, on("alarm_raised"))
    await world.battery_lives(5, 85.0)
    async with world.entry.setup_lock:
        await hass.config_entries.async_forward_entry_setups(world.entry, [Platform.EVENT])
    await world.passes(0.5)
    assert kinds(calls) == ["raised"]


# --- where


@pytest.mark.parametrize("kind", ["entity", "device", "area", "floor", "label"])
async def test_any_kind_of_target_means_the_alarms_of_ours_and_nothing_else(
    hass: HomeAssistant, world: World, kind: str
) -> None:
    await bath_boots(world)
    await world.battery_lives(1)
    target = places_of(hass, BATTERY_ALARM, BATH_ALARM)[kind]
    calls = await automation(hass, {"trigger": "btr.alarm_raised", "target": target})
    await bath_says(world, TankTemp=95)
    await runs_away(world)
    assert [call.data["entity_id"] for call in calls] == [BATH_ALARM, BATTERY_ALARM]


async def test_the_event_of_another_integration_on_the_same_device_is_not_ours(
    hass: HomeAssistant, world: World
) -> None:
    await world.battery_lives(1)
    device_id = device_of(hass, BATTERY_ALARM)
    other = er.async_get(hass).async_get_or_create(
        "event", "other", "unique", device_id=device_id, translation_key="alarm"
    )
    hass.states.async_set(other.entity_id, "unknown")
    calls = await automation(hass, {"trigger": "btr.alarm_raised", "target": {"device_id": device_id}})
    attributes = {"event_type": "raised", "level": "danger", "drill": False}
    hass.states.async_set(other.entity_id, "2026-11-22T12:00:00.000+00:00", attributes)
    await hass.async_block_till_done()
    assert calls == []
    await runs_away(world)
    assert [call.data["entity_id"] for call in calls] == [BATTERY_ALARM]
