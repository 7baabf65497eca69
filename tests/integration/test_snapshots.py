"""Every entity of every platform, for each family of devices: what it is called, what it is, what it says."""

from collections.abc import Callable

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry, snapshot_platform
from syrupy.assertion import SnapshotAssertion

from custom_components.btr.const import PLATFORMS
from tests.integration.stories import (
    BATH,
    BATH_REGISTER,
    BATTERY_REGISTER,
    NODE,
    ORIGINAL_SAMPLE,
    OUR_SAMPLE,
    World,
    bath_telemetry,
)

OUR_BATH = "compostlab/v2/lab-2"
OUR_REGISTER = {**BATH_REGISTER, "firmware": "1.2.0", "capabilities": ["soft_config", "ack"]}
OUR_TELEMETRY = {
    **bath_telemetry(TempOut3=55.3),
    "seq": 5,
    "uptime_s": 600,
    "mode": "setpoint",
    "reason": "heating",
    "boost": 1.5,
    "d_on": 12.3,
    "locks": {"pump": 60000},
    "faults": [],
}


def original_battery(world: World, second: int) -> None:
    """The node in the field: no prefix, nothing but its twelve fields."""
    world.says("sensor", {**ORIGINAL_SAMPLE, "timestamp_ms": 1_234_567 + 1000 * second})


def our_battery(world: World, second: int) -> None:
    """The same with everything that we add."""
    if second == 0:
        world.says(f"{NODE}/availability", "online", retained=True)
        world.says(f"{NODE}/register", BATTERY_REGISTER, retained=True)
    world.says(f"{NODE}/sensor", {**OUR_SAMPLE, "timestamp_ms": 1_234_567 + 1000 * second, "seq": second})


def original_bath(world: World, second: int) -> None:
    """The bath in the field: it tells its settings when it boots."""
    if second == 0:
        world.says(f"{BATH}/register", BATH_REGISTER)
    if second == 2:
        world.says(f"{BATH}/telemetry", bath_telemetry())


def our_bath(world: World, second: int) -> None:
    """The same with everything that we add."""
    if second == 0:
        world.says(f"{OUR_BATH}/availability", "online", retained=True)
        world.says(f"{OUR_BATH}/register", OUR_REGISTER, retained=True)
    if second == 2:
        world.says(f"{OUR_BATH}/telemetry", OUR_TELEMETRY)


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> Platform:
    """The one platform of a test."""
    chosen: Platform = request.param
    return chosen


@pytest.fixture
def platforms(platform: Platform) -> tuple[Platform, ...]:
    """Nothing else is set up."""
    return (platform,)


@pytest.mark.usefixtures("enable_all_entities", "models_folder")
@pytest.mark.parametrize("platform", PLATFORMS, ids=str, indirect=True)
@pytest.mark.parametrize("family", [original_battery, our_battery, original_bath, our_bath])
async def test_every_entity_of_a_platform_and_family(
    hass: HomeAssistant,
    world: World,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
    family: Callable[[World, int], None],
    platform: Platform,
) -> None:
    for second in range(4):
        family(world, second)
        await world.passes(1)
    if platform is Platform.CLIMATE and family in {original_battery, our_battery}:
        assert not er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        return
    await snapshot_platform(hass, entity_registry, snapshot, entry.entry_id)
