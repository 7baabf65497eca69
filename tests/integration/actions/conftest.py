"""A recorder beside BTR, for the actions that ask it."""

import logging
from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import Platform

from tests.integration.stories import World


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """The recorder's fixture wants to be there before Home Assistant, and a log of every SQL statement takes time."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR)


@pytest.fixture
async def home(recorder_mock: Any, world: World, tmp_path: Path) -> World:
    """BTR beside a recorder, with a configuration folder of its own."""
    world.hass.config.config_dir = str(tmp_path)
    return world
