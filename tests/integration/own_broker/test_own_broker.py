"""An entry with a broker of its own: the same devices as on Home Assistant's MQTT, whatever the broker does."""

import asyncio
import json
import logging

import pytest
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr

from custom_components.btr.core.messages import DeviceKey, DeviceKind
from custom_components.btr.device import key_of
from tests.integration.brokers import CONNECT, DISCONNECT, PUBLISH, Device, RealBroker, ScriptedBroker, until
from tests.integration.own_broker.conftest import set_up
from tests.integration.stories import BATH, NODE, OUR_SAMPLE, bath_telemetry

TEMPERATURE = "sensor.battery_cell_7_internal_temperature"
HEATER = "switch.bath_lab_1_heater"
USERS = {"btr": "planted-password", "node": "other"}


def value(hass: HomeAssistant, entity_id: str) -> str | None:
    state = hass.states.get(entity_id)
    return None if state is None else state.state


def is_live(hass: HomeAssistant, entity_id: str) -> bool:
    return value(hass, entity_id) not in {None, STATE_UNAVAILABLE, STATE_UNKNOWN}


def speak(broker: ScriptedBroker, temp_c: float = 25.0) -> None:
    broker.publishes(f"{NODE}/sensor".encode(), json.dumps({**OUR_SAMPLE, "temp_internal_c": temp_c}).encode())


def ours(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name.startswith("custom_components.btr")]


async def test_devices_on_an_own_broker_are_heard_and_obey(hass: HomeAssistant, real: RealBroker) -> None:
    """The whole way over a real broker, with a user and a password, and without Home Assistant's MQTT."""
    await real.start(USERS)
    node = Device(real.port, username="node", password="other")
    listening = await node.listens(f"{BATH}/response")
    entry = await set_up(
        hass, real.port, username="btr", password="planted-password", protocol="3.1.1", battery_prefixes=["btr/+"]
    )
    await until(lambda: entry.runtime_data.connected)

    await node.says(f"{NODE}/sensor", json.dumps({**OUR_SAMPLE, "temp_internal_c": 31.5}))
    await until(lambda: value(hass, TEMPERATURE) == "31.5")
    await node.says(f"{BATH}/telemetry", json.dumps(bath_telemetry(Heater=0)))
    await until(lambda: is_live(hass, HEATER))
    asking = asyncio.create_task(hass.services.async_call("switch", "turn_on", {"entity_id": HEATER}, blocking=True))
    await until(lambda: node.heard)
    await node.says(f"{BATH}/telemetry", json.dumps(bath_telemetry(Heater=1)))
    await asking

    ((topic, payload),) = node.heard
    assert topic == f"{BATH}/response"
    assert json.loads(payload)["commands"][0]["command"] == "heater"
    await hass.config_entries.async_unload(entry.entry_id)
    listening.cancel()


