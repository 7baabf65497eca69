"""A user with one good model of their own, and a look at what is loaded."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from homeassistant.const import Platform

from custom_components.btr import engines
from custom_components.btr.hub import BtrHub
from tests.integration.models import Engines, put_model
from tests.integration.stories import World


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR, Platform.SELECT)


@pytest.fixture(autouse=True)
def folder(models_folder: Path) -> Path:
    """The user's folder, with one good model."""
    put_model(models_folder)
    return models_folder


@pytest.fixture(autouse=True)
def loading(folder: Path) -> Iterator[Engines]:
    """What is loaded, and by which engine."""
    with patch.object(engines, "load_engine", Engines()) as loading:
        yield loading


@pytest.fixture
def hub(world: World) -> BtrHub:
    hub: BtrHub = world.entry.runtime_data
    return hub
