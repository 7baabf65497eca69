"""The actions about alarms, as an automation or a notification's button calls them."""

from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util.dt import utcnow
from probatio import Invalid

from custom_components.btr.const import DOMAIN
from tests.integration.stories import BATH, World, bath_telemetry

ALARM = "event.battery_cell_7_alarm"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.EVENT,)


def device_id(world: World, identifier: str = "battery_cell-7") -> str:
    """Return the id of a device in the registry."""
    device = dr.async_get(world.hass).async_get_device_by_identifier((DOMAIN, identifier), world.entry.entry_id)
    assert device is not None
    return device.id


async def call(world: World, action: str, about: str = "battery_cell-7", **data: Any) -> None:
    """Call an action for a device."""
    await world.hass.services.async_call(DOMAIN, action, {"device_id": device_id(world, about), **data}, blocking=True)
    await world.hass.async_block_till_done()


def last(world: World, entity_id: str = ALARM) -> str:
    """Return what became of the alarm last."""
    kind: str = world.state(entity_id).attributes["event_type"]
    return kind


async def is_in_danger(world: World) -> None:
    await world.battery_lives(3)
    await world.battery_lives(4, 85.0)


async def test_i8_an_alarm_is_acknowledged_by_an_action_and_two_phones_may_do_it(world: World) -> None:
    await is_in_danger(world)
    await call(world, "acknowledge")
    acknowledged = world.value(ALARM)
    assert last(world) == "acknowledged"
    await call(world, "acknowledge")
    assert world.value(ALARM) == acknowledged


@pytest.mark.parametrize(("duration", "minutes"), [({}, 10), ({"duration": {"minutes": 25}}, 25)])
async def test_i8_an_alarm_is_snoozed_for_as_long_as_is_asked(
    world: World, duration: dict[str, Any], minutes: int
) -> None:
    await is_in_danger(world)
    await call(world, "snooze", **duration)
    assert last(world) == "snoozed"
    (device,) = world.entry.runtime_data.devices.values()
    assert (device.state.alarm.record.snoozed_until - utcnow()).total_seconds() == minutes * 60


@pytest.mark.parametrize("duration", ["00:00:30", "01:00:01", "soon", {"days": 10**12}])
async def test_a_snooze_of_no_use_is_refused(world: World, duration: Any) -> None:
    await is_in_danger(world)
    with pytest.raises(Invalid):
        await call(world, "snooze", duration=duration)
    assert last(world) != "snoozed"


async def test_a_snooze_without_an_alarm_is_refused_so_that_nobody_counts_on_it(world: World) -> None:
    await world.battery_lives(3)
    with pytest.raises(ServiceValidationError) as refused:
        await call(world, "snooze")
    assert refused.value.translation_key == "refused_no_alarm_to_snooze"


async def test_a_drill_of_a_bath_tells_its_end_and_sends_nothing(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    world.forget_sent()
    await call(world, "run_drill", "bath_lab-1")
    assert last(world, "event.bath_lab_1_alarm") == "raised"
    assert world.state("event.bath_lab_1_alarm").attributes["drill"] is True
    await world.passes(61, step_s=5)
    assert last(world, "event.bath_lab_1_alarm") == "cleared"
    assert world.sent() == []


async def test_no_drill_during_an_alarm(world: World) -> None:
    await is_in_danger(world)
    with pytest.raises(ServiceValidationError) as refused:
        await call(world, "run_drill")
    assert refused.value.translation_key == "refused_alarm_stands"


async def test_a_device_that_no_topic_reaches_any_more_is_an_error(world: World) -> None:
    await world.battery_lives(1)
    world.hass.config_entries.async_update_entry(world.entry, options={"battery_prefixes": ["shed/cell-1"]})
    await world.restarts()
    with pytest.raises(ServiceValidationError) as refused:
        await call(world, "acknowledge")
    assert refused.value.translation_key == "not_reached"
    assert refused.value.translation_placeholders == {"device": "Battery cell-7"}


async def test_an_alarm_is_acknowledged_while_the_broker_is_away(world: World) -> None:
    await is_in_danger(world)
    world.broker_goes()
    await call(world, "acknowledge")
    assert last(world) == "acknowledged"
