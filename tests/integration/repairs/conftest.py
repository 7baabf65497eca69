"""One platform is enough to have devices, and the repairs that the user sees."""

from typing import Any

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from custom_components.btr.const import PLATFORMS
from tests.integration.repairs.ailing import Issues


@pytest.fixture
def platforms() -> tuple[Any, ...]:
    return (PLATFORMS[0],)


@pytest.fixture
def issues(hass: HomeAssistant, issue_registry: ir.IssueRegistry) -> Issues:
    return Issues(hass, issue_registry)
