"""How the repair issues about devices live: never flapping, and gone with what they are about."""

from unittest.mock import patch

import pytest
from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from custom_components.btr.const import DOMAIN
from tests.integration.repairs.ailing import (
    LAB,
    Issues,
    Node,
    at_time,
    bath_lives,
    ts,
)
from tests.integration.stories import (
    BATH,
    BATH_REGISTER,
    BATTERY_REGISTER,
    NODE,
    ORIGINAL_SAMPLE,
    World,
)


async def test_healthy_devices_have_no_issue(world: World, issues: Issues) -> None:
    world.says(f"{NODE}/availability", "online", retained=True)
    world.says(f"{NODE}/register", BATTERY_REGISTER, retained=True)
    world.says(f"{BATH}/availability", "online", retained=True)
    world.says(f"{BATH}/register", {**BATH_REGISTER, "firmware": "1.2.0", "timestamp": ts()})
    node = Node(world, utc=lambda: int(dt_util.utcnow().timestamp()))
    for _ in range(12):
        world.says(f"{BATH}/telemetry", at_time())
        await node.lives(1)

    assert issues.all == set()


async def test_a_reload_and_a_silent_device_neither_withdraw_nor_repeat_an_issue(world: World, issues: Issues) -> None:
    """An issue that the user has ignored would come back as a new one."""
    await bath_lives(world, 8, lambda: at_time(TempOut2=-127))
    issues.registry.async_ignore(DOMAIN, f"probe_failed_{LAB}", ignore=True)
    world.says("sensor", ORIGINAL_SAMPLE)
    await bath_lives(world, 12, lambda: at_time(TempOut2=-127))
    assert issues("no_last_will", world.entry.entry_id) is not None

    await world.restarts()
    await world.passes(300, 30)
    await bath_lives(world, 3, lambda: at_time(TempOut2=-127))

    issue = issues("probe_failed", LAB)
    assert issue is not None
    assert issue.dismissed_version is not None
    assert issues("no_last_will", world.entry.entry_id) is not None

    await bath_lives(world, 4, at_time)
    assert issues("probe_failed", LAB) is None


async def test_what_was_said_of_a_device_goes_with_it(
    world: World, issues: Issues, device_registry: dr.DeviceRegistry
) -> None:
    world.says(f"{BATH}/register", {**BATH_REGISTER, "ip_address": "0.0.0.0"})
    await bath_lives(world, 8, lambda: {**at_time(TempOut2=-127), "schema_version": 3})
    assert {f"probe_failed_{LAB}", f"newer_schema_{LAB}", f"booted_offline_{LAB}"} <= issues.all
    await world.passes(300, 30)

    device = device_registry.async_get_device_by_identifier((DOMAIN, LAB), world.entry.entry_id)
    assert device is not None
    assert world.entry.runtime_data.forget(next(iter(world.entry.runtime_data.devices)))

    assert issues.all == set()


@pytest.mark.parametrize("how", ["removed", "disabled"])
async def test_nothing_is_said_by_an_entry_that_is(world: World, issues: Issues, how: str) -> None:
    await bath_lives(world, 13, lambda: at_time(TempOut2=-127))
    assert len(issues.all) == 2

    if how == "removed":
        await world.hass.config_entries.async_remove(world.entry.entry_id)
    else:
        await world.hass.config_entries.async_set_disabled_by(world.entry.entry_id, ConfigEntryDisabler.USER)
    await world.hass.async_block_till_done()

    assert issues.all == set()


async def test_the_user_reads_the_name_that_the_user_gave(
    world: World, issues: Issues, device_registry: dr.DeviceRegistry
) -> None:
    await bath_lives(world, 1, at_time)
    device = device_registry.async_get_device_by_identifier((DOMAIN, LAB), world.entry.entry_id)
    assert device is not None
    device_registry.async_update_device(device.id, name_by_user="Compost")
    await bath_lives(world, 2, lambda: {**at_time(), "schema_version": 9})

    assert issues.told("newer_schema", LAB)["device"] == "Compost"


async def test_devices_that_somebody_makes_up_take_no_memory(world: World) -> None:
    """Nobody is let in by a last will, and what is not let in is forgotten when it becomes too much."""
    await Node(world).lives(1)
    with patch("custom_components.btr.device_issues._MOST_CHECKUPS", 20):
        for count in range(50):
            world.says(f"btr/made-up-{count}/availability", "online", retained=True)
        await world.passes(1)

    held = world.entry.runtime_data._issues._checkups
    assert len(held) <= 20
    assert len(world.entry.runtime_data.devices) == 1
    assert next(iter(world.entry.runtime_data.devices)) in held
