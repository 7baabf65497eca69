"""Home Assistant without its MQTT integration, and brokers on loopback that BTR connects to by itself."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.btr.const import DOMAIN
from tests.integration.brokers import HOST, RealBroker, ScriptedBroker


@pytest.fixture(autouse=True)
def _quick(socket_enabled: None) -> Generator[None]:
    """Loopback is reached, and nobody waits as long as in a real house."""
    with (
        patch("custom_components.btr.own_broker.FIRST_PAUSE_S", 0.1),
        patch("custom_components.btr.own_broker.LONGEST_PAUSE_S", 0.3),
        patch("custom_components.btr.PLATFORMS", (Platform.BINARY_SENSOR, Platform.SENSOR, Platform.SWITCH)),
    ):
        yield


@pytest.fixture
async def real(tmp_path: Path) -> AsyncGenerator[RealBroker]:
    """A real broker that is not running yet."""
    broker = RealBroker(tmp_path)
    yield broker
    await broker.end()


@pytest.fixture
async def scripted() -> AsyncGenerator[ScriptedBroker]:
    """A broker that does what the story says, running."""
    broker = ScriptedBroker()
    await broker.start()
    yield broker
    await broker.end()


def entry_data(port: int, **changes: Any) -> dict[str, Any]:
    """What the flow stores for an own broker."""
    return {
        "connection": "own_broker",
        "host": HOST,
        "port": port,
        "client_id": "btr-0123456789abcdef",
        "username": None,
        "password": None,
        "encryption": "none",
        "certificate": None,
        "keepalive": 15,
        "protocol": "5",
        "battery_prefixes": ["btr/+", ""],
        "bath_root": "compostlab/v2",
        **changes,
    }


async def set_up(hass: HomeAssistant, port: int, **changes: Any) -> MockConfigEntry:
    """Set up an entry for the broker on this port."""
    entry = MockConfigEntry(domain=DOMAIN, title="Lab", data=entry_data(port, **changes))
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    return entry
