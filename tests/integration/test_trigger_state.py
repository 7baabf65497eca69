"""Triggers of the risk and of the emergency stop, and what no trigger takes."""

from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.trigger import async_validate_trigger_config
from hypothesis import given
from hypothesis import strategies as st
from probatio import Invalid

from custom_components.btr.trigger import ALARM_LEVELS, BATH_CAUSES, TRIGGERS
from tests.integration.automations import automation, device_of, places_of
from tests.integration.stories import BATH, BATH_REGISTER, World, bath_telemetry

RISK = "sensor.battery_cell_7_runaway_risk"
STOP = "switch.bath_lab_1_emergency_stop"
OTHER_STOP = "switch.bath_lab_2_emergency_stop"
RELEASE = "button.bath_lab_1_release_emergency_stop"
OTHER_BATH = "compostlab/v2/lab-2"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SENSOR, Platform.SWITCH)


def on(key: str, target: dict[str, Any], **options: Any) -> dict[str, Any]:
    """One of our triggers."""
    return {"trigger": f"btr.{key}", "target": target, "options": options}


def above(percent: float) -> dict[str, Any]:
    """A threshold as the user interface writes it."""
    return {"type": "above", "value": {"number": percent}}


async def baths_boot(world: World) -> None:
    """Two baths run, and neither is stopped."""
    for root in (BATH, OTHER_BATH):
        world.says(f"{root}/register", BATH_REGISTER)
        await world.hears(f"{root}/telemetry", bath_telemetry(Heater=0))


async def reports(world: World, root: str, *, stopped: bool) -> None:
    """A bath says whether it is stopped."""
    await world.hears(f"{root}/telemetry", bath_telemetry(Heater=0, EmergencyState=int(stopped)))


# --- the emergency stop


async def test_a_stop_triggers_when_it_is_engaged_here(hass: HomeAssistant, world: World) -> None:
    await baths_boot(world)
    calls = await automation(hass, on("emergency_stop_engaged", {"entity_id": STOP}))
    await world.acts("switch", "turn_on", STOP)
    await reports(world, BATH, stopped=True)
    assert [call.data["entity_id"] for call in calls] == [STOP]


async def test_a_stop_triggers_when_it_is_engaged_at_the_device(hass: HomeAssistant, world: World) -> None:
    await baths_boot(world)
    calls = await automation(hass, on("emergency_stop_engaged", {"device_id": device_of(hass, STOP)}))
    await reports(world, BATH, stopped=True)
    await reports(world, BATH, stopped=True)
    assert [call.data["entity_id"] for call in calls] == [STOP]


async def test_a_release_triggers_when_the_device_shows_it(hass: HomeAssistant, world: World) -> None:
    await baths_boot(world)
    await world.acts("switch", "turn_on", STOP)
    await reports(world, BATH, stopped=True)
    calls = await automation(hass, on("emergency_stop_released", {"entity_id": STOP}))
    await world.acts("button", "press", RELEASE)
    assert calls == []
    await world.passes(100, step_s=10)
    await reports(world, BATH, stopped=False)
    assert [call.data["entity_id"] for call in calls] == [STOP]


@pytest.mark.parametrize("key", ["emergency_stop_engaged", "emergency_stop_released"])
async def test_i12_a_reload_neither_engages_nor_releases_a_stop_for_an_automation(
    hass: HomeAssistant, world: World, key: str
) -> None:
    await baths_boot(world)
    await world.acts("switch", "turn_on", STOP)
    await reports(world, BATH, stopped=True)
    calls = await automation(hass, on(key, {"entity_id": [STOP, OTHER_STOP]}))
    await world.restarts()
    await reports(world, BATH, stopped=True)
    await reports(world, OTHER_BATH, stopped=False)
    assert (world.value(STOP), world.value(OTHER_STOP)) == ("on", "off")
    assert calls == []


@pytest.mark.parametrize(("behavior", "told"), [("each", [STOP, OTHER_STOP]), ("first", [STOP]), ("all", [OTHER_STOP])])
async def test_several_stops_trigger_each_or_first_or_all(
    hass: HomeAssistant, world: World, behavior: str, told: list[str]
) -> None:
    await baths_boot(world)
    target = places_of(hass, STOP, OTHER_STOP)["area"]
    calls = await automation(hass, on("emergency_stop_engaged", target, behavior=behavior))
    await reports(world, BATH, stopped=True)
    await reports(world, OTHER_BATH, stopped=True)
    assert [call.data["entity_id"] for call in calls] == told


async def test_a_stop_has_to_last_where_that_is_asked_for(hass: HomeAssistant, world: World) -> None:
    await baths_boot(world)
    calls = await automation(hass, on("emergency_stop_engaged", {"entity_id": STOP}, **{"for": {"seconds": 60}}))
    await reports(world, BATH, stopped=True)
    await world.passes(50, step_s=5)
    assert calls == []
    await world.passes(15, step_s=5)
    assert len(calls) == 1


