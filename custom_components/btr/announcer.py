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

from .command_words import failure_of
from .const import DOMAIN
from .core.outcome import ALARM_LIFE, Answer, Event, EventKind, Outcome, Result
from .device import AnyDevice
from .words import alarm_message, emergency_message

EVENT_BTR: Final = "btr_event"
ATTR_MESSAGE: Final = "message"
ATTR_TYPE: Final = "type"

ALARMS: Final = frozenset({*ALARM_LIFE, EventKind.CORRECTION_SENT})
EMERGENCIES: Final = frozenset({EventKind.EMERGENCY_ENGAGED, EventKind.EMERGENCY_RELEASED})
FAILURES: Final = frozenset({Result.REFUSED, Result.UNANSWERED, Result.DIFFERENT})

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
        """Tell what is worth a line in the logbook: of alarms, of the emergency stop, of commands that went wrong."""
        for event in outcome.events:
            if event.kind in ALARM_LIFE or (event.kind in ALARMS | EMERGENCIES and self._has_room(device)):
                self._tell_event(device, event)
        for answer in outcome.answers:
            if answer.result in FAILURES and self._has_room(device):
                self._tell_failure(device, answer)

    def _has_room(self, device: AnyDevice) -> bool:
        now_s, told_s = time.monotonic(), self._told_s.setdefault(device, deque(maxlen=MOST_PER_MINUTE))
        if len(told_s) == MOST_PER_MINUTE and now_s - told_s[0] < 60:
            return False
        told_s.append(now_s)
        return True

    def _tell_event(self, device: AnyDevice, event: Event) -> None:
        is_alarm = event.kind in ALARMS
        say = alarm_message if is_alarm else emergency_message
        platform, key = (Platform.EVENT, "alarm") if is_alarm else (Platform.SWITCH, "emergency")
        entry = self._entry_of(device)
        message = say(self._hass, device.name, event)
        # The entity is left out when the user has removed it
        entity_id = er.async_get(self._hass).async_get_entity_id(platform, DOMAIN, f"{device.uid}_{key}")
        about = {ATTR_ENTITY_ID: entity_id} if entity_id else {}
        self._fire(entry.id, str(event.kind), message, about)

    def _tell_failure(self, device: AnyDevice, answer: Answer) -> None:
        failure = failure_of(self._hass, device, answer, answer.settings)
        self._fire(self._entry_of(device).id, failure.key.value, failure.text(self._hass), {})

    def _entry_of(self, device: AnyDevice) -> dr.DeviceEntry:
        """Return the entry of the registry: a device may be told of before its entities are there."""
        return dr.async_get(self._hass).async_get_or_create(config_entry_id=self._entry_id, **device.info)

    def _fire(self, device_id: str, kind: str, message: str, about: Mapping[str, str]) -> None:
        data = {ATTR_DEVICE_ID: device_id, ATTR_TYPE: kind, ATTR_MESSAGE: bounded(message), **about}
        self._hass.bus.async_fire(EVENT_BTR, data)


def bounded(message: str) -> str:
    """Return a sentence that is not too long, cut between two characters if it is, and that any file can hold.

    A device may call a fault by half a character; nothing that writes JSON takes that.
    """
    whole = message.encode(errors="replace")
    return whole.decode() if len(whole) <= MOST_BYTES else f"{whole[:MOST_BYTES].decode(errors='ignore')}…"
