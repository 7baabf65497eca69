"""I9: what became of a command, as an error of the action where the device answers, else as a notification."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.persistent_notification import _async_get_or_create_notifications as notifications
from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_load_integrations

from custom_components.btr.core.outcome import Answer, Result
from tests.integration.stories import BATH, BATH_CONFIG, BATH_REGISTER, World, bath_telemetry
from tests.integration.test_bath_services import OURS, baths_run, commands

HEATER_1, HEATER_2 = "switch.bath_lab_1_heater", "switch.bath_lab_2_heater"
STOP_2 = "switch.bath_lab_2_emergency_stop"
TARGET_1, TARGET_2 = "number.bath_lab_1_target_temperature", "number.bath_lab_2_target_temperature"
FIRMWARE = Path(__file__).parents[2] / "firmware" / "lib"
INTEGRATION = Path(__file__).parents[2] / "custom_components" / "btr"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SWITCH, Platform.NUMBER)


def told(world: World) -> list[str]:
    """The notifications that the user has."""
    return [note["message"] for note in notifications(world.hass).values()]


async def fails(world: World, domain: str, service: str, entity_id: str, **data: Any) -> HomeAssistantError:
    """The user calls an action, which fails."""
    with pytest.raises(HomeAssistantError) as error:
        await world.acts(domain, service, entity_id, **data)
    return error.value


async def reports(world: World, base: str, seq: int, **channels: float) -> None:
    extension = {"seq": seq, "uptime_s": 60 + seq} if base == OURS else {}
    await world.hears(f"{base}/telemetry", {**bath_telemetry(**channels), **extension})


# One of ours: the action waits


@pytest.mark.parametrize("result", ["accepted", "applied"])
async def test_i9_an_action_ends_with_the_answer_of_one_of_ours_and_the_state_is_what_it_reports(
    world: World, result: str
) -> None:
    await baths_run(world, Heater=0)
    world.bath_answers = {"result": result}
    await world.acts("switch", "turn_on", HEATER_2)
    assert world.value(HEATER_2) == STATE_OFF
    await reports(world, OURS, 2, Heater=1)
    assert world.value(HEATER_2) == STATE_ON
    assert told(world) == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("fault_latched", "a fault is latched"),
        ("moon_phase", "moon_phase"),
        ("![x](evil)<b>", "??x?(evil)?b?"),
        (None, "it gives no reason"),
    ],
)
async def test_i9_a_refusal_is_an_error_with_the_reason_of_the_device_in_words(
    world: World, reason: str | None, words: str
) -> None:
    await baths_run(world, Heater=0)
    world.bath_answers = {"result": "refused", "reason": reason}
    error = await fails(world, "switch", "turn_on", HEATER_2)
    assert error.translation_key == "command_refused"
    assert error.translation_placeholders is not None
    assert error.translation_placeholders["device"] == "Bath lab-2"
    assert error.translation_placeholders["command"] == "Heater: on"
    assert error.translation_placeholders["reason"].startswith(words)
    assert told(world) == [], "it was told already"


async def test_i9_silence_of_one_of_ours_is_an_error_after_ten_seconds(world: World) -> None:
    await baths_run(world, Heater=0)
    world.bath_answers = None
    before_s = world.freezer.time_to_freeze
    error = await fails(world, "switch", "turn_on", HEATER_2)
    assert error.translation_key == "command_unanswered"
    assert 10 <= (world.freezer.time_to_freeze - before_s).total_seconds() <= 15


async def test_i9_a_refused_setting_is_an_error_that_names_it_in_words(world: World) -> None:
    await baths_run(world)
    world.bath_answers = {"result": "refused", "reason": "bath_setpoint.target out_of_range, 3 more"}
    error = await fails(world, "number", "set_value", TARGET_2, value=58)
    assert error.translation_placeholders == {
        "device": "Bath lab-2",
        "command": "change bath_setpoint.target = 58",
        "reason": "bath_setpoint.target: out of range, 3 more",
    }


async def test_i9_what_one_of_ours_accepted_and_did_not_do_is_notified(world: World) -> None:
    await baths_run(world, Heater=0)
    world.bath_answers = {"result": "accepted"}
    await world.acts("switch", "turn_on", HEATER_2)
    await world.passes(60, step_s=1)
    (message,) = told(world)
    assert message.startswith('Bath lab-2 did not answer the command "Heater: on" in time.')


async def test_a_stop_waits_behind_no_command_whose_answer_is_owed_and_ends_its_wait(world: World) -> None:
    await baths_run(world, Heater=0)
    waiting = asyncio.create_task(
        world.hass.services.async_call("switch", "turn_on", {"entity_id": HEATER_2}, blocking=True)
    )
    await asyncio.sleep(0)
    assert not waiting.done()
    await world.acts("switch", "turn_on", STOP_2)
    assert ("emergency", "on") in [(sent["command"], sent["action"]) for sent in commands(world, OURS)]
    with pytest.raises(HomeAssistantError) as error:
        await waiting
    assert error.value.translation_key == "command_dropped"


@pytest.mark.parametrize(("how", "key"), [("broker", "connection_lost"), ("unload", "unloaded")])
async def test_i10_a_wait_ends_with_the_broker_and_with_the_entry(world: World, how: str, key: str) -> None:
    await baths_run(world, Heater=0)
    waiting = asyncio.create_task(
        world.hass.services.async_call("switch", "turn_on", {"entity_id": HEATER_2}, blocking=True)
    )
    await asyncio.sleep(0)
    if how == "broker":
        world.broker_goes()
    else:
        assert await world.hass.config_entries.async_unload(world.entry.entry_id)
    with pytest.raises(HomeAssistantError) as error:
        await waiting
    assert error.value.translation_key == key


async def test_an_action_that_is_given_up_leaves_nobody_waiting_and_its_failure_is_notified(world: World) -> None:
    await baths_run(world, Heater=0)
    waiting = asyncio.create_task(
        world.hass.services.async_call("switch", "turn_on", {"entity_id": HEATER_2}, blocking=True)
    )
    await asyncio.sleep(0)
    waiting.cancel()
    await world.passes(12)
    assert waiting.cancelled()
    assert len(told(world)) == 1


# An original: a notification


async def test_i9_an_original_that_does_not_do_it_is_notified_until_it_does(world: World) -> None:
    await baths_run(world, Heater=0)
    await world.acts("switch", "turn_on", HEATER_1)
    for _ in range(3):
        await world.passes(59, step_s=1)
        await reports(world, BATH, 0, Heater=0)
    (message,) = told(world)
    assert message.startswith('Bath lab-1 did not answer the command "Heater: on" in time.')
    await world.acts("switch", "turn_on", HEATER_1)
    assert told(world) == [], "another try"
    await reports(world, BATH, 0, Heater=1)
    assert told(world) == []


async def test_i9_a_setting_that_an_original_took_otherwise_is_notified_with_what_was_asked_and_got(
    world: World,
) -> None:
    await baths_run(world)
    await world.acts("number", "set_value", TARGET_1, value=58)
    await world.passes(3)
    await world.hears(f"{BATH}/register", BATH_REGISTER)
    (message,) = told(world)
    assert message.endswith("bath_setpoint.target should be 58 and is 60.")
    await world.acts("number", "set_value", TARGET_1, value=57)
    await world.passes(3)
    setpoint = {**BATH_CONFIG["bath_setpoint"], "target": 57.0}
    await world.hears(f"{BATH}/register", {**BATH_REGISTER, "config": {**BATH_CONFIG, "bath_setpoint": setpoint}})
    assert told(world) == []


async def test_i9_a_setting_that_an_original_does_not_answer_is_notified_in_the_language_of_home_assistant(
    world: World,
) -> None:
    await baths_run(world)
    world.hass.config.language = "zh-Hans"
    await async_load_integrations(world.hass, {"btr"})
    await world.acts("number", "set_value", TARGET_1, value=58)
    await world.passes(95, step_s=1)
    (message,) = told(world)
    assert "没有及时回应命令“更改 bath_setpoint.target = 58”" in message


async def test_i9_a_stop_that_an_original_does_not_show_is_notified_until_it_does(world: World) -> None:
    await baths_run(world)
    await world.acts("switch", "turn_on", "switch.bath_lab_1_emergency_stop")
    for _ in range(3):
        await world.passes(59, step_s=1)
        await reports(world, BATH, 0, EmergencyState=0)
    (message,) = told(world)
    assert message.startswith("Bath lab-1 has not confirmed the emergency stop.")
    await reports(world, BATH, 0, EmergencyState=1, Heater=0)
    assert told(world) == []


async def test_a_notification_is_one_per_device_and_command_and_bounded(world: World) -> None:
    await baths_run(world)
    hub = world.entry.runtime_data
    bath = next(iter(hub.devices.values()))
    changes = {f"key_{count}": ("x" * 500, None) for count in range(25)}
    for _ in range(3):
        hub._answers.hear(bath, Answer("config_update", "", Result.REFUSED, "y" * 128, changes))
    (message,) = told(world)
    assert message.count("key_") == 6
    assert len(message) < 1024


def test_every_reason_of_our_firmware_has_its_words() -> None:
    texts = json.loads((INTEGRATION / "translations" / "en.json").read_text())
    known = set(texts["selector"]["refusal"]["options"])
    state = (FIRMWARE / "btr_control/src/bath_state.cpp").read_text()
    reasons = set(re.findall(r'case (?:Reason|Refusal)::\w+: return "(\w+)"', state)) - {"none"}
    table = (FIRMWARE / "btr_protocol/include/btr/protocol/settings_table.h").read_text()
    reasons |= set(re.findall(r'"((?:not|out)_\w+)"', table))
    for name, pattern in {
        "btr_protocol/src/command_ids.cpp": r'(?:return|:) "(expir\w+)"',
        "btr_protocol/src/bath_commands.cpp": r'"((?:unknown|no)_\w+)"',
        "btr_control/src/settings_codec.cpp": r'"((?:unknown|empty|setting|too|not)_\w+)"',
        "btr_control/src/settings_table.cpp": r'", "(\w+)",\n',
    }.items():
        found = set(re.findall(pattern, (FIRMWARE / name).read_text()))
        assert found, name
        reasons |= found
    assert reasons <= known, reasons - known
