"""The blueprint that wakes phones: what arrives, what its buttons do, and what never happens by them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from custom_components.btr import async_remove_config_entry_device
from tests.integration.blueprint_stories import AUTOMATION, Phone, device_of, imports_blueprints, uses_blueprint
from tests.integration.stories import BATH, BATH_REGISTER, World, bath_telemetry

ALARM = "event.battery_cell_7_alarm"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"
ACKNOWLEDGE, SNOOZE = 0, 1


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BINARY_SENSOR, Platform.EVENT)


@pytest.fixture(autouse=True)
def _imported(hass: HomeAssistant, tmp_path: Path) -> None:
    imports_blueprints(hass, tmp_path)


@pytest.fixture
def phone(hass: HomeAssistant) -> Phone:
    return Phone(hass)


async def watched(world: World, *phones: Phone, **inputs: Any) -> None:
    """A quiet battery, and an automation that watches it."""
    await world.battery_lives(3)
    chosen = {"devices": {"device_id": device_of(world)}, "phones": [phone.id for phone in phones]}
    await uses_blueprint(world.hass, "critical_phone_alert", **{**chosen, **inputs})


async def burns(world: World, seconds: float = 3) -> None:
    await world.battery_lives(seconds, 85.0)


async def drills(world: World) -> None:
    await world.hass.services.async_call("btr", "run_drill", {"device_id": device_of(world)}, blocking=True)
    await world.hass.async_block_till_done()


def became(world: World) -> str:
    kind: str = world.state(ALARM).attributes["event_type"]
    return kind


async def test_an_alarm_wakes_the_phone_whatever_it_is_set_to(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await burns(world)
    alert, *_ = phone.alerts
    page = f"/config/devices/device/{device_of(world)}"
    assert alert["title"] == "Alarm"
    assert alert["message"].startswith("Battery cell-7: Danger, because Internal temperature ")
    data = alert["data"]
    assert data["push"] == {
        "sound": {"name": "default", "critical": 1, "volume": 1.0},
        "interruption-level": "critical",
    }
    assert (data["ttl"], data["priority"], data["channel"]) == (0, "high", "alarm_stream")
    assert (data["url"], data["clickAction"]) == (page, page)
    assert data["tag"] == f"btr-{device_of(world)}"
    assert [button["title"] for button in data["actions"]] == ["Acknowledge", "Snooze"]


async def test_the_user_names_page_titles_and_sound(world: World, phone: Phone) -> None:
    await watched(
        world,
        phone,
        link="/lab/cells",
        alarm_title="着火了",
        acknowledge_title="知道了",
        snooze_title="稍后",
        android_channel="alarm_stream_max",
        critical_levels=[],
    )
    await burns(world)
    alert, *_ = phone.alerts
    assert alert["title"] == "着火了"
    assert [button["title"] for button in alert["data"]["actions"]] == ["知道了", "稍后"]
    assert (alert["data"]["url"], alert["data"]["clickAction"]) == ("/lab/cells", "/lab/cells")
    assert alert["data"]["channel"] == "BTR"
    assert alert["data"]["push"]["sound"]["critical"] == 0
    assert alert["data"]["push"]["interruption-level"] == "time-sensitive"


async def test_a_loud_alert_is_as_loud_as_the_user_wants(world: World, phone: Phone) -> None:
    await watched(world, phone, android_channel="alarm_stream_max")
    await burns(world)
    assert phone.alerts[0]["data"]["channel"] == "alarm_stream_max"


async def test_i8_a_press_on_acknowledge_acknowledges_and_tells_all_phones_quietly(world: World, phone: Phone) -> None:
    other = Phone(world.hass, "Zoë's iPhone", "mobile_app_zoe_s_iphone")
    await watched(world, phone, other)
    await burns(world)
    assert len(phone.alerts) == len(other.alerts) > 0
    phone.forget()
    before = other.alerts[-1]
    other.forget()
    await other.presses(ACKNOWLEDGE, before)
    assert became(world) == "acknowledged"
    for told in (phone.told, other.told):
        (quiet,) = told
        assert "was acknowledged" in quiet["message"]
        assert quiet["data"]["push"] == {"sound": "none", "interruption-level": "passive"}
        assert quiet["data"]["tag"] == before["data"]["tag"]
        assert quiet["data"]["channel"] == "BTR quiet"


async def test_i8_a_press_on_snooze_snoozes_for_the_time_of_the_automation(world: World, phone: Phone) -> None:
    await watched(world, phone, snooze_minutes=25)
    await burns(world)
    await phone.presses(SNOOZE)
    assert became(world) == "snoozed"
    (device,) = world.entry.runtime_data.devices.values()
    record = device.state.alarm.record
    assert record.snoozed_until.timestamp() - world.freezer().timestamp() == pytest.approx(25 * 60, abs=2)


async def test_i8_reminders_arrive_until_it_is_acknowledged(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await burns(world)
    phone.forget()
    await world.passes(620, step_s=20)
    assert len(phone.alerts) == 2
    assert "not acknowledged since" in phone.alerts[0]["message"]


async def test_the_alert_is_taken_away_when_the_alarm_is_over(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await burns(world)
    await phone.presses(ACKNOWLEDGE)
    phone.forget()
    await world.battery_lives(70)
    (cleared,) = phone.told
    assert cleared["message"] == "clear_notification"
    assert cleared["data"]["tag"] == f"btr-{device_of(world)}"


async def test_the_alert_is_taken_away_when_its_battery_is_deleted(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await burns(world)
    await world.passes(30)
    tag = phone.alerts[-1]["data"]["tag"]
    device = dr.async_get(world.hass).async_get(device_of(world))
    assert device is not None
    assert await async_remove_config_entry_device(world.hass, world.entry, device)
    dr.async_get(world.hass).async_remove_device(device.id)
    await world.hass.async_block_till_done()
    assert (phone.told[-1]["message"], phone.told[-1]["data"]["tag"]) == ("clear_notification", tag)


async def test_a_drill_goes_all_the_way_and_says_that_it_is_one(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await drills(world)
    (alert,) = phone.alerts
    assert alert["title"] == "Drill, no real alarm"
    assert alert["message"].startswith("Drill, no real alarm: Battery cell-7")
    assert alert["data"]["push"]["sound"]["critical"] == 1
    await phone.presses(ACKNOWLEDGE)
    assert became(world) == "acknowledged"
    assert world.state(ALARM).attributes["drill"] is True


async def test_i8_the_button_of_a_drill_acknowledges_no_real_alarm(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await drills(world)
    (drill,) = phone.alerts
    await burns(world)
    await phone.presses(ACKNOWLEDGE, drill)
    assert world.state(RUNAWAY).attributes["acknowledged"] is False
    await phone.presses(ACKNOWLEDGE)
    assert world.state(RUNAWAY).attributes["acknowledged"] is True


async def test_i8_the_button_of_a_warning_acknowledges_no_danger(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await world.battery_lives(10, 55.0)
    assert world.state(RUNAWAY).attributes["alarm_level"] == "warning"
    warning = phone.alerts[-1]
    await burns(world)
    await phone.presses(ACKNOWLEDGE, warning)
    assert world.state(RUNAWAY).attributes["acknowledged"] is False
    await phone.presses(ACKNOWLEDGE)
    assert world.state(RUNAWAY).attributes["acknowledged"] is True


async def test_i8_the_button_of_an_alarm_that_is_over_acknowledges_no_later_one(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await burns(world)
    old = phone.alerts[-1]
    await phone.presses(ACKNOWLEDGE)
    await world.battery_lives(70)
    assert became(world) == "cleared"
    await burns(world)
    await phone.presses(ACKNOWLEDGE, old)
    assert world.state(RUNAWAY).attributes["acknowledged"] is False
    await phone.presses(ACKNOWLEDGE)
    assert world.state(RUNAWAY).attributes["acknowledged"] is True


async def test_a_danger_is_told_also_where_warnings_were_chosen_alone(world: World, phone: Phone) -> None:
    await watched(world, phone, levels=["warning"])
    await burns(world)
    assert "Danger" in phone.alerts[0]["message"]


async def test_buttons_of_others_do_nothing(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await burns(world)
    kind, device = became(world), device_of(world)
    strangers = (
        {},
        {"action": None},
        {"action": 7},
        {"action": "OPEN"},
        {"action": f"BTR/ACKNOWLEDGE/automation.other/{device}/2/1"},
        {"action": f"BTR/ACKNOWLEDGE/{AUTOMATION}/{device}"},
        {"action": f"BTR/RELEASE/{AUTOMATION}/{device}/2/1"},
        {"action": f"BTR/ACKNOWLEDGE/{AUTOMATION}/{device}/junk/1"},
    )
    for data in strangers:
        world.hass.bus.async_fire("mobile_app_notification_action", data)
        await world.hass.async_block_till_done()
    assert became(world) == kind


async def test_alarms_below_the_chosen_level_are_not_told(world: World, phone: Phone) -> None:
    await watched(world, phone, levels=["danger"])
    await world.battery_lives(10, 55.0)
    assert became(world) == "raised"
    assert phone.told == []
    await burns(world)
    assert "Danger" in phone.alerts[0]["message"]


@pytest.mark.parametrize("loss", [Phone.fails, Phone.is_not_loaded, Phone.is_taken_out])
async def test_a_phone_that_cannot_be_reached_keeps_no_other_from_being_woken(
    world: World, phone: Phone, loss: Callable[[Phone], None]
) -> None:
    lost = Phone(world.hass, "Old", "mobile_app_old")
    loss(lost)
    await watched(world, lost, phone)
    await burns(world)
    assert phone.alerts


async def test_i8_nothing_is_told_again_at_a_restart_but_an_open_alarm_goes_on(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await burns(world)
    phone.forget()
    await world.restarts()
    await world.passes(5)
    assert phone.told == []
    await world.passes(400, step_s=20)
    assert "not acknowledged since" in phone.alerts[0]["message"]


async def test_i8_a_button_works_after_the_automations_were_started_anew(world: World, phone: Phone) -> None:
    await watched(world, phone)
    await burns(world)
    await world.hass.services.async_call("automation", "turn_off", {"entity_id": AUTOMATION}, blocking=True)
    await world.hass.services.async_call("automation", "turn_on", {"entity_id": AUTOMATION}, blocking=True)
    await phone.presses(ACKNOWLEDGE)
    assert became(world) == "acknowledged"


async def test_one_automation_serves_batteries_and_baths_each_with_its_own_alert(world: World, phone: Phone) -> None:
    await world.battery_lives(3)
    await world.battery_lives(1, topic="btr/cell-8/sensor")
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    devices = [device_of(world, name) for name in ("battery_cell-7", "battery_cell-8", "bath_lab-1")]
    await uses_blueprint(world.hass, "critical_phone_alert", devices={"device_id": devices}, phones=[phone.id])
    await burns(world)
    await world.battery_lives(3, 85.0, topic="btr/cell-8/sensor")
    await world.hears(f"{BATH}/telemetry", bath_telemetry(TankTemp=99))
    await world.passes(70, step_s=10)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(TankTemp=99))
    by_tag = {alert["data"]["tag"]: alert for alert in phone.alerts}
    assert set(by_tag) == {f"btr-{device}" for device in devices}
    await phone.presses(ACKNOWLEDGE, by_tag[f"btr-{devices[1]}"])
    seen = [
        world.state(entity_id).attributes["acknowledged"]
        for entity_id in (RUNAWAY, "binary_sensor.battery_cell_8_thermal_runaway", "binary_sensor.bath_lab_1_alarm")
    ]
    assert seen == [False, True, False]
