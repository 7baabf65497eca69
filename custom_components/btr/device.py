"""A device as the hub holds it: the core's object, the state that entities read, and who listens.

Entities never see the core object of another kind, and never a state that a message is just changing: ``state`` moves
on only when the hub settles a tick.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_HOST
from homeassistant.core import CALLBACK_TYPE, callback
from homeassistant.helpers.device_registry import DeviceInfo

from .const import DOMAIN, MANUFACTURER
from .core.alarm_keeper import AlarmKeeper
from .core.bath import BathController
from .core.battery import BatteryMonitor
from .core.messages import BathRegister, BatteryRegister, DeviceKey, DeviceKind, Message, Receipt
from .core.outcome import Event, Outcome
from .core.state import AlarmState, BathState, BatteryState

_LOGGER = logging.getLogger(__name__)

KEPT_EVENTS = 50

type Listener = Callable[[], bool]
"""Called after every change; returns True while it holds a changed value back and wants to be asked again."""

_MODELS = {DeviceKind.BATTERY: "Battery monitor", DeviceKind.BATH: "Bath controller"}


class DeviceState(Protocol):
    """What both states have in common."""

    @property
    def online(self) -> bool: ...  # noqa: D102
    @property
    def alarm(self) -> AlarmState: ...  # noqa: D102
    @property
    def register(self) -> BatteryRegister | BathRegister | None: ...  # noqa: D102


class Core[StateT](Protocol):
    """What the hub asks of a device of the core."""

    @property
    def state(self) -> StateT: ...  # noqa: D102
    @property
    def alarms(self) -> AlarmKeeper: ...  # noqa: D102
    def handle(self, message: Message, receipt: Receipt) -> None: ...  # noqa: D102
    def update(self, now_s: float, at: datetime) -> Outcome: ...  # noqa: D102
    def note_malformed(self) -> None: ...  # noqa: D102


class HubDevice[StateT: DeviceState]:
    """One device: its last settled state, its last events, its listeners.

    ``key`` names it on its connection, ``uid`` in all of Home Assistant, ``name`` is what the user calls it.
    """

    def __init__(self, key: DeviceKey, core: Core[StateT], scope: str = "") -> None:
        """Start with the state of ``core`` as it is; see `scope_of`."""
        self.key = key
        self.uid = f"{scope}{key}"
        self.name = str(key)
        self.core = core
        self.state: StateT = core.state
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self.event_count = 0
        self._listeners: list[Listener] = []
        self._failed: set[Listener] = set()
        self._waiting = False

    @property
    def info(self) -> DeviceInfo:
        """What the device registry is told; the original battery node has no id that its name could show."""
        register = self.state.register
        kind = self.key.kind
        return DeviceInfo(
            identifiers={(DOMAIN, self.uid)},
            manufacturer=MANUFACTURER,
            model=_MODELS[kind],
            translation_key=f"only_{kind}" if self.key.id == kind else kind,
            translation_placeholders={"id": self.key.id},
            serial_number=self.key.id,
            sw_version=register.firmware if register else None,
        )

    @callback
    def add_listener(self, listener: Listener) -> CALLBACK_TYPE:
        """Call ``listener`` at the next tick and after every settled change, until the returned function is called."""
        self._listeners.append(listener)
        self._waiting = True

        @callback
        def remove() -> None:
            self._listeners.remove(listener)
            self._failed.discard(listener)

        return remove

    @callback
    def settle(self, events: Sequence[Event]) -> bool:
        """Take over the core's state and what has happened; tell the listeners if there is anything to tell.

        True if the state changed.
        """
        changed = self.core.state is not self.state
        if changed:
            self.state = self.core.state
        self.events.extend(events)
        self.event_count += len(events)
        if changed or events or self._waiting:
            self.notify()
        return changed

    def events_since(self, count: int) -> tuple[Event, ...]:
        """Return what has happened since ``event_count`` was ``count``, as far as it is kept."""
        news = min(self.event_count - count, len(self.events))
        return tuple(self.events)[len(self.events) - news :]

    @callback
    def notify(self) -> None:
        """Tell every listener."""
        self._waiting = False
        answers = [self._ask(listener) for listener in tuple(self._listeners)]
        self._waiting = self._waiting or True in answers

    def _ask(self, listener: Listener) -> bool:
        """Tell one listener; one that fails keeps neither an alarm from the others nor a command from the device."""
        try:
            return listener()
        except Exception:
            if listener not in self._failed:
                self._failed.add(listener)
                _LOGGER.exception("%s: an entity failed, and is not logged again", self.name)
            return False


class BatteryDevice(HubDevice[BatteryState]):
    """A battery node and its monitor."""

    def __init__(self, key: DeviceKey, monitor: BatteryMonitor, scope: str = "") -> None:
        """Keep the monitor under its own name, for what only a battery can do."""
        super().__init__(key, monitor, scope)
        self.monitor = monitor


class BathDevice(HubDevice[BathState]):
    """A bath and its controller."""

    def __init__(self, key: DeviceKey, controller: BathController, scope: str = "") -> None:
        """Keep the controller under its own name, for what only a bath can do."""
        super().__init__(key, controller, scope)
        self.controller = controller


type AnyDevice = BatteryDevice | BathDevice


def scope_of(entry: ConfigEntry) -> str:
    """Return what stands before the names of an entry's devices.

    Two brokers may each have a device of the same id, as every original battery node has none; there is but one entry
    on Home Assistant's MQTT.
    """
    return f"{entry.entry_id}_" if CONF_HOST in entry.data else ""


def key_of(identifier: str, scope: str) -> DeviceKey | None:
    """Return the key behind the text of a device identifier of that scope, None if it is none."""
    if not identifier.startswith(scope):
        return None
    kind, _, device_id = identifier.removeprefix(scope).partition("_")
    return DeviceKey(DeviceKind(kind), device_id) if kind in DeviceKind and device_id else None
