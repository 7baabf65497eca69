"""A real Home Assistant with its real MQTT integration; only the broker and the clock are stand-ins."""

from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from pytest_homeassistant_custom_component.typing import MqttMockHAClient
from syrupy.assertion import SnapshotAssertion

from custom_components.btr.const import DOMAIN, PLATFORMS
from tests.integration.stories import World

MODELS = Path(__file__).parents[1] / "fixtures" / "models"


@pytest.fixture(autouse=True)
def _custom_integrations(recordings_folder: Path, enable_custom_integrations: None) -> None:
    """Let Home Assistant load what is under test; what it writes when it stops goes where the story wants it."""


@pytest.fixture(autouse=True)
def model_path() -> Iterator[Path]:
    """A tiny model instead of the shipped one, so that no story changes when that is trained again."""
    with patch("custom_components.btr.MODEL_PATH", MODELS / "rate.onnx"):
        yield MODELS / "rate.onnx"


@pytest.fixture
def models_folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of the user's own models, empty."""
    folder = tmp_path / "btr_models"
    folder.mkdir()
    with patch("custom_components.btr.FOLDER", str(folder)):
        yield folder


@pytest.fixture(autouse=True)
def recordings_folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of the recordings, not there yet: any story with a danger in it ends with one."""
    folder = tmp_path / "btr_recordings"
    with patch("custom_components.btr.recordings.FOLDER", str(folder)):
        yield folder


@pytest.fixture
def platforms() -> tuple[Platform, ...] | None:
    """The platforms to set up; None for all of them."""
    return None


@pytest.fixture
def options() -> dict[str, Any]:
    """The options of the entry."""
    return {}


@pytest.fixture
def entry(options: dict[str, Any]) -> MockConfigEntry:
    """An entry for Home Assistant's MQTT."""
    return MockConfigEntry(domain=DOMAIN, title="BTR", data={}, options=options, entry_id="btr-entry")


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Snapshots as Home Assistant writes them, without what differs from run to run."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture(autouse=True)
def _no_socket_upkeep() -> Iterator[None]:
    """The MQTT client tends its socket by a timer; here is no socket, and what lingers shall be ours alone."""
    with patch("homeassistant.components.mqtt.client.MQTT._async_start_misc_periodic"):
        yield


@pytest.fixture
async def world(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    mqtt_mock: MqttMockHAClient,
    entry: MockConfigEntry,
    platforms: tuple[Platform, ...] | None,
) -> AsyncGenerator[World]:
    """BTR, set up on a broker on which nothing has been said yet."""
    freezer.move_to("2026-11-22 12:00:00+00:00")
    entry.add_to_hass(hass)
    with patch("custom_components.btr.PLATFORMS", platforms or PLATFORMS):
        assert await hass.config_entries.async_setup(entry.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        world = World(hass, freezer, mqtt_mock, entry)
        world.forget_sent()
        yield world


@pytest.fixture
def enable_all_entities() -> Iterator[None]:
    """Entities that are disabled by default exist as well."""
    with patch("homeassistant.helpers.entity.Entity.entity_registry_enabled_default", True):
        yield
