"""Numbers: settings of a bath, checked before they are sent and shown as the bath reports them; its heater's power."""

import json
import math

import pytest
from homeassistant.const import STATE_UNAVAILABLE, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM

from custom_components.btr import number
from custom_components.btr.core.bath_config import SETTING_BY_KEY
from tests.integration.stories import (
    BATH,
    BATH_CONFIG,
    BATH_REGISTER,
    BATH_RESPONSE,
    World,
    bath_telemetry,
)

TARGET = "number.bath_lab_1_target_temperature"
HYSTERESIS = "number.bath_lab_1_target_hysteresis"
LIMIT = "number.bath_lab_1_bath_limit"
INTERVAL = "number.bath_lab_1_aeration_interval"
POWER = "number.bath_lab_1_heater_power"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.NUMBER,)


async def bath_runs(world: World) -> None:
    """A bath booted and reports."""
    world.says(f"{BATH}/register", BATH_REGISTER)
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    await world.passes(1)
    world.forget_sent()


async def sets(world: World, entity_id: str, value: float) -> None:
    """The user enters a number."""
    await world.acts("number", "set_value", entity_id, value=value)


def test_every_setting_with_a_range_is_a_number_and_those_for_experts_are_disabled() -> None:
    ranged = {key: setting for key, setting in SETTING_BY_KEY.items() if setting.low is not None}
    assert {row.setting for row in number.BATH_NUMBERS} == set(ranged)
    for row in number.BATH_NUMBERS:
        assert row.entity_registry_enabled_default is not ranged[row.setting].advanced


async def test_settings_appear_when_the_bath_has_told_them(hass: HomeAssistant, world: World) -> None:
    await world.hears(f"{BATH}/telemetry", bath_telemetry())
    assert hass.states.get(TARGET) is None
    await world.hears(f"{BATH}/register", BATH_REGISTER)
    assert world.value(TARGET) == "60.0"
    assert world.value(LIMIT) == "65.0"


async def test_changes_of_one_second_are_one_message_and_confirmed_by_the_register(world: World) -> None:
    await bath_runs(world)
    await sets(world, INTERVAL, 120)
    await sets(world, HYSTERESIS, 1.5)
    assert (world.value(INTERVAL), world.value(HYSTERESIS)) == ("120.0", "1.5")
    assert world.sent(BATH_RESPONSE) == []
    await world.passes(1.5)
    (message,) = world.sent(BATH_RESPONSE)
    (command,) = message["commands"]
    assert command["config"] == {"bath_setpoint": {"hyst": 1.5}, "aeration_timer": {"interval": 120_000}}
    assert '"interval":120000}' in json.dumps(command, separators=(",", ":")), "an original ignores 120000.0"
    changed = {
        **BATH_CONFIG,
        "bath_setpoint": {"enabled": True, "target": 60.0, "hyst": 1.5},
        "aeration_timer": {"enabled": True, "interval": 90_000, "duration": 300_000},
    }
    await world.hears(f"{BATH}/register", {**BATH_REGISTER, "config": changed})
    assert (world.value(INTERVAL), world.value(HYSTERESIS)) == ("90.0", "1.5"), "what the bath reports counts"


async def test_a_bath_that_does_not_answer_keeps_what_it_reported(world: World) -> None:
    await bath_runs(world)
    await sets(world, TARGET, 55)
    assert world.value(TARGET) == "55.0"
    await world.passes(100)
    assert world.value(TARGET) == "60.0"


@pytest.mark.parametrize(
    ("entity_id", "value", "reason"),
    [
        (TARGET, 64.9, "refused_target_above_limit"),
        (LIMIT, 60, "refused_target_above_limit"),
        (LIMIT, 62.5, "refused_not_integer"),
        (LIMIT, 90, "refused_tank_below_bath_limit"),
        (LIMIT, math.nan, "refused_not_integer"),
        (TARGET, math.nan, "refused_not_number"),
        (POWER, math.nan, "refused_not_number"),
        (TARGET, 95, "out_of_range"),
    ],
)
async def test_a_wrong_value_is_refused_with_its_reason_and_nothing_is_sent(
    world: World, entity_id: str, value: float, reason: str
) -> None:
    await bath_runs(world)
    before = world.value(entity_id)
    with pytest.raises(ServiceValidationError) as refused:
        await sets(world, entity_id, value)
    assert refused.value.translation_key == reason
    await world.passes(2)
    assert world.value(entity_id) == before
    assert world.sent(BATH_RESPONSE) == []


async def test_a_target_in_fahrenheit_reaches_the_bath_in_celsius(hass: HomeAssistant, world: World) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    await bath_runs(world)
    assert world.value(TARGET) == "140.0"
    await sets(world, TARGET, 131)
    await sets(world, LIMIT, 158)
    await world.passes(1.5)
    (message,) = world.sent(BATH_RESPONSE)
    assert message["commands"][0]["config"] == {"temp_limitout_max": 70, "bath_setpoint": {"target": 55.0}}


async def test_a_setting_of_a_silent_bath_is_not_available_but_the_power_of_its_heater_is(world: World) -> None:
    await bath_runs(world)
    await world.passes(200, step_s=5)
    assert world.value(TARGET) == STATE_UNAVAILABLE
    assert world.value(POWER) == "0.0"
    await sets(world, POWER, 1500)
    await world.restarts()
    assert world.value(POWER) == "1500.0"
    assert world.value(TARGET) == STATE_UNAVAILABLE


def test_a_setting_does_not_wait_for_the_answer_to_the_one_before() -> None:
    assert number.PARALLEL_UPDATES == 0
