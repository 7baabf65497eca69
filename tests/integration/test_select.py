"""Selects: every battery can be given a model, and one for its shadow."""

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.btr import select
from tests.integration.stories import World, all_devices_speak

MODEL = "select.battery_cell_7_model"
SHADOW = "select.battery_cell_7_shadow_model"


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SELECT,)


@pytest.mark.usefixtures("enable_all_entities", "models_folder")
async def test_every_select_of_every_battery(
    hass: HomeAssistant,
    world: World,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    await all_devices_speak(world)
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)


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
