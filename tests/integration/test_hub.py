"""The way of a message through the hub: anything may arrive, little is done per message, silence is noticed."""

import logging
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.entity import Entity
from homeassistant.util.dt import utcnow

from custom_components.btr.core.messages import DeviceKey, DeviceKind, Output
from custom_components.btr.device import BathDevice
from custom_components.btr.hub import STEPS_IN_A_ROW, BtrHub
from tests.integration.stories import (
    BATH,
    BATH_REGISTER,
    BATH_RESPONSE,
    NODE,
    ORIGINAL_SAMPLE,
    OUR_SAMPLE,
    World,
    bath_telemetry,
)

INTERNAL = "sensor.battery_cell_7_internal_temperature"
LEVEL = "sensor.battery_cell_7_risk_level"
CELL_7 = DeviceKey(DeviceKind.BATTERY, "cell-7")
LAB_1 = DeviceKey(DeviceKind.BATH, "lab-1")


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR)


@pytest.fixture
def hub(world: World) -> BtrHub:
    hub: BtrHub = world.entry.runtime_data
    return hub


# --- Availability: I1 and I2


async def test_i1_a_silent_node_becomes_unavailable_and_is_back_within_one_message(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await world.battery_lives(5)
    assert world.value(INTERNAL) == "25.0"
    await world.passes(70, step_s=5)
    assert world.value(INTERNAL) == STATE_UNAVAILABLE
    await world.battery_lives(0.5, 25.2)
    assert world.value(INTERNAL) == "25.2"
    assert [lines(caplog, "went_offline"), lines(caplog, "came_online")] == [1, 2]


async def test_i1_a_last_will_makes_a_node_unavailable_at_once(world: World) -> None:
    await world.battery_lives(5)
    await world.hears(f"{NODE}/availability", "offline", retained=True)
    assert world.value(INTERNAL) == STATE_UNAVAILABLE


async def test_i1_a_silent_bath_becomes_unavailable_after_two_and_a_half_intervals(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    await world.passes(145, step_s=5)
    assert world.value("sensor.bath_lab_1_outlet_median") != STATE_UNAVAILABLE
    await world.passes(10)
    assert world.value("sensor.bath_lab_1_outlet_median") == STATE_UNAVAILABLE


@pytest.mark.parametrize(
    ("topic", "payload"), [(f"{NODE}/sensor", OUR_SAMPLE), (f"{BATH}/telemetry", bath_telemetry())]
)
async def test_i2_retained_telemetry_makes_no_device(
    world: World, hub: BtrHub, topic: str, payload: dict[str, Any]
) -> None:
    await world.hears(topic, payload, retained=True)
    assert hub.devices == {}


async def test_i2_a_retained_message_does_not_refresh_freshness(world: World) -> None:
    await world.battery_lives(5)
    for _ in range(20):
        await world.hears(f"{NODE}/sensor", {**OUR_SAMPLE, "timestamp_ms": 77_000_000}, retained=True)
    assert world.value(INTERNAL) == STATE_UNAVAILABLE


async def test_i2_late_samples_make_no_device_and_refresh_nothing(world: World, hub: BtrHub) -> None:
    await world.hears(f"{NODE}/late", OUR_SAMPLE)
    assert hub.devices == {}
    await world.battery_lives(3)
    await world.passes(10)
    for count in range(4):
        late = {**OUR_SAMPLE, "timestamp_ms": 1_010_000 + 500 * count, "temp_internal_c": 70.0}
        await world.hears(f"{NODE}/late", late)
    assert world.value(INTERNAL) == STATE_UNAVAILABLE
    assert world.value(LEVEL) != "danger"


async def test_a_register_introduces_a_device_that_is_unavailable_until_it_speaks(world: World) -> None:
    await world.hears(f"{NODE}/register", {"firmware": "1.2.0"}, retained=True)
    assert world.value(INTERNAL) == STATE_UNAVAILABLE
    await world.battery_lives(1)
    assert world.value(INTERNAL) == "25.0"


async def test_a_last_will_alone_makes_no_device(world: World, hub: BtrHub) -> None:
    await world.hears(f"{NODE}/availability", "offline", retained=True)
    assert hub.devices == {}


async def test_everything_is_unavailable_while_the_broker_is_gone_and_one_line_says_so(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await world.battery_lives(5)
    world.broker_goes()
    world.broker_goes()
    assert world.value(INTERNAL) == STATE_UNAVAILABLE
    world.broker_returns()
    await world.battery_lives(6, 25.4)
    assert world.value(INTERNAL) == "25.4"
    assert [lines(caplog, "broker is gone"), lines(caplog, "broker is back")] == [1, 1]


# --- the event loop (I5)


@pytest.mark.parametrize("connected", [True, False])
async def test_broker_that_comes_or_goes_while_the_entry_is_set_up_is_noticed(world: World, connected: bool) -> None:
    """The platforms take a moment, in which nobody is told yet: all would stay unavailable, or look well."""
    entries = world.hass.config_entries
    await entries.async_unload(world.entry.entry_id)
    world.mqtt.connected = not connected
    set_up_platforms = entries.async_forward_entry_setups

    async def meanwhile(*args: Any) -> None:
        await set_up_platforms(*args)
        (world.broker_returns if connected else world.broker_goes)()

    with patch.object(entries, "async_forward_entry_setups", meanwhile):
        assert await entries.async_setup(world.entry.entry_id)
    assert world.entry.runtime_data.connected is connected


async def test_i5_the_event_loop_gets_its_turn_between_the_steps_of_many_devices(world: World, hub: BtrHub) -> None:
    for number in range(20):
        world.says(f"btr/cell-{number}/sensor", OUR_SAMPLE)
    hub._tick(utcnow())
    assert len(hub.devices) == 20
    assert sum(device.state.online for device in hub.devices.values()) == STEPS_IN_A_ROW
    hub._tick(utcnow())
    await world.hass.async_block_till_done(wait_background_tasks=True)
    assert all(device.state.online for device in hub.devices.values())


# --- anything on any topic (I4)


async def test_i4_one_line_per_minute_and_cause_however_many_messages(
    world: World, hub: BtrHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(500):
        world.says(f"{NODE}/sensor", b"\xff\xfe")
        world.says(f"{NODE}/sensor", "{not json")
    assert lines(caplog, "Message ignored") == 2
    await world.passes(61, step_s=1)
    world.says(f"{NODE}/sensor", "{not json")
    assert lines(caplog, "Message ignored") == 3
    assert hub.counters["not_json"] == 501
    assert "ERROR" not in {record.levelname for record in caplog.records}


async def test_i4_a_device_that_flaps_fills_no_log(world: World, hub: BtrHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(20):
        await world.battery_lives(0.5)
        await world.hears(f"{NODE}/availability", "offline")
    assert [lines(caplog, "went_offline"), lines(caplog, "came_online")] == [1, 1]


async def test_a_fault_of_ours_with_one_device_leaves_no_other_unwatched(
    world: World, hub: BtrHub, caplog: pytest.LogCaptureFixture
) -> None:
    await world.hears("btr/cell-1/sensor", OUR_SAMPLE)
    await world.battery_lives(5)
    broken = hub.devices[DeviceKey(DeviceKind.BATTERY, "cell-1")]
    with patch.object(broken.core, "update", side_effect=OverflowError("a bug")):
        await world.battery_lives(10, lambda time_s: 50.0 + 2 * time_s)
    assert world.value(LEVEL) == "danger"
    assert lines(caplog, "battery_cell-1: step failed") == 1
    caplog.clear()


async def test_h3_a_node_is_not_left_masked_when_nobody_watches_any_more(world: World, hub: BtrHub) -> None:
    """An original node holds our normal for as long as its own DANGER lasts, so unloading gives its DANGER back."""
    loud = {**ORIGINAL_SAMPLE, "humidity_percent": 90.0, "voc_index": 100.0, "mq2_ppm": 150.0, "status": "DANGER"}
    for count in range(2 * 60):
        world.says("sensor", {**loud, "timestamp_ms": 400_000 + 500 * count})
        await world.passes(0.5)
    assert "normal" in world.sent("statue")
    world.forget_sent()
    assert await world.hass.config_entries.async_unload(world.entry.entry_id)
    await world.hass.async_block_till_done()
    assert world.sent("statue") == ["danger"]


async def test_i4_a_huge_payload_is_counted_and_dropped(world: World, hub: BtrHub) -> None:
    await world.hears(f"{NODE}/sensor", b'{"temp_internal_c":' + b"1" * 5_000_000 + b"}")
    assert hub.devices == {}
    assert hub.counters["too_large"] == 1


async def test_i4_the_number_of_devices_is_bounded(world: World, hub: BtrHub) -> None:
    with patch("custom_components.btr.hub.MAX_DEVICES", 3):
        for number in range(10):
            world.says(f"btr/cell-{number}/sensor", OUR_SAMPLE)
    await world.passes(1)
    assert len(hub.devices) == 3
    assert hub.counters["too_many_devices"] == 7


async def test_a_malformed_message_makes_no_device(world: World, hub: BtrHub) -> None:
    await world.hears(f"{NODE}/sensor", "[]")
    assert hub.devices == {}


@pytest.mark.parametrize("options", [{"new_devices": False}])
async def test_unknown_devices_are_ignored_when_they_are_not_welcome(world: World, hub: BtrHub) -> None:
    await world.battery_lives(1)
    assert hub.devices == {}
    assert hub.counters["unknown_device"] == 2


# --- the cost of a message (I5)


async def test_i5_a_message_writes_no_state_and_starts_no_job(hass: HomeAssistant, world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    await world.battery_lives(40)
    changes: list[Event[Any]] = []

    @callback
    def note(event: Event[Any]) -> None:
        changes.append(event)

    hass.bus.async_listen("state_changed", note)
    with (
        patch.object(hass, "async_add_executor_job") as job,
        patch.object(Entity, "async_write_ha_state") as write,
    ):
        for count in range(50):
            world.says(f"{NODE}/sensor", {**OUR_SAMPLE, "timestamp_ms": 2_000_000 + 500 * count, "temp_internal_c": 90})
            world.says(f"{BATH}/telemetry", bath_telemetry(TempIn=float(count)))
    assert (job.call_count, write.call_count, changes) == (0, 0, [])


# --- sending


async def test_a_correction_reaches_the_node_when_it_shows_less_than_the_assessment(world: World, hub: BtrHub) -> None:
    await world.battery_lives(10)
    world.forget_sent()
    await world.battery_lives(6, lambda time_s: 40.0 + 5 * time_s)
    assert world.sent(f"{NODE}/statue")[0] == "danger"
    assert "correction_sent" in [event.kind for event in hub.devices[CELL_7].events]


async def test_nothing_is_retained_and_every_qos_is_a_number(world: World) -> None:
    await world.battery_lives(10)
    await world.battery_lives(6, lambda time_s: 40.0 + 5 * time_s)
    for call in world.mqtt.async_publish.mock_calls:
        _topic, _payload, qos, retain = call.args[:4]
        assert type(qos) is int
        assert retain is False


async def test_a_heater_command_expires_where_the_broker_knows_how(world: World, hub: BtrHub) -> None:
    await bath_is_told_to_heat(world, hub)
    (call,) = world.mqtt.async_publish.mock_calls
    assert call.kwargs["message_expiry_interval"] > 0
    assert call.args[2] == 1


@pytest.mark.parametrize("mqtt_config_entry_data", [{"broker": "mock-broker", "protocol": "3.1.1"}])
async def test_a_command_is_sent_without_expiry_where_the_broker_knows_none(world: World, hub: BtrHub) -> None:
    await bath_is_told_to_heat(world, hub)
    assert world.mqtt.async_publish.mock_calls[-1].kwargs["message_expiry_interval"] is None
    world.forget_sent()
    await bath_is_told_to_heat(world, hub)
    assert len(world.mqtt.async_publish.mock_calls) == 1


@pytest.mark.parametrize("refusal", [HomeAssistantError("gone"), ServiceValidationError("not like this")])
async def test_a_message_that_mqtt_refuses_is_counted_and_logged_once(
    world: World, hub: BtrHub, caplog: pytest.LogCaptureFixture, refusal: HomeAssistantError
) -> None:
    caplog.set_level(logging.INFO)
    await world.battery_lives(10)
    world.mqtt.async_publish.side_effect = refusal
    await world.battery_lives(10, lambda time_s: 40.0 + 5 * time_s)
    assert hub.counters["not_sent"] >= 1
    assert lines(caplog, "Not sent") == 1


async def test_what_could_not_be_sent_while_the_broker_was_gone_is_not_sent_later(world: World, hub: BtrHub) -> None:
    await world.battery_lives(10)
    await world.battery_lives(3, lambda time_s: 40.0 + 5 * time_s)
    world.forget_sent()
    world.broker_goes()
    await world.passes(30, step_s=1)
    assert world.sent() == []
    world.broker_returns()
    await world.hass.async_block_till_done()
    assert world.sent() == []


async def test_a_refusal_of_the_core_is_an_error_for_the_user(world: World, hub: BtrHub) -> None:
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    bath = hub.devices[LAB_1]
    assert isinstance(bath, BathDevice)
    with pytest.raises(ServiceValidationError) as refused:
        await hub.commands.async_run(bath, lambda now_s: bath.controller.change_config({"wifi": {"ssid": "x"}}, now_s))
    assert refused.value.translation_key == "refused_forbidden_setting"
    assert refused.value.translation_placeholders == {"key": "wifi", "device": "Bath lab-1"}


async def bath_is_told_to_heat(world: World, hub: BtrHub) -> None:
    """A healthy bath gets a heater command."""
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
    world.forget_sent()
    bath = hub.devices[LAB_1]
    assert isinstance(bath, BathDevice)
    await hub.commands.async_run(bath, lambda now_s: bath.controller.set_output(Output.HEATER, True, now_s))
    assert world.sent(BATH_RESPONSE)[0]["commands"][0]["command"] == "heater"


def lines(caplog: pytest.LogCaptureFixture, text: str) -> int:
    """How many lines of ours hold ``text``."""
    return sum("btr" in record.name and text in record.getMessage() for record in caplog.records)