async def test_no_other_switch_of_the_bath_is_its_stop(hass: HomeAssistant, world: World) -> None:
    await baths_boot(world)
    calls = await automation(hass, on("emergency_stop_engaged", {"device_id": device_of(hass, STOP)}))
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1, Aeration=1))
    assert world.value("switch.bath_lab_1_heater") == "on"
    assert calls == []


# --- the risk


def rising(time_s: float) -> float:
    """The model sees it, and no rule has to."""
    return 25.0 + 0.4 * time_s


async def test_the_risk_triggers_when_it_crosses_the_threshold(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(32)
    assert float(world.value(RISK)) < 20
    calls = await automation(
        hass, on("risk_crossed_threshold", {"device_id": device_of(hass, RISK)}, threshold=above(20))
    )
    await world.battery_lives(32, rising)
    assert float(world.value(RISK)) > 20
    assert [call.data["entity_id"] for call in calls] == [RISK]


async def test_a_risk_that_was_over_the_threshold_before_triggers_nothing(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(32)
    await world.battery_lives(32, rising)
    calls = await automation(hass, on("risk_crossed_threshold", {"entity_id": RISK}, threshold=above(20)))
    await world.restarts()
    await world.battery_lives(32, lambda time_s: rising(32 + time_s))
    assert float(world.value(RISK)) > 20
    assert calls == []


# --- what is refused


@pytest.mark.parametrize(
    ("config", "why"),
    [
        (on("alarm_raised", {"entity_id": "event.bath_lab_1_alarm"}, level=["normal"]), "value must be one of"),
        (on("alarm_raised", {"entity_id": "event.bath_lab_1_alarm"}, level=[]), "length of value must be at least 1"),
        (on("alarm_raised", {"entity_id": "event.bath_lab_1_alarm"}, levels=["danger"]), "not a valid option"),
        (on("bath_fault", {"entity_id": "event.bath_lab_1_alarm"}, cause="smoke"), "value must be one of"),
        (on("bath_fault", {"entity_id": "event.bath_lab_1_alarm"}, include_drills="perhaps"), "invalid boolean"),
        (on("correction_sent", {"entity_id": "event.x_alarm"}, level=["danger"]), "not a valid option"),
        (on("emergency_stop_engaged", {"entity_id": STOP}, behavior="sometimes"), "value must be one of"),
        (on("risk_crossed_threshold", {"entity_id": RISK}), "required key not provided"),
        ({"trigger": "btr.alarm_raised"}, "required key not provided"),
        (on("alarm_raised", {"entity_id": "switch.not_there"}), "switch.not_there cannot be used here; choose a dev"),
        (on("emergency_stop_engaged", {"entity_id": "switch.bath_lab_1_heater"}), "in switch for emergency"),
        (on("risk_crossed_threshold", {"entity_id": "sensor.other"}, threshold=above(1)), "sensor.other cannot be"),
    ],
)
async def test_a_trigger_that_could_never_fire_is_refused(
    hass: HomeAssistant, world: World, config: dict[str, Any], why: str
) -> None:
    await baths_boot(world)
    er.async_get(hass).async_get_or_create("sensor", "other", "unique", suggested_object_id="other")
    with pytest.raises(Invalid, match=why):
        await async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([config]))


async def test_an_automation_that_could_never_run_says_so(
    hass: HomeAssistant, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await baths_boot(world)
    await automation(hass, on("emergency_stop_engaged", {"entity_id": "switch.bath_lab_1_heater"}))
    assert world.value("automation.story_0") == "unavailable"
    assert "switch.bath_lab_1_heater cannot be used here; choose a device, or an entity of BTR" in caplog.text


async def test_an_entity_that_is_not_there_yet_is_no_error(hass: HomeAssistant, world: World) -> None:
    config = on("alarm_raised", {"entity_id": "event.battery_cell_9_alarm"})
    (validated,) = await async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA([config]))
    assert validated["options"] == {"level": ["warning", "danger"], "include_drills": True}


WORDS = st.sampled_from(["warning", "danger", "relay_stuck", "Danger", "", "true", "x"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=2),
    max_leaves=5,
)


@pytest.mark.parametrize("key", ["alarm_raised", "bath_fault"])
@given(options=st.dictionaries(st.sampled_from(["level", "cause", "include_drills"]), ANYTHING))
def test_whatever_stands_in_the_options_is_refused_or_a_choice(key: str, options: dict[str, Any]) -> None:
    config = {"target": {"entity_id": "event.battery_cell_7_alarm"}, "options": options}
    try:
        taken = TRIGGERS[key]._schema(config)["options"]  # type: ignore[attr-defined]
    except Invalid:
        return
    chosen = taken["level" if key == "alarm_raised" else "cause"]
    assert chosen
    assert set(chosen) <= {*ALARM_LEVELS, *BATH_CAUSES}
    assert isinstance(taken["include_drills"], bool)
