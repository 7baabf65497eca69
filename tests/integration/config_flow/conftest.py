"""Home Assistant with its real MQTT integration and a broker that may fall silent; the stories end at the entry."""

from collections.abc import AsyncGenerator, Generator
from typing import Any
from unittest.mock import AsyncMock, patch

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.btr import config_flow, probe
from custom_components.btr.config_flow import HOME_ASSISTANT_MQTT
from custom_components.btr.const import DOMAIN
from tests.integration.brokers import ScriptedBroker
from tests.integration.config_flow.flows import DATA_AS_IT_COMES, Broker


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Home Assistant's MQTT leaves the timer of its client behind when it stops."""
    return True


@pytest.fixture
def impatient() -> Generator[None]:
    """Do not wait for a silent broker as long as a user would; but longer than the client collects subscriptions."""
    with patch.object(probe, "PROBE_TIMEOUT_S", 2.0):
        yield


@pytest.fixture
def impatient_hold() -> Generator[None]:
    """Do not wait as long for another client to come back."""
    with patch.object(config_flow, "HOLD_S", 0.3):
        yield


@pytest.fixture
async def scripted(socket_enabled: None) -> AsyncGenerator[ScriptedBroker]:
    """A broker that does what the story says, running."""
    broker = ScriptedBroker()
    await broker.start()
    yield broker
    await broker.end()


@pytest.fixture(autouse=True)
def setup_entry() -> Generator[AsyncMock]:
    """Set nothing up: these tests end where the entry begins."""
    with (
        patch("custom_components.btr.async_setup_entry", return_value=True) as setup,
        patch("custom_components.btr.async_unload_entry", return_value=True),
        patch("custom_components.btr.async_remove_entry"),
    ):
        yield setup


@pytest.fixture
def broker(mqtt_client_mock: Any) -> Generator[Broker]:
    """Return the broker behind Home Assistant's MQTT, which still has to be set up."""
    with patch("homeassistant.components.mqtt.client.INITIAL_SUBSCRIBE_COOLDOWN", 0.0):
        yield Broker(mqtt_client_mock)


@pytest.fixture
async def connected(broker: Broker, mqtt_mock: Any) -> Broker:
    """Return the broker that Home Assistant's MQTT is connected to."""
    return broker


@pytest.fixture
def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Return an entry as the flow makes it."""
    entry = MockConfigEntry(domain=DOMAIN, title="BTR", unique_id=HOME_ASSISTANT_MQTT, data=DATA_AS_IT_COMES)
    entry.add_to_hass(hass)
    return entry
