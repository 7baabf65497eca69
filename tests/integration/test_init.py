"""Set-up, unload, reload and removal: nothing is left behind, nothing is lost."""

from typing import Any

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import MqttMockHAClient, WebSocketGenerator

from custom_components.btr.const import DOMAIN
from tests.integration.stories import BATH, BATH_REGISTER, NODE, OUR_SAMPLE, World, all_devices_speak, bath_telemetry


async def test_set_up_waits_for_mqtt_and_is_tried_again(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "mqtt_unavailable"


@pytest.mark.parametrize("options", [{"battery_prefixes": ["a/+", "b/+"]}])
async def test_topics_that_cannot_be_used_are_told(
    hass: HomeAssistant, mqtt_mock: MqttMockHAClient, entry: MockConfigEntry
) -> None:
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "invalid_topics"


async def test_a_reload_keeps_the_entities_and_hears_on(world: World) -> None:
    await world.battery_lives(3)
    await world.restarts()
    assert world.value("sensor.battery_cell_7_internal_temperature") == STATE_UNAVAILABLE
    await world.battery_lives(1, 26.0)
    assert float(world.value("sensor.battery_cell_7_internal_temperature")) == 26.0


async def test_i2_a_restart_of_home_assistant_converges_within_ten_seconds(world: World) -> None:
    await world.battery_lives(3)
    world.says(f"{NODE}/sensor", OUR_SAMPLE, retained=True)
    await world.restarts()
    world.says(f"{NODE}/availability", "online", retained=True)
    await world.battery_lives(10)
    assert world.value("binary_sensor.battery_cell_7_thermal_runaway") == "off"


async def test_a_device_that_the_topics_no_longer_reach_is_left_alone(
    hass: HomeAssistant, world: World, entry: MockConfigEntry
) -> None:
    await world.battery_lives(2)
    assert await hass.config_entries.async_unload(entry.entry_id)
    hass.config_entries.async_update_entry(entry, data={"battery_prefixes": [""], "bath_root": "compostlab/v2"})
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert entry.runtime_data.devices == {}


@pytest.mark.parametrize(("silent_s", "removed"), [(0, False), (30, True)])
async def test_a_device_can_be_removed_only_when_it_is_silent(
    hass: HomeAssistant,
    world: World,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    silent_s: float,
    removed: bool,
) -> None:
    assert await async_setup_component(hass, "config", {})
    await world.battery_lives(3)
    await world.passes(silent_s)
    device = device_of(hass, entry, "battery_cell-7")
    client = await hass_ws_client(hass)
    response = await client.remove_device(device.id)
    assert response["success"] is removed
    await hass.async_block_till_done()
    assert (hass.states.get("sensor.battery_cell_7_internal_temperature") is None) is removed


async def test_a_device_of_an_entry_that_is_not_loaded_can_be_removed(
    hass: HomeAssistant, world: World, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "config", {})
    await world.battery_lives(3)
    assert await hass.config_entries.async_unload(entry.entry_id)
    client = await hass_ws_client(hass)
    response = await client.remove_device(device_of(hass, entry, "battery_cell-7").id)
    assert response["success"]


async def test_a_removed_device_that_speaks_again_is_back(
    hass: HomeAssistant, world: World, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "config", {})
    await world.battery_lives(3)
    await world.passes(30)
    client = await hass_ws_client(hass)
    await client.remove_device(device_of(hass, entry, "battery_cell-7").id)
    await hass.async_block_till_done()
    await world.battery_lives(2, 27.0)
    assert float(world.value("sensor.battery_cell_7_internal_temperature")) == 27.0


async def test_the_device_registry_knows_what_the_device_said_of_itself(
    hass: HomeAssistant, world: World, entry: MockConfigEntry
) -> None:
    await all_devices_speak(world)
    battery = device_of(hass, entry, "battery_cell-7")
    assert (battery.name, battery.manufacturer, battery.model) == ("Battery cell-7", "BTR", "Battery monitor")
    assert (battery.serial_number, battery.sw_version) == ("cell-7", "1.2.0")
    world.says("btr/cell-7/register", {"firmware": "1.3.0"})
    await world.passes(1)
    assert device_of(hass, entry, "battery_cell-7").sw_version == "1.3.0"


async def test_a_bath_that_booted_without_network_is_a_repair_issue_until_it_boots_with_one(
    hass: HomeAssistant, world: World, issue_registry: ir.IssueRegistry
) -> None:
    await world.hears(f"{BATH}/register", {**BATH_REGISTER, "ip_address": "0.0.0.0"})
    issue = issue_registry.async_get_issue(DOMAIN, "booted_offline_bath_lab-1")
    assert issue is not None
    assert issue.translation_placeholders == {"device": "Bath lab-1"}
    await world.restarts()
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    assert issue_registry.async_get_issue(DOMAIN, "booted_offline_bath_lab-1") is not None
    await world.hears(f"{BATH}/register", BATH_REGISTER)
    assert issue_registry.async_get_issue(DOMAIN, "booted_offline_bath_lab-1") is None


async def test_removing_the_entry_removes_what_was_stored(
    hass: HomeAssistant, world: World, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    await world.hears(f"{BATH}/register", BATH_REGISTER)
    await world.restarts()
    assert hass_storage[f"{DOMAIN}.{entry.entry_id}"]["data"]["devices"]["bath_lab-1"]["config"]
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert f"{DOMAIN}.{entry.entry_id}" not in hass_storage


def device_of(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> dr.DeviceEntry:
    """The registry entry of a device."""
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, key), entry.entry_id)
    assert device is not None
    return device


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("en", {"Battery", "Battery cell-7", "Bath lab-1", "Bath lab-2"}),
        ("zh-Hans", {"电池", "电池 cell-7", "恒温浴 lab-1", "恒温浴 lab-2"}),
    ],
)
async def test_a_device_is_called_in_the_language_of_home_assistant(
    hass: HomeAssistant, world: World, entry: MockConfigEntry, language: str, names: set[str]
) -> None:
    hass.config.language = language
    await async_load_integrations(hass, {DOMAIN})
    await all_devices_speak(world)
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert {device.name for device in devices} == names
    assert {device.name for device in entry.runtime_data.devices.values()} == names


async def test_an_error_calls_a_device_what_the_user_calls_it(
    hass: HomeAssistant, world: World, entry: MockConfigEntry
) -> None:
    await all_devices_speak(world)
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier((DOMAIN, "bath_lab-1"), entry.entry_id)
    assert device is not None
    registry.async_update_device(device.id, name_by_user="Reactor A")
    await world.restarts()
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0, TankTemp=-127))
    with pytest.raises(ServiceValidationError) as refused:
        await world.acts("switch", "turn_on", "switch.bath_lab_1_heater")
    assert refused.value.translation_placeholders == {"device": "Reactor A"}
    registry.async_update_device(device.id, name_by_user="Reactor B")
    with pytest.raises(ServiceValidationError) as refused:
        await world.acts("switch", "turn_on", "switch.bath_lab_1_heater")
    assert refused.value.translation_placeholders == {"device": "Reactor B"}
