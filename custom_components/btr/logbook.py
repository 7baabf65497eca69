"""Lines of the logbook: each event is a sentence already."""

from collections.abc import Callable, Mapping
from typing import Any

from homeassistant.components.logbook import LOGBOOK_ENTRY_ENTITY_ID, LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.components.logbook.models import LazyEventPartialState
from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant, callback

from .announcer import ATTR_MESSAGE, EVENT_BTR
from .const import DOMAIN, MANUFACTURER

type Describe = Callable[[LazyEventPartialState], Mapping[str, Any]]


@callback
def async_describe_events(hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]) -> None:
    """Say how the events of BTR are written down."""
    async_describe_event(DOMAIN, EVENT_BTR, _describe)


@callback
def _describe(event: LazyEventPartialState) -> dict[str, Any]:
    """Return the line; anybody may fire an event of this name, so that none of its fields is sure to be there."""
    line = {LOGBOOK_ENTRY_NAME: MANUFACTURER, LOGBOOK_ENTRY_MESSAGE: str(event.data.get(ATTR_MESSAGE, ""))}
    if entity_id := event.data.get(ATTR_ENTITY_ID):
        line[LOGBOOK_ENTRY_ENTITY_ID] = entity_id
    return line
