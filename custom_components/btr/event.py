"""Events: what becomes of the alarm of a device, each with its reason as values and in words."""

from dataclasses import dataclass
from typing import Any

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.const import Platform
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.messages import DeviceKind
from .core.outcome import ALARM_LIFE, Event, EventKind, Scalar
from .core.state import BathState, BatteryState
from .device import DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, always
from .hub import BtrConfigEntry
from .words import alarm_message

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BtrEventDescription[StateT](EventEntityDescription, BtrDescription[StateT]):
    """A row of an event table."""


def _alarm[StateT](*kinds: EventKind) -> BtrEventDescription[StateT]:
    """Always available: a node that burns falls silent, and its alarm must be heard all the same."""
    return BtrEventDescription(
        key="alarm",
        translation_key="alarm",
        event_types=[kind.value for kind in kinds],
        value_fn=lambda _: None,
        available_fn=always,
    )


BATTERY_EVENTS: tuple[BtrEventDescription[BatteryState], ...] = (_alarm(*ALARM_LIFE, EventKind.CORRECTION_SENT),)
BATH_EVENTS: tuple[BtrEventDescription[BathState], ...] = (_alarm(*ALARM_LIFE),)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the events of every device."""
    tables = {DeviceKind.BATTERY: BATTERY_EVENTS, DeviceKind.BATH: BATH_EVENTS}
    add_entities(hass, entry, async_add_entities, Platform.EVENT, tables, AlarmEvent)


class AlarmEvent[StateT: DeviceState](BtrEntity[StateT], EventEntity):
    """What becomes of the alarm of one device.

    What happened before the entity was there is told at its first tick: a new device may be on fire when it is first
    heard, and an event without a state before it triggers no automation.
    """

    entity_description: BtrEventDescription[Any]

    _told = 0

    @callback
    def _on_change(self) -> bool:
        """Nothing is told before Home Assistant has started: no automation would hear it."""
        is_told = self._tell()
        return super()._on_change() or not is_told

    def _tell(self) -> bool:
        """Tell what is new; False while that has to wait."""
        if self.hass.state is CoreState.running:
            news = self.device.events_since(self._told)
            self._told = self.device.event_count
            for event in news:
                if event.kind in self.event_types:
                    self._trigger_event(event.kind, self._about(event))
                    self.async_write_ha_state()
        return self._told == self.device.event_count

    def _about(self, event: Event) -> dict[str, Scalar]:
        return {**event.data, "message": alarm_message(self.hass, self.device.name, event)}
