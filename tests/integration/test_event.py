"""I8, as the user sees it: one event for everything that becomes of an alarm, with its reason in words."""

import json
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import translation
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.btr import async_remove_config_entry_device
from custom_components.btr.const import DOMAIN
from custom_components.btr.core import outcome
from custom_components.btr.core.messages import DeviceKey, DeviceKind, Level
from custom_components.btr.core.state import BathCause, Cause
from custom_components.btr.words import alarm_message
from tests.integration.stories import BATH, BATH_REGISTER, NODE, World, all_devices_speak, bath_telemetry

ALARM = "event.battery_cell_7_alarm"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"
DRILL = "switch.battery_cell_7_drill"
ACKNOWLEDGE = "button.battery_cell_7_acknowledge_alarm"
SNOOZE = "button.battery_cell_7_snooze_alarm"
INTERVAL = "number.battery_cell_7_reminder_interval"
STORE = "btr.btr-entry"
SILENT = {STATE_UNKNOWN, STATE_UNAVAILABLE}


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SWITCH)


class Listener:
    """Everything that an event entity told, as an automation would get it."""

    def __init__(self, hass: HomeAssistant, entity_id: str = ALARM) -> None:
        self.told: list[dict[str, Any]] = []
        before = hass.states.get(entity_id)
        told_at = {before.state} if before is not None else set()

        @callback
        def note(event: Event[Any]) -> None:
            new = event.data["new_state"]
            if event.data["entity_id"] != entity_id or new is None or new.state in told_at | SILENT:
                return
            told_at.add(new.state)
            self.told.append(dict(new.attributes))

        hass.bus.async_listen("state_changed", note)

    @property
    def kinds(self) -> list[str]:
        return [told["event_type"] for told in self.told]


async def runs_away(world: World) -> None:
    """A quiet node, then a cell that heats by 5 K/s; nobody does anything about it."""
    await world.battery_lives(10)
    await world.battery_lives(9, lambda time_s: 25.0 + 5 * time_s)


async def speaks(hass: HomeAssistant, language: str) -> None:
    """The user changes the language of a running Home Assistant."""
    translation.async_setup(hass)
    await hass.config.async_update(language=language)
    await hass.async_block_till_done()


@pytest.mark.usefixtures("enable_all_entities")
@pytest.mark.parametrize("platforms", [(Platform.EVENT,)], ids=["event"])
async def test_every_event_of_both_devices_and_families(
    hass: HomeAssistant,
    world: World,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    await all_devices_speak(world)
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


# --- what is told


async def test_i8_a_runaway_is_told_once_with_its_reason_in_words(hass: HomeAssistant, world: World) -> None:
    listener = Listener(hass)
    await runs_away(world)
    assert listener.kinds[:1] == ["raised"]
    assert listener.kinds.count("raised") == 1
    raised = listener.told[0]
    assert raised["message"].startswith("Battery cell-7: Danger, because Internal temperature rises by ")
    assert raised["message"].endswith(" °C per minute and the limit is 30.0.")
    assert (raised["level"], raised["cause"], raised["channel"]) == ("danger", "rate", "temp_internal_c")
    assert raised["value"] > raised["limit"] == 0.5
    assert raised["drill"] is False
    assert "model_score" in raised
    correction = listener.told[listener.kinds.index("correction_sent")]
    assert correction["message"].startswith("Battery cell-7: danger was sent to the node, which showed Normal, because")


async def test_the_sentence_is_in_the_language_of_home_assistant(hass: HomeAssistant, world: World) -> None:
    await speaks(hass, "zh-Hans")
    listener = Listener(hass)
    await runs_away(world)
    assert listener.told[0]["message"].startswith("Battery cell-7\N{FULLWIDTH COLON}危险")
    assert "内部温度每分钟上升" in listener.told[0]["message"]


async def test_an_alarm_is_told_even_while_the_texts_are_not_there(hass: HomeAssistant, world: World) -> None:
    hass.config.language = "tlh"
    listener = Listener(hass)
    await runs_away(world)
    assert listener.kinds[0] == "raised"
    assert "Battery cell-7" in listener.told[0]["message"]


async def test_the_sentence_has_the_name_that_the_user_gave(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(1)
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, "battery_cell-7"), world.entry.entry_id)
    assert device is not None
    registry.async_update_device(device.id, name_by_user="E-bike")
    await hass.async_block_till_done()
    listener = Listener(hass)
    await runs_away(world)
    assert listener.told[0]["message"].startswith("E-bike: Danger")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
