"""Conditions: what an automation may ask of a battery or a bath, and what it gets for an answer."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.condition import async_validate_condition_config
from probatio import Invalid

from tests.integration.automations import automations, device_of, places_of
from tests.integration.stories import BATH, BATH_REGISTER, NODE, World, bath_telemetry

LEVEL = "sensor.battery_cell_7_risk_level"
BATTERY_ALARM = "binary_sensor.battery_cell_7_thermal_runaway"
BATH_ALARM = "binary_sensor.bath_lab_1_alarm"
STOP = "switch.bath_lab_1_emergency_stop"
CONTROL = "select.bath_lab_1_heater_control"
OTHER_BATH = "compostlab/v2/lab-2"
OTHER_STOP = "switch.bath_lab_2_emergency_stop"
LOCKED = {"schema_version": 2, "seq": 5, "uptime_s": 600, "mode": "setpoint"}

type Ask = Callable[[], Awaitable[tuple[bool, ...]]]


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.SELECT, Platform.SENSOR, Platform.SWITCH)


def when(key: str, target: str | dict[str, Any], **options: Any) -> dict[str, Any]:
    """One of our conditions on an entity, or on another target."""
    target = {"entity_id": target} if isinstance(target, str) else target
    return {"condition": f"btr.{key}", "target": target, "options": options}


async def asks(hass: HomeAssistant, *conditions: dict[str, Any]) -> Ask:
    """One automation for each condition, and how to find out which of them would go on."""
    rules = [({"trigger": "event", "event_type": "ask"}, [condition]) for condition in conditions]
    calls = await automations(hass, *rules)

    async def ask() -> tuple[bool, ...]:
        before = [len(noted) for noted in calls]
        hass.bus.async_fire("ask")
        await hass.async_block_till_done()
        return tuple(len(noted) > count for noted, count in zip(calls, before, strict=True))

    return ask


async def runs_away(world: World) -> None:
    """A cell that heats by 5 K/s."""
    await world.battery_lives(9, lambda time_s: 25.0 + 5 * time_s)


async def bath_says(world: World, root: str = BATH, **channels: float | str | None) -> None:
    """A bath boots and reports twice, so that a bad reading is believed."""
    world.says(f"{root}/register", BATH_REGISTER)
    for _ in range(2):
        await world.hears(f"{root}/telemetry", bath_telemetry(**{"Heater": 0, **channels}))


# --- the alarm


async def test_an_alarm_is_active_from_its_raising_to_its_end(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(10)
    is_active = await asks(hass, when("alarm_active", {"device_id": device_of(hass, BATTERY_ALARM)}))
    assert await is_active() == (False,)
    await runs_away(world)
    assert await is_active() == (True,)
    await world.acts("button", "press", "button.battery_cell_7_acknowledge_alarm")
    assert await is_active() == (True,)
    await world.battery_lives(60)
    assert await is_active() == (False,)


@pytest.mark.parametrize(("level", "answer"), [("warning", True), (["warning", "danger"], True), ("danger", False)])
async def test_a_warning_is_an_alarm_and_no_danger(
    hass: HomeAssistant, world: World, level: str | list[str], answer: bool
) -> None:
    await bath_says(world, TempOut2=-127)
    is_active = await asks(hass, when("alarm_active", BATH_ALARM, level=level))
    assert await is_active() == (answer,)
    assert (world.value(BATH_ALARM), world.state(BATH_ALARM).attributes["alarm_level"]) == ("off", "warning")


async def test_a_warning_stands_while_the_bath_is_silent(hass: HomeAssistant, world: World) -> None:
    await bath_says(world, TempOut2=-127)
    is_active = await asks(hass, when("alarm_active", BATH_ALARM))
    await world.passes(300, step_s=30)
    assert world.value("sensor.bath_lab_1_tank_temperature") == "unavailable"
    assert await is_active() == (True,)


async def test_i8_an_alarm_and_that_it_was_seen_survive_a_reload(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(10)
    await runs_away(world)
    ask = await asks(hass, when("alarm_active", BATTERY_ALARM), when("alarm_acknowledged", BATTERY_ALARM))
    await world.restarts()
    assert await ask() == (True, False)
    await world.acts("button", "press", "button.battery_cell_7_acknowledge_alarm")
    assert await ask() == (True, True)
    await world.restarts()
    assert await ask() == (True, True)


async def test_an_alarm_that_is_over_is_not_acknowledged_any_more(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(10)
    await runs_away(world)
    is_seen = await asks(hass, when("alarm_acknowledged", {"device_id": device_of(hass, BATTERY_ALARM)}))
    await world.acts("button", "press", "button.battery_cell_7_acknowledge_alarm")
    assert await is_seen() == (True,)
    await world.battery_lives(60)
    assert await is_seen() == (False,)


async def test_a_drill_is_no_alarm_that_stands(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    is_active = await asks(hass, when("alarm_active", BATTERY_ALARM))
    await world.acts("switch", "turn_on", "switch.battery_cell_7_drill")
    await world.battery_lives(2)
    assert await is_active() == (False,)


async def test_an_acknowledgement_may_have_to_be_old_enough(hass: HomeAssistant, world: World) -> None:
    await bath_says(world, TempOut2=-127)
    is_old = await asks(hass, when("alarm_acknowledged", BATH_ALARM, **{"for": {"seconds": 60}}))
    await world.passes(90, step_s=30)
    await world.acts("button", "press", "button.bath_lab_1_acknowledge_alarm")
    assert await is_old() == (False,)
    await world.passes(90, step_s=30)
    assert await is_old() == (True,)


# --- the level


async def test_the_level_is_the_one_of_the_assessment(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(10)
    target = {"device_id": device_of(hass, LEVEL)}
    serious = ["warning", "danger"]
    ask = await asks(hass, when("risk_level_is", target, level="normal"), when("risk_level_is", target, level=serious))
    assert await ask() == (True, False)
    await runs_away(world)
    assert await ask() == (False, True)


async def test_the_level_of_a_silent_node_is_none(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(10)
    is_calm = await asks(hass, when("risk_level_is", LEVEL, level="normal"))
    await world.hears(f"{NODE}/availability", "offline", retained=True)
    assert world.value(LEVEL) == "unavailable"
    assert await is_calm() == (False,)


async def test_the_judgement_of_the_node_itself_is_not_asked(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(10, local_status="WARNING", status="WARNING")
    local = "sensor.battery_cell_7_local_status"
    hass.states.async_set(local, "danger")
    is_danger = await asks(hass, when("risk_level_is", {"device_id": device_of(hass, local)}, level="danger"))
    assert await is_danger() == (False,)


# --- the bath


@pytest.mark.parametrize(("behavior", "answers"), [("any", (False, True, True)), ("all", (False, False, True))])
async def test_a_stop_is_engaged_for_any_or_all_baths(
    hass: HomeAssistant, world: World, behavior: str, answers: tuple[bool, ...]
) -> None:
    await bath_says(world)
    await bath_says(world, OTHER_BATH)
    target = places_of(hass, STOP, OTHER_STOP)["floor"]
    is_stopped = await asks(hass, when("emergency_stop_engaged", target, behavior=behavior))
    told = [*await is_stopped()]
    for root in (BATH, OTHER_BATH):
        await bath_says(world, root, EmergencyState=1)
        told += await is_stopped()
    assert tuple(told) == answers


async def test_i12_a_stop_is_engaged_as_soon_as_it_is_wanted_and_after_a_reload(
    hass: HomeAssistant, world: World
) -> None:
    await bath_says(world)
    is_stopped = await asks(hass, when("emergency_stop_engaged", STOP))
    await world.acts("switch", "turn_on", STOP)
    assert await is_stopped() == (True,)
    await world.restarts()
    assert await is_stopped() == (True,)


@pytest.mark.parametrize(
    ("options", "answer"),
    [({}, True), ({"output": "pump"}, True), ({"output": ["heater", "aeration"]}, False), ({"behavior": "all"}, False)],
    ids=["default", "pump", "others", "all"],
)
async def test_an_output_is_under_manual_control_while_it_is_locked(
    hass: HomeAssistant, world: World, options: dict[str, Any], answer: bool
) -> None:
    await bath_says(world)
    is_manual = await asks(
        hass, when("output_under_manual_control", {"device_id": device_of(hass, CONTROL)}, **options)
    )
    assert await is_manual() == (False,)
    telemetry = bath_telemetry(Pump=1)
    await world.hears(f"{BATH}/telemetry", {**telemetry, **LOCKED, "locks": {"pump": 60000}})
    assert world.value("select.bath_lab_1_pump_control") == "on"
    assert await is_manual() == (answer,)
    await world.hears(f"{BATH}/telemetry", {**telemetry, **LOCKED, "seq": 6, "uptime_s": 601, "locks": {}})
    assert await is_manual() == (False,)


async def test_an_output_that_is_held_off_is_under_manual_control(hass: HomeAssistant, world: World) -> None:
    await bath_says(world)
    is_manual = await asks(hass, when("output_under_manual_control", CONTROL))
    await world.hears(f"{BATH}/telemetry", {**bath_telemetry(Heater=0), **LOCKED, "locks": {"heater": 60000}})
    assert world.value(CONTROL) == "off"
    assert await is_manual() == (True,)


# --- what is refused


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (when("risk_level_is", LEVEL), "required key not provided"),
        (when("risk_level_is", LEVEL, level=[]), "length of value must be at least 1"),
        (when("risk_level_is", LEVEL, level="unknown"), "value must be one of"),
        (when("alarm_active", BATH_ALARM, level=["normal"]), "value must be one of"),
        (when("alarm_active", BATH_ALARM, behavior="each"), "value must be one of"),
        (when("alarm_acknowledged", BATH_ALARM, level=["danger"]), "not a valid option"),
        (when("output_under_manual_control", CONTROL, output="siren"), "value must be one of"),
        ({"condition": "btr.alarm_active"}, "required key not provided"),
        (when("emergency_stop_engaged", "switch.bath_lab_1_heater"), "switch.bath_lab_1_heater cannot be used here"),
        (when("alarm_active", "binary_sensor.other"), "in binary_sensor for alarm, thermal_runaway"),
        (when("output_under_manual_control", "switch.not_there"), "switch.not_there cannot be used here"),
    ],
)
async def test_a_condition_that_could_never_be_true_is_refused(
    hass: HomeAssistant, world: World, config: dict[str, Any], why: str
) -> None:
    await bath_says(world)
    er.async_get(hass).async_get_or_create("binary_sensor", "other", "unique", suggested_object_id="other")
    with pytest.raises(Invalid, match=why):
        await async_validate_condition_config(hass, config)
