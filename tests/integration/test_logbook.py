"""What the logbook says of devices, asked as the frontend asks it: sentences, by device, and not too many."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers import translation
from homeassistant.setup import async_setup_component
from homeassistant.util.dt import utcnow
from hypothesis import given
from hypothesis import strategies as st
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.btr.announcer import EVENT_BTR, MOST_BYTES, MOST_PER_MINUTE, bounded
from tests.integration.blueprint_stories import device_of
from tests.integration.stories import BATH, BATH_REGISTER, World, bath_telemetry

ALARM = "event.battery_cell_7_alarm"
STOP = "switch.bath_lab_1_emergency_stop"


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """The recorder's fixture wants to be there before Home Assistant, and a log of every SQL statement takes time."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.EVENT, Platform.SWITCH)


@pytest.fixture
async def home(recorder_mock: Any, world: World) -> World:
    """BTR beside a recorder and its logbook."""
    assert await async_setup_component(world.hass, "logbook", {})
    return world


async def logbook_of(world: World, connect: WebSocketGenerator, **about: Any) -> list[dict[str, Any]]:
    """What the logbook shows of our events, for a device or an entity if one is named."""
    await world.hass.async_block_till_done(wait_background_tasks=True)
    await async_wait_recording_done(world.hass)
    socket = await connect()
    start, end = utcnow() - timedelta(days=1), utcnow() + timedelta(days=1)
    request = {"type": "logbook/get_events", "start_time": start.isoformat(), "end_time": end.isoformat(), **about}
    await socket.send_json_auto_id(request)
    answer = await socket.receive_json()
    assert answer["success"], answer
    return [line for line in answer["result"] if line.get("domain") == "btr"]


async def burns(world: World) -> None:
    await world.battery_lives(3)
    await world.battery_lives(2, 85.0)


async def bath_works(world: World) -> None:
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry())


def told(events: list[Any], *kinds: str) -> list[str]:
    return [event.data["message"] for event in events if event.data["type"] in kinds]


async def test_the_life_of_an_alarm_stands_in_the_logbook(home: World, hass_ws_client: WebSocketGenerator) -> None:
    await burns(home)
    await home.hass.services.async_call("btr", "acknowledge", {"device_id": device_of(home)}, blocking=True)
    lines = await logbook_of(home, hass_ws_client)
    assert {(line["name"], line["entity_id"]) for line in lines} == {("BTR", ALARM)}
    raised, correction, acknowledged = (line["message"] for line in lines)
    assert raised.startswith("Battery cell-7: Danger, because Internal temperature ")
    assert correction.startswith("Battery cell-7: danger was sent to the node, which showed Normal, because ")
    assert acknowledged.startswith("Battery cell-7: the alarm was acknowledged;")


async def test_a_line_is_found_by_its_device_and_by_its_entity(home: World, hass_ws_client: WebSocketGenerator) -> None:
    await burns(home)
    await home.battery_lives(1, topic="btr/cell-8/sensor")
    assert len(await logbook_of(home, hass_ws_client, device_ids=[device_of(home)])) == 2
    assert len(await logbook_of(home, hass_ws_client, entity_ids=[ALARM])) == 2
    assert await logbook_of(home, hass_ws_client, device_ids=[device_of(home, "battery_cell-8")]) == []


async def test_the_emergency_stop_stands_in_the_logbook(home: World, hass_ws_client: WebSocketGenerator) -> None:
    await bath_works(home)
    await home.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=1, Heater=0, Pump=0))
    await home.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0, Pump=0))
    lines = await logbook_of(home, hass_ws_client)
    assert [(line["message"], line["entity_id"]) for line in lines] == [
        ("Bath lab-1: the emergency stop is engaged, every output is off.", STOP),
        ("Bath lab-1: the emergency stop is released, the device controls its outputs again.", STOP),
    ]


async def test_i9_a_command_that_went_wrong_stands_in_the_logbook(
    home: World, hass_ws_client: WebSocketGenerator
) -> None:
    await bath_works(home)
    await home.acts("switch", "turn_on", "switch.bath_lab_1_pump")
    for _ in range(4):
        await home.hears(f"{BATH}/telemetry", bath_telemetry(Pump=0))
        await home.passes(60, step_s=10)
    (line,) = await logbook_of(home, hass_ws_client, device_ids=[device_of(home, "bath_lab-1")])
    assert "Bath lab-1" in line["message"]
    assert "pump" in line["message"].lower()