async def test_every_kind_with_every_cause_is_a_sentence_below_a_kilobyte(
    hass: HomeAssistant, world: World, language: str
) -> None:
    await speaks(hass, language)
    key = DeviceKey(DeviceKind.BATTERY, "cell-7")
    kinds = ["raised", "escalated", "reminder", "acknowledged", "snoozed", "cleared", "drill", "correction_sent"]
    for cause in (*Cause, *BathCause):
        for kind in kinds:
            for channel in ("temp_internal_c", "outlet_12", "x" * 40):
                data = {
                    "level": Level.DANGER.key,
                    "cause": cause.value,
                    "channel": channel,
                    "value": 61.234567,
                    "limit": None if cause is Cause.SENSOR_FAULT else 60.0,
                    "since": "2026-11-22T12:00:00+00:00",
                    "until": None,
                    "drill": True,
                    "shown": "normal",
                    "model_score": 0.123,
                }
                message = alarm_message(hass, "长" * 300, outcome.Event(kind, key, data))
                assert "{" not in message
                assert message.endswith((".", "。"))
                assert "\n" not in message
                assert len(json.dumps({**data, "message": message}, ensure_ascii=False).encode()) < 1024


async def test_a_new_node_that_is_in_danger_when_it_is_first_heard_is_told(hass: HomeAssistant, world: World) -> None:
    listener = Listener(hass)
    await world.battery_lives(3, 85.0)
    assert listener.kinds[:1] == ["raised"]


