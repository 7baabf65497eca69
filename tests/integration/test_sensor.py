"""Sensors of both devices: what exists, what it says, and when it is worth a row."""

import re
from collections import Counter
from pathlib import Path

import pytest
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN, Platform
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.btr.bath_sensors import REASONS
from tests.integration.stories import BATH, NODE, ORIGINAL_SAMPLE, OUR_SAMPLE, World, all_devices_speak, bath_telemetry

INTERNAL = "sensor.battery_cell_7_internal_temperature"
LEVEL = "sensor.battery_cell_7_risk_level"
LAB = "sensor.bath_lab_1"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR,)


async def test_raw_and_diagnostic_channels_are_disabled_by_default(
    world: World, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    await all_devices_speak(world)
    disabled = {
        item.unique_id.removeprefix("battery_cell-7_")
        for item in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if item.disabled_by is not None and item.unique_id.startswith("battery_cell-7")
    }
    assert disabled == {
        "inference_ms",
        "last_message_at",
        "malformed_messages",
        "max30105_smoke",
        "max30105_temp_c",
        "message_rate_hz",
        "risk_ambient",
        "risk_internal",
        "shadow_differences",
        "shadow_risk",
    }


async def test_a_bad_channel_is_unknown_alone(world: World) -> None:
    await world.battery_lives(3)
    await world.battery_lives(1, humidity_percent=None)
    assert world.value("sensor.battery_cell_7_humidity") == STATE_UNKNOWN
    assert float(world.value(INTERNAL)) == 25.0


async def test_a_nan_in_the_payload_loses_one_channel_and_no_message(world: World) -> None:
    await world.battery_lives(3)
    text = '{"timestamp_ms":9000000,"temp_internal_c":nan,"temp_ambient_c":26.5,"humidity_percent":40.0}'
    await world.hears(f"{NODE}/sensor", text)
    await world.passes(1)
    assert world.value(INTERNAL) == STATE_UNKNOWN


async def test_i3_a_quiet_node_writes_only_what_moved(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    writes = count_writes(hass)
    noise = iter(range(10_000))
    await world.battery_lives(120, lambda _: 25.0 + 0.03 * (next(noise) % 3))
    assert writes[INTERNAL] <= 1


async def test_i3_a_rising_node_writes_a_number_once_per_interval(hass: HomeAssistant, world: World) -> None:
    await world.battery_lives(5)
    writes = count_writes(hass)
    await world.battery_lives(30, lambda time_s: 25.0 + 0.1 * time_s)
    assert 5 <= writes[INTERNAL] <= 7


async def test_i3_a_change_of_level_is_written_in_less_than_a_second_and_then_every_change(
    hass: HomeAssistant, world: World
) -> None:
    await world.battery_lives(10)
    assert world.value(LEVEL) == "normal"
    await world.battery_lives(2, lambda time_s: 55.0 + time_s)
    assert world.value(LEVEL) != "normal"
    writes = count_writes(hass)
    await world.battery_lives(5, lambda time_s: 57.0 + 0.2 * time_s)
    assert writes[INTERNAL] == 10


async def test_i3_while_a_bath_is_in_alarm_every_change_is_written(hass: HomeAssistant, world: World) -> None:
    async def reports(tank_c: float, **channels: float) -> None:
        await world.hears(f"{BATH}/telemetry", bath_telemetry(TankTemp=tank_c, **channels))
        await world.passes(20, step_s=2)

    for _ in range(3):
        await reports(70.0)
    writes = count_writes(hass)
    for tank_c in (70.03, 70.0, 70.03):
        await reports(tank_c)
    assert writes[f"{LAB}_tank_temperature"] == 0
    await reports(70.0, TempOut2=-127)
    await reports(70.0, TempOut2=-127)
    writes.clear()
    for tank_c in (70.03, 70.0, 70.03):
        await reports(tank_c, TempOut2=-127)
    assert writes[f"{LAB}_tank_temperature"] == 3


async def test_a_new_outlet_appears_by_itself(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    assert world.hass.states.get("sensor.bath_lab_1_outlet_4_temperature") is None
    await world.hears(f"{BATH}/telemetry", bath_telemetry(TempOut4=54.9))
    await world.passes(1)
    assert float(world.value("sensor.bath_lab_1_outlet_4_temperature")) == 54.9


async def test_a_channel_of_a_battery_appears_when_the_node_has_it(world: World) -> None:
    await world.battery_lives(1, mq7_ppm=None)
    assert world.hass.states.get("sensor.battery_cell_7_carbon_monoxide_mq_7") is None
    assert world.value("sensor.battery_cell_7_combustible_gas_mq_2") == "15.3"
    await world.battery_lives(1)
    assert world.value("sensor.battery_cell_7_carbon_monoxide_mq_7") == "22.0"


async def test_outlets_of_a_silent_bath_are_there_after_a_restart(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry(TempOut4=54.9))
    await world.restarts()
    assert world.value("sensor.bath_lab_1_outlet_4_temperature") == STATE_UNAVAILABLE


async def test_an_entity_that_the_user_removed_is_not_written_again(
    world: World, entity_registry: er.EntityRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    await world.battery_lives(3)
    (battery,) = world.entry.runtime_data.devices.values()
    listeners = len(battery._listeners)
    entity_registry.async_remove(INTERNAL)
    await world.hass.async_block_till_done()
    await world.battery_lives(6, 30.0)
    assert world.hass.states.get(INTERNAL) is None
    assert len(battery._listeners) == listeners - 1
    assert "ERROR" not in {record.levelname for record in caplog.records}


async def test_heater_time_and_cycles_count_what_the_bath_reports(world: World) -> None:
    for minute in range(5):
        await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=int(minute in (1, 2))))
        await world.passes(59.5, step_s=0.5 if minute == 0 else 59.5)
    assert float(world.value("sensor.bath_lab_1_heater_on_time")) == pytest.approx(120, abs=60)
    assert world.value("sensor.bath_lab_1_heater_cycles") == "1"


async def test_what_the_heater_has_done_survives_a_restart_and_is_counted_on(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
    assert world.value(f"{LAB}_heater_energy") == STATE_UNKNOWN, "without the power of the heater nothing is known"
    bath = next(iter(world.entry.runtime_data.devices.values()))
    world.entry.runtime_data.options.set_heater_power(bath, 3600.0)
    for _ in range(3):
        await world.passes(60, step_s=5)
        await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    counted = [world.value(f"{LAB}_heater_{name}") for name in ("cycles", "on_time", "energy")]
    assert counted[0] == "1"
    assert float(counted[1]) == pytest.approx(121, abs=1)
    assert float(counted[2]) == pytest.approx(0.121, abs=0.002)
    await world.restarts()
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    assert world.value(f"{LAB}_heater_on_time") == counted[1]
    assert world.value(f"{LAB}_heater_energy") == counted[2]
    assert world.value(f"{LAB}_heater_cycles") == "1", "it was on before and is on"


async def test_a_heater_that_is_found_on_is_no_new_cycle_and_a_removed_bath_starts_anew(world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=0))
    await world.passes(10)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    hub = world.entry.runtime_data
    (key,) = hub.devices
    await world.passes(200, step_s=5)
    assert hub.forget(key)
    await world.hears(f"{BATH}/telemetry", bath_telemetry(Heater=1))
    assert hub.devices[key].state.heater_cycles == 0


async def test_a_reason_that_nobody_knows_the_words_for_is_unknown(world: World) -> None:
    for seq, (reason, shown) in enumerate([("preheating", "preheating"), ("from_the_future", STATE_UNKNOWN)], start=1):
        await world.hears(f"{BATH}/telemetry", {**bath_telemetry(), "seq": seq, "reason": reason})
        assert world.value(f"{LAB}_control_reason") == shown


def test_every_reason_of_our_firmware_has_its_words() -> None:
    source = (Path(__file__).parents[2] / "firmware/lib/btr_control/src/bath_state.cpp").read_text()
    told = re.findall(r'case Reason::\w+: return "(\w+)";', source)
    assert told == REASONS


async def test_the_cause_is_named(world: World) -> None:
    await world.battery_lives(10)
    assert world.value("sensor.battery_cell_7_cause") == "none"
    await world.battery_lives(5, 75.0)
    assert world.value("sensor.battery_cell_7_cause") == "temperature"


async def test_an_original_node_without_prefix_is_one_battery(world: World) -> None:
    for count in range(3):
        await world.hears("sensor", {**ORIGINAL_SAMPLE, "timestamp_ms": 5000 + 500 * count})
    assert float(world.value("sensor.battery_internal_temperature")) == 32.1


async def test_malformed_messages_are_counted(
    hass: HomeAssistant, world: World, entry: MockConfigEntry, enable_all_entities: None
) -> None:
    await world.battery_lives(2)
    for _ in range(3):
        world.says(f"{NODE}/sensor", "{not json")
    await world.hears(f"{NODE}/sensor", {**OUR_SAMPLE, "timestamp_ms": 99_000_000})
    await world.passes(6)
    assert world.value("sensor.battery_cell_7_malformed_messages") == "3"


def count_writes(hass: HomeAssistant) -> Counter[str]:
    """Count the changes of each entity from here on."""
    counts: Counter[str] = Counter()

    @callback
    def note(event: Event[EventStateChangedData]) -> None:
        counts[event.data["entity_id"]] += 1

    hass.bus.async_listen("state_changed", note)
    return counts
