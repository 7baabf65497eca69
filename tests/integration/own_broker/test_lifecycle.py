"""I10 on an own broker: a hundred connections, in use and unloaded, leave nothing behind."""

import json
import logging
from collections.abc import Iterator

import pytest
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.brokers import ScriptedBroker, until
from tests.integration.leftovers import async_left_behind, traces
from tests.integration.own_broker.conftest import set_up
from tests.integration.stories import BATH, NODE, OUR_SAMPLE, bath_telemetry

CYCLES = 100


@pytest.fixture
def _quiet(hass: HomeAssistant) -> Iterator[None]:
    """Without what only helps to find out where a task comes from, and without a log of it."""
    hass.loop.set_debug(False)
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


async def live(hass: HomeAssistant, entry: MockConfigEntry, broker: ScriptedBroker) -> None:
    """Connected, in use, and unloaded."""
    if entry.state is ConfigEntryState.NOT_LOADED:
        assert await hass.config_entries.async_setup(entry.entry_id)
    await until(lambda: entry.runtime_data.connected)
    broker.publishes(f"{NODE}/sensor".encode(), json.dumps(OUR_SAMPLE).encode())
    broker.publishes(f"{BATH}/telemetry".encode(), json.dumps(bath_telemetry()).encode())
    await until(lambda: len(entry.runtime_data.devices) == 2)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    broker.packets.clear()


@pytest.mark.usefixtures("_quiet")
async def test_i10_a_hundred_connections_leave_nothing_behind(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    entry = await set_up(hass, scripted.port)
    await live(hass, entry, scripted)
    await live(hass, entry, scripted)
    before = traces(hass)
    for _ in range(CYCLES):
        await live(hass, entry, scripted)
    assert await async_left_behind(hass, before) == {}
