"""What happens to devices, told on the event bus in one sentence each: the logbook writes it down.

Every event becomes a row of the database, so that a device of which something happens over and over is cut short. What
becomes of an alarm never is: its own life keeps it below one a minute.
"""

import time
from collections import deque
from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er

from .const import DOMAIN
from .core.outcome import ALARM_LIFE, Event, EventKind, Outcome
from .device import AnyDevice
from .words import alarm_message, emergency_message

EVENT_BTR: Final = "btr_event"
ATTR_MESSAGE: Final = "message"
ATTR_TYPE: Final = "type"

ALARMS: Final = frozenset({*ALARM_LIFE, EventKind.CORRECTION_SENT})
EMERGENCIES: Final = frozenset({EventKind.EMERGENCY_ENGAGED, EventKind.EMERGENCY_RELEASED})

MOST_PER_MINUTE: Final = 20
# With everything else an event stays below 1 KiB; a Chinese character takes three bytes
MOST_BYTES: Final = 600


class Announcer:
    """Tells what happens to the devices of one entry."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Nothing has been told yet."""
        self._hass = hass
        self._entry_id = entry_id
        self._told_s: WeakKeyDictionary[AnyDevice, deque[float]] = WeakKeyDictionary()

    @callback
    def tell(self, device: AnyDevice, outcome: Outcome) -> None:
        """Tell what is worth a line in the logbook."""
        for event in outcome.events:
            if event.kind in ALARMS | EMERGENCIES and (event.kind in ALARM_LIFE or self._has_room(device)):
                self._fire(device, event)

    def _has_room(self, device: AnyDevice) -> bool:
        now_s, told_s = time.monotonic(), self._told_s.setdefault(device, deque(maxlen=MOST_PER_MINUTE))
        if len(told_s) == MOST_PER_MINUTE and now_s - told_s[0] < 60:
            return False
        told_s.append(now_s)
        return True

    def _fire(self, device: AnyDevice, event: Event) -> None:
        # A new device that burns when it is first heard is told before its entities are there
        entry = dr.async_get(self._hass).async_get_or_create(config_entry_id=self._entry_id, **device.info)
        say = alarm_message if event.kind in ALARMS else emergency_message
        message = _bounded(say(self._hass, entry.name_by_user or entry.name or device.name, event))
        data = {ATTR_DEVICE_ID: entry.id, ATTR_TYPE: str(event.kind), ATTR_MESSAGE: message}
        self._hass.bus.async_fire(EVENT_BTR, {**data, **self._entity(device, event.kind)})

    def _entity(self, device: AnyDevice, kind: str) -> Mapping[str, str]:
        """Return the entity that the event is about, if the user has it."""
        platform, key = (Platform.EVENT, "alarm") if kind in ALARMS else (Platform.SWITCH, "emergency")
        entity_id = er.async_get(self._hass).async_get_entity_id(platform, DOMAIN, f"{device.uid}_{key}")
        return {ATTR_ENTITY_ID: entity_id} if entity_id else {}


def _bounded(message: str) -> str:
    """Return a sentence that is not too long, cut between two characters if it is."""
    short = message.encode()[:MOST_BYTES].decode(errors="ignore")
    return message if short == message else f"{short[:-1]}…"
