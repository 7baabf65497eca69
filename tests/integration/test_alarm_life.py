"""I8: an alarm is reminded of until somebody has seen it, also over a restart."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.const import STATE_OFF, STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util.dt import utcnow

from custom_components.btr import async_remove_config_entry_device
from custom_components.btr.const import DOMAIN
from custom_components.btr.core.messages import DeviceKey, DeviceKind
from custom_components.btr.hub import STEPS_IN_A_ROW
from tests.integration.alarm_stories import ACKNOWLEDGE, RUNAWAY, SNOOZE, STORE, Listener, runs_away
from tests.integration.stories import World

INTERVAL = "number.battery_cell_7_reminder_interval"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.NUMBER, Platform.SWITCH)


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


async def test_i8_an_alarm_that_cannot_be_read_stands_until_somebody_has_seen_it(
    kept_alarm: None, world: World
) -> None:
    await world.battery_lives(2, topic="btr/cell-8/sensor")
    assert world.value("binary_sensor.battery_cell_8_thermal_runaway") == STATE_ON
    await world.acts("button", "press", "button.battery_cell_8_acknowledge_alarm")
    await world.battery_lives(32, topic="btr/cell-8/sensor")
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


async def test_a_battery_that_is_deleted_in_the_middle_of_a_round_leaves_no_alarm_behind(
    world: World, hass_storage: dict[str, Any]
) -> None:
    for number in range(STEPS_IN_A_ROW):
        await world.battery_lives(0.5, topic=f"btr/other-{number}/sensor")
    await runs_away(world)
    await world.passes(10)
    hub = world.entry.runtime_data
    key = DeviceKey(DeviceKind.BATTERY, "cell-7")
    going_round = asyncio.ensure_future(hub._async_round(utcnow()))
    await asyncio.sleep(0)
    assert not going_round.done()
    assert hub.forget(key)
    await going_round
    await world.restarts()
    assert hass_storage[STORE]["data"]["devices"]["battery_cell-7"]["alarm"] is None


# --- gas


async def test_gas_baselines_survive_a_restart(world: World, hass_storage: dict[str, Any]) -> None:
    await world.battery_lives(45)
    await world.restarts()
    kept = hass_storage[STORE]["data"]["devices"]["battery_cell-7"]["gas"]
    assert kept["channels"]["mq2_ppm"]["mean"] == pytest.approx(15.3)
    await world.battery_lives(8, mq2_ppm=400.0)
    assert world.value("binary_sensor.battery_cell_7_gas") == STATE_ON
