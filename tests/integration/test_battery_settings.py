"""Settings of one battery: its limits within caps, and how its node is corrected; all survive a restart."""

import math
from pathlib import Path

import pytest
from homeassistant.const import STATE_OFF, STATE_ON, STATE_UNAVAILABLE, EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from custom_components.btr import async_remove_config_entry_device
from custom_components.btr.const import DOMAIN
from tests.integration.models import put_model
from tests.integration.stories import NODE, ORIGINAL_SAMPLE, World

RISK = "number.battery_cell_7_risk_threshold"
TEMPERATURE = "number.battery_cell_7_temperature_limit"
RATE = "number.battery_cell_7_rate_of_rise_limit"
POLICY = "select.battery_cell_7_correction_policy"
MODEL = "select.battery_cell_7_model"
CORRECTION = "switch.battery_cell_7_correction"
LEVEL = "sensor.battery_cell_7_risk_level"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.NUMBER, Platform.SELECT, Platform.SWITCH, Platform.SENSOR, Platform.BINARY_SENSOR)


async def sets(world: World, entity_id: str, value: float) -> None:
    """The user enters a number."""
    await world.acts("number", "set_value", entity_id, value=value)


async def chooses(world: World, entity_id: str, option: str) -> None:
    """The user chooses."""
    await world.acts("select", "select_option", entity_id, option=option)


# --- limits


async def test_limits_are_settings_with_the_defaults_of_the_model_and_of_the_assessment(
    world: World, entity_registry: er.EntityRegistry
) -> None:
    await world.battery_lives(1)
    assert [float(world.value(limit)) for limit in (RISK, TEMPERATURE, RATE)] == [50.0, 60.0, 30.0]
    for limit in (RISK, TEMPERATURE, RATE, POLICY):
        entry = entity_registry.async_get(limit)
        assert entry is not None
        assert entry.entity_category is EntityCategory.CONFIG


async def test_a_lower_temperature_limit_alarms_earlier_also_after_a_restart(world: World) -> None:
    await world.battery_lives(2, 46.0)
    assert world.value(LEVEL) == "normal"
    await sets(world, TEMPERATURE, 45)
    await world.restarts()
    assert world.value(TEMPERATURE) == "45.0"
    await world.battery_lives(2, 46.0)
    assert world.value(LEVEL) == "danger"
    assert world.value(RUNAWAY) == STATE_ON


async def test_a_higher_rate_limit_alarms_later(world: World) -> None:
    await world.battery_lives(2, 36.0)
    await sets(world, RATE, 60)
    await world.restarts()
    assert world.value(RATE) == "60.0"
    await world.battery_lives(2, 36.0)
    await world.battery_lives(8, lambda time_s: 36 + 0.7 * time_s)
    assert world.value(LEVEL) == "warning"


async def test_the_threshold_of_the_risk_belongs_to_the_model_it_was_chosen_for(
    world: World, models_folder: Path
) -> None:
    own = put_model(models_folder)
    await world.restarts()
    await world.battery_lives(1)
    await sets(world, RISK, 35)
    assert world.value(RISK) == "35.0"
    await chooses(world, MODEL, own)
    assert world.value(RISK) == "50.0"
    await sets(world, RISK, 80)
    await world.restarts()
    assert world.value(RISK) == "80.0"
    await chooses(world, MODEL, "shipped")
    assert world.value(RISK) == "35.0"


async def test_a_threshold_that_is_the_models_own_follows_the_model(world: World) -> None:
    await world.battery_lives(1)
    await sets(world, RISK, 35)
    await sets(world, RISK, 50)
    (battery,) = world.entry.runtime_data.devices.values()
    assert world.entry.runtime_data.options.limits(battery.key).risks == {}


@pytest.mark.parametrize(
    ("entity_id", "value", "reason"),
    [
        (TEMPERATURE, 80.5, "out_of_range"),
        (RATE, 61, "out_of_range"),
        (RISK, 100, "out_of_range"),
        (TEMPERATURE, math.nan, "refused_not_number"),
        (RATE, math.nan, "refused_not_number"),
        (RISK, math.nan, "refused_not_number"),
        ("number.battery_cell_7_reminder_interval", math.nan, "refused_not_number"),
    ],
)
async def test_h13_no_setting_lifts_a_cap(world: World, entity_id: str, value: float, reason: str) -> None:
    await world.battery_lives(1)
    before = world.value(entity_id)
    with pytest.raises(ServiceValidationError) as refused:
        await sets(world, entity_id, value)
    assert refused.value.translation_key == reason
    assert world.value(entity_id) == before


