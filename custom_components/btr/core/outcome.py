"""What a device asks the outside to do after a step: messages to send and events to announce."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from .messages import DeviceKey, Publish

EMERGENCY = "emergency"
CONFIG_UPDATE = "config_update"

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


ALARM_LIFE: Final = (
    EventKind.RAISED,
    EventKind.ESCALATED,
    EventKind.REMINDER,
    EventKind.ACKNOWLEDGED,
    EventKind.SNOOZED,
    EventKind.CLEARED,
    EventKind.DRILL,
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened once: ``kind`` is one of `EventKind`, ``data`` holds plain values, never a secret."""

    kind: str
    device: DeviceKey
    data: Mapping[str, Scalar] = field(default_factory=lambda: MappingProxyType({}))


class Result(StrEnum):
    """What became of a command."""

    ACCEPTED = "accepted"
    DONE = "done"
    REFUSED = "refused"
    DIFFERENT = "different"
    UNANSWERED = "unanswered"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command: for whoever gave it, and for the user when it failed.

    ``command`` is the name of an output, `EMERGENCY` or `CONFIG_UPDATE`, ``action`` what was asked of it, empty for a
    change of settings. ACCEPTED is no end: the device will act, and one of the others follows. DROPPED is a command
    that another of ours replaced. ``reason`` is a key of the device's or of ours; ``settings`` maps the dotted keys of
    a change that the answer is about to what was asked and what the device told last.
    """

    command: str
    action: str
    result: Result
    reason: str | None = None
    settings: Mapping[str, tuple[Any, Any]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Outcome:
    """The messages to send, in order, the events to announce and the answers to give after one step of a device."""

    publishes: tuple[Publish, ...] = ()
    events: tuple[Event, ...] = ()
    answers: tuple[Answer, ...] = ()


NOTHING = Outcome()