async def test_nothing_is_told_before_home_assistant_has_started(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    listener = Listener(hass)
    hass.set_state(CoreState.starting)
    await world.battery_lives(5, 85.0)
    assert listener.kinds == []
    hass.set_state(CoreState.running)
    await world.passes(0.5)
    assert "raised" in listener.kinds


# --- reminders, acknowledgement, snooze


async def test_i8_reminders_come_every_five_minutes_until_it_is_acknowledged(hass: HomeAssistant, world: World) -> None:
    await runs_away(world)
    listener = Listener(hass)
    await world.passes(1000, step_s=20)
    assert listener.kinds.count("reminder") == 3
    reminder = listener.told[listener.kinds.index("reminder")]
    assert "not acknowledged since " in reminder["message"]
    await world.acts("button", "press", ACKNOWLEDGE)
    listener.told.clear()
    await world.passes(1000, step_s=20)
    assert "reminder" not in listener.kinds


async def test_i8_the_interval_of_reminders_is_a_number_that_survives_a_restart(
    hass: HomeAssistant, world: World
) -> None:
    await world.battery_lives(1)
    assert world.value(INTERVAL) == "5"
    await world.acts("number", "set_value", INTERVAL, value=1)
    await world.restarts()
    assert world.value(INTERVAL) == "1"
    await runs_away(world)
    listener = Listener(hass)
    await world.passes(310, step_s=10)
    assert listener.kinds.count("reminder") == 5
    await world.acts("number", "set_value", INTERVAL, value=0)
    listener.told.clear()
    await world.passes(600, step_s=20)
    assert listener.kinds == []


async def test_i8_a_snooze_holds_reminders_back_until_its_end(hass: HomeAssistant, world: World) -> None:
    await runs_away(world)
    listener = Listener(hass)
    await world.acts("button", "press", SNOOZE)
    assert listener.kinds == ["snoozed"]
    assert listener.told[0]["until"] == (utcnow() + timedelta(minutes=10)).isoformat()
    await world.passes(580, step_s=20)
    assert "reminder" not in listener.kinds
    await world.passes(40, step_s=20)
    assert listener.kinds.count("reminder") == 1


async def test_i8_smoke_breaks_through_a_snooze(hass: HomeAssistant, world: World) -> None:
    await runs_away(world)
    await world.acts("button", "press", SNOOZE)
    listener = Listener(hass)
    await world.battery_lives(5, 80.0, max30105_smoke=5000)
    assert ("escalated", "smoke") in [(told["event_type"], told["cause"]) for told in listener.told]


async def test_there_is_nothing_to_snooze_without_an_alarm(world: World) -> None:
    await world.battery_lives(1)
    with pytest.raises(ServiceValidationError) as refused:
        await world.acts("button", "press", SNOOZE)
    assert refused.value.translation_key == "refused_no_alarm_to_snooze"


# --- restarts


async def test_i8_after_a_reload_an_unseen_alarm_is_reminded_of_and_not_raised_again(
    hass: HomeAssistant, world: World
) -> None:
    await runs_away(world)
    await world.restarts()
    assert world.value(RUNAWAY) == STATE_ON
    listener = Listener(hass)
    await world.battery_lives(5, 80.0)
    await world.passes(600, step_s=20)
    assert "raised" not in listener.kinds
    assert listener.kinds.count("reminder") == 2


@pytest.mark.parametrize("act", ["acknowledge", "snooze"])
async def test_i8_acknowledgement_and_snooze_survive_a_reload(hass: HomeAssistant, world: World, act: str) -> None:
    await runs_away(world)
    await world.acts("button", "press", {"acknowledge": ACKNOWLEDGE, "snooze": SNOOZE}[act])
    await world.restarts()
    listener = Listener(hass)
    await world.passes(400, step_s=20)
    assert listener.kinds == []
    (device,) = world.entry.runtime_data.devices.values()
    assert device.state.alarm.acknowledged is (act == "acknowledge")


async def test_i8_the_alarm_is_on_disk_at_once(hass: HomeAssistant, world: World, hass_storage: dict[str, Any]) -> None:
    await runs_away(world)
    kept = hass_storage[STORE]["data"]["devices"]["battery_cell-7"]["alarm"]
    assert (kept["peak"], kept["acknowledged"], kept["reason"]["cause"]) == ("danger", False, "temperature")


@pytest.fixture
def kept_alarm(hass_storage: dict[str, Any]) -> None:
    """What a Home Assistant left behind that was switched off in the middle of an alarm, at noon."""
    hass_storage[STORE] = {
        "version": 1,
        "key": STORE,
        "data": {
            "runtime_refused": None,
            "devices": {
                "battery_cell-7": {
                    "alarm": {
                        "peak": "danger",
                        "reason": {
                            "cause": "smoke",
                            "level": "danger",
                            "channel": "max30105_smoke",
                            "value": 900.0,
                            "limit": 750.0,
                            "clear": "when_below",
                        },
                        "told": ["gas", "smoke"],
                        "raised_at": "2026-11-22T11:50:00+00:00",
                        "announced_at": "2026-11-22T11:55:00+00:00",
                        "acknowledged": False,
                        "snoozed_until": "2026-11-22T12:03:00+00:00",
                    }
                },
                "battery_cell-8": {"alarm": {"peak": "very bad"}, "gas": {"channels": 7}},
            },
        },
    }


async def test_i8_an_alarm_from_before_a_restart_goes_on(kept_alarm: None, hass: HomeAssistant, world: World) -> None:
    listener = Listener(hass)
    await world.battery_lives(5)
    assert world.value(RUNAWAY) == STATE_ON
    await world.passes(160, step_s=20)
    assert listener.kinds == []
    await world.passes(40, step_s=20)
    assert listener.kinds == ["reminder"]
    assert "because the smoke signal is 900 and its limit is 750." in listener.told[0]["message"]
    await world.acts("button", "press", ACKNOWLEDGE)
    await world.battery_lives(40)
    assert listener.kinds[-1] == "cleared"
    assert world.value(RUNAWAY) == STATE_OFF


async def test_what_cannot_be_read_is_no_alarm(kept_alarm: None, world: World) -> None:
    await world.battery_lives(2, topic="btr/cell-8/sensor")
    assert world.value("binary_sensor.battery_cell_8_thermal_runaway") == STATE_OFF


async def test_a_device_that_was_deleted_comes_back_without_its_alarm(world: World) -> None:
    await runs_away(world)
    await world.passes(10)
    registry = dr.async_get(world.hass)
    device = registry.async_get_device_by_identifier((DOMAIN, "battery_cell-7"), world.entry.entry_id)
    assert device is not None
    assert await async_remove_config_entry_device(world.hass, world.entry, device)
    registry.async_remove_device(device.id)
    await world.hass.async_block_till_done()
    await world.battery_lives(2)
    assert world.value(RUNAWAY) == STATE_OFF


# --- drill


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


# --- baths


async def test_a_bath_that_falls_silent_while_it_heats_is_an_alarm(hass: HomeAssistant, world: World) -> None:
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    listener = Listener(hass, "event.bath_lab_1_alarm")
    await world.passes(160, step_s=5)
    assert listener.kinds == ["raised"]
    assert listener.told[0]["message"] == "Bath lab-1: Danger, because it fell silent while its heater was on."
    assert world.value("binary_sensor.bath_lab_1_alarm") == STATE_ON
    await world.restarts()
    assert world.value("binary_sensor.bath_lab_1_alarm") == STATE_ON
    await world.acts("button", "press", "button.bath_lab_1_acknowledge_alarm")
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    for _ in range(3):
        await world.passes(60, step_s=30)
        await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    assert listener.kinds == ["raised", "acknowledged", "cleared"]


async def test_a_broken_outlet_probe_is_named(hass: HomeAssistant, world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    listener = Listener(hass, "event.bath_lab_1_alarm")
    for _ in range(2):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(TempOut2=-127))
    (raised,) = listener.told
    assert raised["message"] == (
        "Bath lab-1: Warning, because the probe for Outlet 2 temperature gives no believable reading."
    )
    assert "model_score" not in raised


# --- gas


async def test_gas_baselines_survive_a_restart(world: World, hass_storage: dict[str, Any]) -> None:
    await world.battery_lives(45)
    await world.restarts()
    kept = hass_storage[STORE]["data"]["devices"]["battery_cell-7"]["gas"]
    assert kept["channels"]["mq2_ppm"]["mean"] == pytest.approx(15.3)
    await world.battery_lives(8, mq2_ppm=400.0)
    assert world.value("binary_sensor.battery_cell_7_gas") == STATE_ON