async def test_a_temperature_limit_in_fahrenheit_is_kept_in_celsius(hass: HomeAssistant, world: World) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    await world.battery_lives(1)
    assert world.value(TEMPERATURE) == "140.0"
    await sets(world, TEMPERATURE, 122)
    (battery,) = world.entry.runtime_data.devices.values()
    assert world.entry.runtime_data.options.limits(battery.key).temp_c == 50.0


async def test_settings_of_a_silent_battery_can_be_changed(world: World) -> None:
    await world.battery_lives(1)
    await world.passes(30)
    assert world.value(LEVEL) == STATE_UNAVAILABLE
    await sets(world, TEMPERATURE, 55)
    await chooses(world, POLICY, "raise_only")
    assert (world.value(TEMPERATURE), world.value(POLICY)) == ("55.0", "raise_only")


async def test_settings_of_one_battery_are_none_of_anothers(world: World) -> None:
    await world.battery_lives(1)
    await world.battery_lives(1, topic="btr/cell-8/sensor")
    await sets(world, TEMPERATURE, 45)
    await chooses(world, POLICY, "off")
    assert world.value("number.battery_cell_8_temperature_limit") == "60.0"
    assert world.value("select.battery_cell_8_correction_policy") == "both"


async def test_a_battery_that_was_deleted_comes_back_with_the_limits_of_the_assessment(world: World) -> None:
    """Given limits that were chosen for a battery, another one on the same node is not judged by them."""
    await world.battery_lives(1)
    await sets(world, TEMPERATURE, 80)
    await sets(world, RATE, 60)
    await sets(world, RISK, 99)
    await world.passes(30)
    registry = dr.async_get(world.hass)
    device = registry.async_get_device_by_identifier((DOMAIN, "battery_cell-7"), world.entry.entry_id)
    assert device is not None
    assert await async_remove_config_entry_device(world.hass, world.entry, device)
    registry.async_remove_device(device.id)
    await world.hass.async_block_till_done()
    await world.battery_lives(1)
    assert [float(world.value(limit)) for limit in (RISK, TEMPERATURE, RATE)] == [50.0, 60.0, 30.0]


# --- corrections


async def test_the_switch_and_the_policy_are_two_views_of_one_setting(world: World) -> None:
    """Given a policy, off is off in both, and on again is what it was before."""
    await world.battery_lives(1)
    assert (world.value(POLICY), world.value(CORRECTION)) == ("both", STATE_ON)
    await chooses(world, POLICY, "raise_only")
    assert world.value(CORRECTION) == STATE_ON
    await world.acts("switch", "turn_off", CORRECTION)
    assert world.value(POLICY) == "off"
    await world.restarts()
    assert (world.value(POLICY), world.value(CORRECTION)) == ("off", STATE_OFF)
    await world.acts("switch", "turn_on", CORRECTION)
    assert world.value(POLICY) == "raise_only"
    await chooses(world, POLICY, "off")
    assert world.value(CORRECTION) == STATE_OFF
    await world.restarts()
    await chooses(world, POLICY, "both")
    assert world.value(CORRECTION) == STATE_ON


async def original_says(world: World, count: int, **fields: object) -> None:
    """The node of the field says something twice a second."""
    for _ in range(count):
        up_ms = round(dt_util.utcnow().timestamp() * 1000) % 2**32
        await world.hears("sensor", {**ORIGINAL_SAMPLE, "timestamp_ms": up_ms, **fields})


FALSE_DANGER = {"humidity_percent": 90, "voc_index": 100, "mq2_ppm": 150}


@pytest.mark.parametrize(("policy", "sent"), [("both", ["normal"]), ("raise_only", []), ("off", [])])
async def test_only_who_may_lower_lowers(world: World, policy: str, sent: list[str]) -> None:
    await original_says(world, 1)
    await chooses(world, "select.battery_correction_policy", policy)
    await original_says(world, 120, status="DANGER", **FALSE_DANGER)
    assert world.sent("statue")[:1] == sent


@pytest.mark.parametrize("policy", ["off", "raise_only"])
async def test_h3_danger_is_sent_until_a_node_that_our_normal_masks_shows_it(world: World, policy: str) -> None:
    """Given a `normal` of ours over a node's own danger, when it may not be sent any more."""
    await original_says(world, 120, status="DANGER", **FALSE_DANGER)
    assert set(world.sent("statue")) == {"normal"}
    world.forget_sent()
    await chooses(world, "select.battery_correction_policy", policy)
    await original_says(world, 20, status="NORMAL", **FALSE_DANGER)
    assert world.sent("statue") == ["danger"] * 5
    await original_says(world, 20, status="DANGER", **FALSE_DANGER)
    assert world.sent("statue") == ["danger"] * 5
    assert world.sent(f"{NODE}/statue") == []
