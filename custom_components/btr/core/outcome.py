"""What a device asks the outside to do after a step: messages to send and events to announce."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from .messages import DeviceKey, Publish

Scalar = str | int | float | bool | None


class EventKind(StrEnum):
    """Everything that a device announces; the value is the event type and the translation key."""

    RAISED = "raised"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    REMINDER = "reminder"
    CLEARED = "cleared"
    DRILL = "drill"
    CORRECTION_SENT = "correction_sent"
    WENT_OFFLINE = "went_offline"
    CAME_ONLINE = "came_online"
    EMERGENCY_ENGAGED = "emergency_engaged"
    EMERGENCY_RELEASED = "emergency_released"
    COMMAND_REFUSED = "command_refused"
    COMMAND_UNANSWERED = "command_unanswered"
    CONFIG_CONFIRMED = "config_confirmed"
    CONFIG_DIFFERENT = "config_different"
    CONFIG_UNANSWERED = "config_unanswered"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened once: ``kind`` is one of `EventKind`, ``data`` holds plain values, never a secret."""

    kind: str
    device: DeviceKey
    data: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The messages to send, in order, and the events to announce after one step of a device."""

    publishes: tuple[Publish, ...] = ()
    events: tuple[Event, ...] = ()


NOTHING = Outcome()
