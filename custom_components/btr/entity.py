"""What every entity of BTR has in common: identity, availability, and writing no more than is worth a row.

An entity is asked on the hub's tick, never per message. Tables of descriptions say what exists; one class per platform
serves each table.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.messages import DeviceKind, Level
from .device import AnyDevice, DeviceState, HubDevice
from .gate import Band, WriteGate
from .hub import BtrConfigEntry, BtrHub

type Availability = Callable[[Any, bool], bool]
"""(state of the device, broker connected) -> is the entity available."""


def while_online(state: DeviceState, connected: bool) -> bool:
    """Available while the device is heard."""
    return connected and state.online


def while_assessed(state: DeviceState, connected: bool) -> bool:
    """Available while the device is heard, and as long as an alarm stands: a node that burns falls silent."""
    return (connected and state.online) or state.alarm.active or state.alarm.level >= Level.WARNING


def always(state: DeviceState, connected: bool) -> bool:
    """Available even when the device is silent: a setting of ours, or something that must work then too."""
    return True


@dataclass(frozen=True, kw_only=True)
class BtrDescription[StateT]:
    """What a row of an entity table says beside Home Assistant's own fields.

    ``value_fn`` returns the value, None when it is not known; ``has_fn`` whether this hardware has it, asked until it
    is true once; ``band`` how far a number may move unseen, None to write every change at once.
    """

    value_fn: Callable[[StateT], Any]
    has_fn: Callable[[StateT], bool] = lambda _: True
    available_fn: Availability = while_online
    band: Band | None = None


class BtrEntity[StateT: DeviceState](Entity):
    """One value of one device."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, hub: BtrHub, device: HubDevice[StateT], description: Any) -> None:
        """``description`` is a BtrDescription and the platform's own description in one."""
        self.hub = hub
        self.device = device
        self.entity_description = description
        self._row: BtrDescription[Any] = description
        self._attr_unique_id = f"{device.uid}_{description.key}"
        self._attr_device_info = device.info
        self._value_gate = WriteGate(description.band, hub.settings.update_interval_s)
        self._availability_gate = WriteGate(None, 0.0)
        self._value: Any = None
        self._update()

    async def async_added_to_hass(self) -> None:
        """Listen from now on; what changed since the construction is taken over."""
        self._update()
        self.async_on_remove(self.device.add_listener(self._on_change))

    def _source(self) -> Any:
        """Return what ``value_fn`` reads."""
        return self.device.state

    @callback
    def _on_change(self) -> bool:
        if self._update():
            self.async_write_ha_state()
        return self.available and not self._value_gate.is_settled(self._value_now)

    def _update(self) -> bool:
        """Take over what is due; True if there is something to write."""
        state, now_s = self.device.state, time.monotonic()
        available = self._row.available_fn(state, self.hub.connected)
        self._attr_available = available
        self._value_now = self._row.value_fn(self._source()) if available else None
        urgent = state.alarm.level >= Level.WARNING
        moved = self._value_gate.passes(self._value_now, now_s, urgent)
        if moved:
            self._value = self._value_now
        return self._availability_gate.passes(available, now_s, urgent) or moved


type Tables = Mapping[DeviceKind, Sequence[Any]]
type Make = Callable[[BtrHub, Any, Any], Entity]


@callback
def add_entities(
    hass: HomeAssistant,
    entry: BtrConfigEntry,
    async_add: AddConfigEntryEntitiesCallback,
    platform: str,
    tables: Tables,
    make: Make,
) -> None:
    """Add the rows of ``tables`` for every device there is or will be, each as soon as the hardware shows it.

    A row that the entity registry knows is added at once, so that a restart loses no entity of a silent device.
    """
    registry = er.async_get(hass)

    @callback
    def on_device(device: AnyDevice) -> None:
        missing: list[Any] = list(tables.get(device.key.kind, ()))

        def is_due(row: EntityDescription) -> bool:
            known = registry.async_get_entity_id(platform, DOMAIN, f"{device.uid}_{row.key}")
            return known is not None or _has(row, device)

        def add(rows: Iterable[Any]) -> None:
            found = list(rows)
            for row in found:
                missing.remove(row)
            if found:
                async_add([make(entry.runtime_data, device, row) for row in found])

        @callback
        def on_change() -> bool:
            if missing:
                add([row for row in missing if _has(row, device)])
            return False

        add([row for row in missing if is_due(row)])
        device.add_listener(on_change)

    entry.async_on_unload(entry.runtime_data.add_device_listener(on_device))


def _has(row: Any, device: AnyDevice) -> bool:
    return bool(row.has_fn(device.state))
