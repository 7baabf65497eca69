"""Selects: who controls the outputs of a bath; the model of every battery, and one for its shadow."""

from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er

from custom_components.btr import select
from tests.integration.stories import BATH, BATH_REGISTER, BATH_RESPONSE, World, bath_telemetry

MODEL = "select.battery_cell_7_model"
SHADOW = "select.battery_cell_7_shadow_model"
HEATER = "select.bath_lab_1_heater_control"
PUMP = "select.bath_lab_1_pump_control"
AERATION = "select.bath_lab_1_aeration_control"
UNLOCKED = {"heater": 0, "pump": 0, "aeration": 0}


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SELECT,)


async def bath_runs(world: World, *capabilities: str, **channels: float) -> None:
    """A bath booted and reports; one of ours has capabilities."""
    extension = {"firmware": "1.2.0", "capabilities": list(capabilities)} if capabilities else {}
    world.says(f"{BATH}/register", {**BATH_REGISTER, **extension})
    await reports(world, {"seq": 1, "locks": UNLOCKED} if capabilities else {}, **channels)
    world.forget_sent()


async def reports(world: World, extension: dict[str, Any] | None = None, **channels: float) -> None:
    """The bath reports."""
    await world.hears(f"{BATH}/telemetry", {**bath_telemetry(**channels), **(extension or {})})


async def chooses(world: World, entity_id: str, option: str) -> list[tuple[str, str]]:
    """The user chooses; returns what is sent."""
    world.forget_sent()
    await world.acts("select", "select_option", entity_id, option=option)
    commands = [message["commands"][0] for message in world.sent(BATH_RESPONSE)]
    return [(command["command"], command["action"]) for command in commands]


async def test_an_output_of_an_original_is_by_hand_while_we_hold_it(world: World) -> None:
    await bath_runs(world, Heater=0)
    assert world.value(HEATER) == "automatic"
    assert await chooses(world, HEATER, "on") == [("heater", "on")]
    await reports(world, Heater=1)
    assert (world.value(HEATER), world.value(PUMP)) == ("on", "automatic")
    assert await chooses(world, HEATER, "automatic") == [("heater", "auto")]
    assert world.value(HEATER) == "automatic"


async def test_off_lasts_on_a_bath_that_can_hold_it_and_not_on_an_original(world: World) -> None:
    await bath_runs(world, Pump=1)
    assert await chooses(world, PUMP, "off") == [("pump", "off")]
    await reports(world, Pump=0)
    assert world.value(PUMP) == "automatic", "its control may turn it on again at once"

    await bath_runs(world, "ack", "hold_off", Pump=1)
    assert await chooses(world, PUMP, "off") == [("pump", "hold_off")]
    await reports(world, {"seq": 2, "locks": {**UNLOCKED, "pump": 600_000}}, Pump=0)
    assert world.value(PUMP) == "off"
    await reports(world, {"seq": 3, "locks": UNLOCKED}, Pump=0)
    assert world.value(PUMP) == "automatic"


async def test_a_lock_from_elsewhere_is_seen(world: World) -> None:
    await bath_runs(world, "ack", Aeration=0)
    await reports(world, {"seq": 2, "locks": {**UNLOCKED, "aeration": 60_000}}, Aeration=1)
    assert world.value(AERATION) == "on"


async def test_automatic_is_one_command_for_one_output(world: World) -> None:
    await bath_runs(world, "ack", Pump=1)
    assert await chooses(world, PUMP, "automatic") == [("pump", "auto")]


async def test_what_the_bath_would_refuse_is_refused_and_the_state_stays(world: World) -> None:
    await bath_runs(world, Heater=0, TankTemp=-127)
    with pytest.raises(ServiceValidationError) as refused:
        await chooses(world, HEATER, "on")
    assert refused.value.translation_key == "refused_tank_invalid"
    assert world.sent(BATH_RESPONSE) == []
    assert world.value(HEATER) == "automatic"


async def test_a_wish_ends_even_while_the_broker_is_away(world: World) -> None:
    await bath_runs(world, Pump=0)
    assert await chooses(world, PUMP, "on") == [("pump", "on")]
    await reports(world, Pump=1)
    bath = next(iter(world.entry.runtime_data.devices.values()))
    select_pump = world.hass.data["entity_components"]["select"].get_entity(PUMP)
    world.broker_goes()
    with pytest.raises(HomeAssistantError):
        await select_pump.async_select_option("automatic")
    world.broker_returns()
    world.forget_sent()
    for _ in range(12):
        await reports(world, Pump=1)
        await world.passes(30, step_s=5)
    assert ("pump", "on") not in [
        (message["commands"][0]["command"], message["commands"][0]["action"]) for message in world.sent(BATH_RESPONSE)
    ]
    assert bath.state.online


async def test_turning_off_does_not_wait_behind_a_choice_that_takes_its_time(world: World) -> None:
    await bath_runs(world)
    assert world.hass.data["entity_components"]["select"].get_entity(HEATER).parallel_updates is None


@pytest.mark.usefixtures("models_folder")
async def test_the_shadow_is_for_those_who_look_for_it(world: World, entity_registry: er.EntityRegistry) -> None:
    await world.battery_lives(1)
    assert world.value(MODEL) == "shipped"
    shadow = entity_registry.async_get(SHADOW)
    assert shadow is not None
    assert shadow.disabled_by is er.RegistryEntryDisabler.INTEGRATION


@pytest.mark.usefixtures("models_folder")
async def test_a_model_can_be_chosen_for_a_battery_that_is_silent(world: World) -> None:
    await world.battery_lives(1)
    await world.passes(30)
    assert world.value(MODEL) == "shipped"
    world.broker_goes()
    await world.passes(1)
    assert world.value(MODEL) == "shipped"


def test_choices_are_carried_out_one_after_the_other() -> None:
    assert select.PARALLEL_UPDATES == 1