async def test_i9_settings_that_a_device_did_not_take_are_told(world: World) -> None:
    events = async_capture_events(world.hass, EVENT_BTR)
    await bath_works(world)
    data = {"device_id": device_of(world, "bath_lab-1"), "config": {"temp_maxdif": 10}}
    await world.hass.services.async_call("btr", "update_config", data, blocking=True)
    await world.passes(3)
    await world.hears(f"{BATH}/register", BATH_REGISTER)
    (message,) = told(events, "settings_different")
    assert "temp_maxdif" in message


async def test_a_foreign_event_of_this_name_breaks_no_logbook(home: World, hass_ws_client: WebSocketGenerator) -> None:
    home.hass.bus.async_fire(EVENT_BTR, {})
    home.hass.bus.async_fire(EVENT_BTR, {"message": 7})
    assert [line["message"] for line in await logbook_of(home, hass_ws_client)] == ["", "7"]


async def test_the_sentence_is_in_the_language_of_home_assistant_and_with_the_users_name(world: World) -> None:
    await world.battery_lives(1)
    dr.async_get(world.hass).async_update_device(device_of(world), name_by_user="电动车")
    translation.async_setup(world.hass)
    await world.hass.config.async_update(language="zh-Hans")
    await world.hass.async_block_till_done()
    events = async_capture_events(world.hass, EVENT_BTR)
    await burns(world)
    (raised,) = told(events, "raised")
    assert raised.startswith("电动车\N{FULLWIDTH COLON}危险")
    assert "内部温度" in raised


async def test_a_new_device_in_danger_is_told_with_its_device(world: World) -> None:
    events = async_capture_events(world.hass, EVENT_BTR)
    await world.battery_lives(3, 85.0)
    assert events[0].data["type"] == "raised"
    assert events[0].data["device_id"] == device_of(world)


async def test_an_entity_that_is_gone_is_not_named(world: World) -> None:
    await world.battery_lives(1)
    er.async_get(world.hass).async_remove(ALARM)
    events = async_capture_events(world.hass, EVENT_BTR)
    await burns(world)
    assert events
    assert not [event for event in events if "entity_id" in event.data]


async def test_i4_a_device_that_changes_its_mind_all_the_time_is_cut_short_and_heard_again(world: World) -> None:
    await bath_works(world)
    events = async_capture_events(world.hass, EVENT_BTR)
    for count in range(60):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=count % 2))
    assert len(events) == MOST_PER_MINUTE
    await world.passes(60, step_s=10)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=0))
    assert len(events) == MOST_PER_MINUTE + 1


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
async def test_no_event_is_over_a_kilobyte(hass: HomeAssistant, world: World, language: str) -> None:
    translation.async_setup(hass)
    await world.battery_lives(1)
    await hass.config.async_update(language=language)
    dr.async_get(hass).async_update_device(device_of(world), name_by_user="很长的名字" * 60)
    er.async_get(hass).async_update_entity(ALARM, new_entity_id=f"event.{'x' * 240}")
    await hass.async_block_till_done()
    events = async_capture_events(hass, EVENT_BTR)
    await burns(world)
    sizes = [len(json.dumps(dict(event.data), ensure_ascii=False).encode()) for event in events]
    assert sizes
    assert max(sizes) < 1024
    assert all(event.data["message"].endswith(("。", ".", "…")) for event in events)


@given(st.text(st.one_of(st.characters(), st.just("\ud800")), max_size=9), st.integers(0, 300))
def test_i4_a_sentence_is_cut_between_two_characters_and_can_be_written(part: str, times: int) -> None:
    message = part * times
    short = bounded(message)
    whole = message.encode(errors="replace")
    assert len(short.encode()) <= MOST_BYTES + len("…".encode())
    assert whole.startswith(short.removesuffix("…").encode())
    assert (short.encode() == whole) is (len(whole) <= MOST_BYTES)


async def test_i11_nothing_that_a_device_says_of_its_network_is_told(world: World) -> None:
    events = async_capture_events(world.hass, EVENT_BTR)
    await bath_works(world)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(EmergencyState=1, TankTemp=99))
    await world.passes(65, step_s=5)
    assert events
    assert "planted" not in str([event.data for event in events])
    assert {key for event in events for key in event.data} == {"device_id", "type", "message", "entity_id"}