async def test_a_retained_message_of_an_own_broker_is_no_sign_of_life(hass: HomeAssistant, real: RealBroker) -> None:
    await real.start()
    node = Device(real.port)
    await node.says(f"{NODE}/sensor", json.dumps(OUR_SAMPLE), retain=True)
    entry = await set_up(hass, real.port, protocol="3.1.1")
    await until(lambda: entry.runtime_data.connected)
    await node.says("btr/cell-8/sensor", json.dumps(OUR_SAMPLE))
    await until(lambda: is_live(hass, "sensor.battery_cell_8_internal_temperature"))

    assert not is_live(hass, TEMPERATURE)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_i2_a_broker_that_stops_and_returns_is_told_once_each_way(
    hass: HomeAssistant, real: RealBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """Unavailable as soon as it is gone, live again within seconds, one line in the log for each."""
    await real.start()
    caplog.set_level(logging.INFO, logger="custom_components.btr")
    node = Device(real.port)
    entry = await set_up(hass, real.port, protocol="3.1.1")
    await until(lambda: entry.runtime_data.connected)
    await node.says(f"{NODE}/sensor", json.dumps(OUR_SAMPLE))
    await until(lambda: is_live(hass, TEMPERATURE))
    caplog.clear()

    await real.stop()
    await until(lambda: value(hass, TEMPERATURE) == STATE_UNAVAILABLE)
    await asyncio.sleep(1)
    await real.start()
    await until(lambda: entry.runtime_data.connected)
    await node.says(f"{NODE}/sensor", json.dumps(OUR_SAMPLE))
    await until(lambda: is_live(hass, TEMPERATURE))

    assert [line for line in ours(caplog) if "broker" in line] == [
        "The MQTT broker is gone; all devices are unavailable",
        "The MQTT broker is back",
    ]
    await hass.config_entries.async_unload(entry.entry_id)


async def test_i2_a_broker_that_comes_up_after_home_assistant_is_found(
    hass: HomeAssistant, real: RealBroker, caplog: pytest.LogCaptureFixture
) -> None:
    """After a power cut nobody knows who is up first; alarms that stand must be watched meanwhile."""
    entry = await set_up(hass, real.port, protocol="3.1.1")
    assert entry.state is ConfigEntryState.LOADED
    assert not entry.runtime_data.connected

    await real.start()
    assert await until(lambda: entry.runtime_data.connected, 10) < 10
    await hass.config_entries.async_unload(entry.entry_id)


async def test_wrong_password_at_set_up_asks_the_user(hass: HomeAssistant, real: RealBroker) -> None:
    await real.start(USERS)
    entry = await set_up(hass, real.port, username="btr", password="wrong", protocol="3.1.1")

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "broker_refuses"
    assert [flow["step_id"] for flow in entry.async_get_active_flows(hass, {SOURCE_REAUTH})] == ["reauth_confirm"]


async def test_network_that_freezes_is_noticed_within_one_and_a_half_keepalives(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """No packet, no farewell: only the missing answer tells, and every device becomes unavailable."""
    entry = await set_up(hass, scripted.port, keepalive=2)
    await until(lambda: entry.runtime_data.connected)
    speak(scripted)
    await until(lambda: is_live(hass, TEMPERATURE))

    scripted.silent = set(range(16))
    # the client looks at the clock once a second
    assert await until(lambda: not entry.runtime_data.connected, 9) <= 2 * 1.5 + 1
    assert value(hass, TEMPERATURE) == STATE_UNAVAILABLE
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize("how", ["unload", "stop"])
async def test_i10_nothing_is_left_of_the_connection(
    hass: HomeAssistant, scripted: ScriptedBroker, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    """A farewell to the broker, and no task or timer; sockets and threads are counted with all other leftovers."""
    before = asyncio.all_tasks()
    entry = await set_up(hass, scripted.port)
    await until(lambda: entry.runtime_data.connected)
    speak(scripted)
    await until(lambda: is_live(hass, TEMPERATURE))
    assert scripted.got(DISCONNECT) == [b""] * (scripted.connections - 1)
    caplog.clear()

    if how == "unload":
        assert await hass.config_entries.async_unload(entry.entry_id)
    else:
        await hass.async_stop(force=True)
    await until(lambda: len(scripted.got(DISCONNECT)) == scripted.connections)
    await until(lambda: not [task for task in asyncio.all_tasks() - before if "btr" in task.get_name()])

    assert "The MQTT broker is gone; all devices are unavailable" not in ours(caplog)


async def test_i10_unloading_in_the_middle_of_an_attempt_leaves_nothing(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """A thread that connects cannot be interrupted; what it opened is closed nevertheless."""
    entry = await set_up(hass, scripted.port)
    await until(lambda: entry.runtime_data.connected)
    scripted.silent = {CONNECT}
    scripted.drops_all()
    asked = len(scripted.got(CONNECT))
    await until(lambda: len(scripted.got(CONNECT)) > asked)

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert not [task for task in asyncio.all_tasks() if "broker" in task.get_name() or "_misc_loop" in repr(task)]


async def test_password_that_is_refused_later_asks_the_user_and_does_not_hammer(
    hass: HomeAssistant, scripted: ScriptedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user is asked once; should the broker take the password again, nobody needs to answer any more."""
    monkeypatch.setattr("custom_components.btr.own_broker.AUTH_PAUSE_S", 1.0)
    entry = await set_up(hass, scripted.port, username="btr", password="planted-password")
    await until(lambda: entry.runtime_data.connected)

    scripted.connack = 134
    asked = len(scripted.got(CONNECT))
    scripted.drops_all()
    await until(lambda: list(entry.async_get_active_flows(hass, {SOURCE_REAUTH})))
    assert not entry.runtime_data.connected
    await asyncio.sleep(0.8)
    assert len(scripted.got(CONNECT)) == asked + 1

    scripted.connack = 0
    await until(lambda: entry.runtime_data.connected)
    await hass.async_block_till_done()
    assert list(entry.async_get_active_flows(hass, {SOURCE_REAUTH})) == []
    await hass.config_entries.async_unload(entry.entry_id)


async def test_i9_a_command_that_the_broker_does_not_take_over_is_an_error_and_never_arrives_later(
    hass: HomeAssistant, scripted: ScriptedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is cut with what it has not sent yet, and made anew."""
    monkeypatch.setattr("custom_components.btr.broker_link.ANSWER_S", 0.5)
    entry = await set_up(hass, scripted.port)
    await until(lambda: entry.runtime_data.connected)
    scripted.publishes(f"{BATH}/telemetry".encode(), json.dumps(bath_telemetry(Heater=0)).encode())
    await until(lambda: is_live(hass, HEATER))
    connections = scripted.connections

    scripted.silent = {PUBLISH}
    with pytest.raises(HomeAssistantError) as error:
        await hass.services.async_call("switch", "turn_on", {"entity_id": HEATER}, blocking=True)
    assert error.value.translation_key == "broker_no_answer"
    scripted.silent = set()
    await until(lambda: scripted.connections > connections and entry.runtime_data.connected)
    await hass.config_entries.async_unload(entry.entry_id)


async def test_two_brokers_may_each_have_a_device_of_one_id(
    hass: HomeAssistant, scripted: ScriptedBroker, real: RealBroker
) -> None:
    await real.start()
    first = await set_up(hass, scripted.port)
    second = await set_up(hass, real.port, protocol="3.1.1")
    await until(lambda: first.runtime_data.connected and second.runtime_data.connected)

    speak(scripted, 25.5)
    await Device(real.port).says(f"{NODE}/sensor", json.dumps({**OUR_SAMPLE, "temp_internal_c": 35.5}))
    await until(lambda: {value(hass, TEMPERATURE), value(hass, f"{TEMPERATURE}_2")} == {"25.5", "35.5"})
    registry = dr.async_get(hass)
    (renamed,) = dr.async_entries_for_config_entry(registry, first.entry_id)
    registry.async_update_device(renamed.id, name_by_user="Shed")
    assert [device.name for entry in (first, second) for device in entry.runtime_data.devices.values()] == [
        "Shed",
        "Battery cell-7",
    ]
    for entry in (first, second):
        await hass.config_entries.async_unload(entry.entry_id)


def test_identifier_of_another_connection_is_none_of_this_one() -> None:
    key = DeviceKey(DeviceKind.BATTERY, "cell-7")
    scopes_of = {text: [key_of(text, scope) for scope in ("", "A_")] for text in ("battery_cell-7", "A_battery_cell-7")}
    assert scopes_of == {"battery_cell-7": [key, None], "A_battery_cell-7": [None, key]}


async def test_certificate_that_was_damaged_in_storage_is_told(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    entry = await set_up(hass, scripted.port, encryption="own_ca", certificate="no certificate")

    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "certificate_unreadable"
