"""I8, as the user sees it: one event for everything that becomes of an alarm, with its reason in words."""

import json
from unittest.mock import patch

import pytest
from homeassistant.const import STATE_ON, Platform
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import translation

from custom_components.btr.binary_sensor import BtrBinarySensor
from custom_components.btr.const import DOMAIN
from custom_components.btr.core import outcome
from custom_components.btr.core.messages import DeviceKey, DeviceKind, Level
from custom_components.btr.core.state import BathCause, Cause
from custom_components.btr.words import alarm_message
from tests.integration.alarm_stories import Listener, runs_away
from tests.integration.stories import BATH, BATH_REGISTER, World, bath_telemetry


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SWITCH)


async def speaks(hass: HomeAssistant, language: str) -> None:
    """The user changes the language of a running Home Assistant."""
    translation.async_setup(hass)
    await hass.config.async_update(language=language)
    await hass.async_block_till_done()


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
    assert correction["since"] == raised["since"], "whoever looks at the last event learns which alarm stands"
    assert correction["message"].startswith("Battery cell-7: danger was sent to the node, which showed Normal, because")


async def test_the_sentence_is_in_the_language_of_home_assistant(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(1)
    await speaks(hass, "zh-Hans")
    listener = Listener(hass)
    await runs_away(world)
    assert listener.told[0]["message"].startswith("Battery cell-7\N{FULLWIDTH COLON}危险")
    assert "内部温度每分钟上升" in listener.told[0]["message"]


async def test_an_alarm_is_told_even_while_the_texts_are_not_there(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(1)
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


async def test_an_entity_that_fails_keeps_neither_the_alarm_from_others_nor_a_message_from_the_node(
    hass: HomeAssistant, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.battery_lives(5)
    (device,) = world.entry.runtime_data.devices.values()
    with patch.object(BtrBinarySensor, "_update", side_effect=ValueError("a bug")):
        listener = Listener(hass)
        await runs_away(world)
        await world.battery_lives(20, 85.0)
    assert {"raised", "correction_sent"} <= set(listener.kinds)
    assert world.sent("btr/cell-7/statue")
    kept = world.entry.runtime_data._book._memory.of(device.key)
    assert kept["alarm"]["peak"] == "danger"
    failures = [record for record in caplog.records if record.exc_info]
    assert len(failures) == 4, "one line for each entity, not two a second"
    caplog.clear()


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
