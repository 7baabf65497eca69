"""What is wrong with a device itself, so that somebody has to do something about it.

Nothing here alarms or commands. A trouble is told only when it has lasted, and let go of as slowly; while a device is
silent, or was not heard for long enough, nobody can say, and what was said before stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from .clock_watch import ClockWatch
from .messages import (
    Availability,
    BathRegister,
    BathTelemetry,
    BatteryRegister,
    BatterySample,
    DeviceKind,
    Message,
    Receipt,
)
from .probe_watch import AIR, INTERNAL, FrozenWatch, ProbeWatch
from .state import AlarmState, BathCause, Cause
from .twins import TwinWatch

KNOWN_SCHEMA: Final[Mapping[DeviceKind, int]] = MappingProxyType({DeviceKind.BATTERY: 1, DeviceKind.BATH: 2})
"""The newest schema of the messages that this program was written for."""

WILL_S: Final = 600.0
"""An availability is retained: who has none to tell after this long has none."""

_TWIN_WINDOW_S: Final[Mapping[DeviceKind, float]] = MappingProxyType(
    {DeviceKind.BATTERY: 300.0, DeviceKind.BATH: 1200.0}
)
# A PT100 cannot read these; its converter does when the wire is broken or the sensor shorted.
_OPEN_C: Final = 850.0
_SHORT_C: Final = -200.0
# What a DS18B20 reads before its first conversion.
_POWER_ON_C: Final = 85.0
_BAD_PROBE: Final = frozenset({Cause.SENSOR_FAULT, BathCause.PROBE_FAULT})


class Trouble(StrEnum):
    """What can be wrong; the value is the key of its texts."""

    NEWER_SCHEMA = "newer_schema"
    SHARED_ID = "shared_id"
    CLOCK_UNSET = "clock_unset"
    CLOCK_WRONG = "clock_wrong"
    PROBE_FAILED = "probe_failed"
    WILL_UNHEARD = "will_unheard"
    NO_LAST_WILL = "no_last_will"


class ProbeState(StrEnum):
    """What is known of a failed probe; the value is the key of its text."""

    FAILED = "failed"
    OPEN = "open"
    SHORTED = "shorted"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Complaint:
    """A trouble with its figures by name, and the failed probes by channel."""

    facts: Mapping[str, str] = MappingProxyType({})
    probes: Mapping[str, ProbeState] = MappingProxyType({})


Findings = Mapping[Trouble, Complaint | None]
"""A complaint, None for what is all right; a trouble that is not named cannot be judged now."""


class Checkup:
    """Looks after one device."""

    def __init__(self, kind: DeviceKind) -> None:
        """Start with nothing heard."""
        self._kind = kind
        self._schema: int | None = None
        self._has_will = False
        self._is_ours = False
        self._internal_c: float | None = None
        self._first_s: float | None = None
        self._twins = TwinWatch(_TWIN_WINDOW_S[kind])
        self._clock = ClockWatch()
        self._probes = ProbeWatch()
        self._frozen = FrozenWatch()
        self._newest_ts: datetime | None = None
        self._handlers: Mapping[type[Message], Callable[[Any, Receipt], None]] = {
            BatterySample: self._on_sample,
            BathTelemetry: self._on_telemetry,
            BatteryRegister: self._on_register,
            BathRegister: self._on_register,
            Availability: self._on_availability,
        }

    def hear(self, message: Message, receipt: Receipt) -> None:
        """Take a message of the device, decided or not by anybody else."""
        if (handler := self._handlers.get(type(message))) is not None:
            handler(message, receipt)

    def review(self, now_s: float, alarm: AlarmState, *, online: bool) -> Findings:
        """Return what can be said at ``now_s``; ``alarm`` names the probes that are bad now."""
        findings: dict[Trouble, Complaint | None] = {}
        if self._schema is not None:
            known = KNOWN_SCHEMA[self._kind]
            facts = {"version": str(self._schema), "known": str(known)}
            findings[Trouble.NEWER_SCHEMA] = Complaint(facts) if self._schema > known else None
        if not online:
            return findings
        verdicts = {
            Trouble.SHARED_ID: self._twins.verdict(now_s),
            Trouble.CLOCK_UNSET: self._clock.is_unset(now_s),
            Trouble.CLOCK_WRONG: self._clock.is_wrong(now_s),
            **self._without_will(now_s),
        }
        minutes = str(round(abs(self._clock.error_s or 0.0) / 60))
        for trouble, is_so in verdicts.items():
            if is_so is not None:
                facts = {"minutes": minutes} if trouble is Trouble.CLOCK_WRONG else {}
                findings[trouble] = Complaint(facts) if is_so else None
        bad = {found.channel for found in alarm.findings if found.cause in _BAD_PROBE}
        frozen = self._frozen.frozen
        if (failed := self._probes.update(now_s, bad)) is not None or frozen:
            probes = dict.fromkeys(sorted(frozen), ProbeState.FROZEN)
            probes |= {channel: self._state_of(channel) for channel in sorted(failed or ())}
            findings[Trouble.PROBE_FAILED] = Complaint(probes=probes) if probes else None
        return findings

    def _without_will(self, now_s: float) -> Mapping[Trouble, bool | None]:
        """Our firmware always has a last will, so one that is not heard was lost on its way."""
        is_certain = self._has_will or (self._first_s is not None and now_s - self._first_s >= WILL_S)
        missing = not self._has_will if is_certain else None
        return {
            Trouble.WILL_UNHEARD: missing if self._is_ours else False,
            Trouble.NO_LAST_WILL: False if self._is_ours else missing,
        }

    def _state_of(self, channel: str) -> ProbeState:
        if channel == INTERNAL and self._internal_c is not None:
            if self._internal_c > _OPEN_C:
                return ProbeState.OPEN
            if self._internal_c < _SHORT_C:
                return ProbeState.SHORTED
        return ProbeState.FAILED

    def _on_sample(self, sample: BatterySample, receipt: Receipt) -> None:
        if receipt.retained or sample.late:
            return
        now_s = receipt.now_s
        self._live(now_s)
        self._internal_c = sample.temp_internal_c
        if sample.timestamp_ms is not None:
            self._twins.hear_counter(sample.timestamp_ms, sample.seq, now_s)
        if sample.utc is not None or sample.unsynced:
            self._clock.hear(sample.utc, receipt.at, now_s)
        self._frozen.hear(now_s, sample.temp_internal_c, *(getattr(sample, name) for name in AIR))

    def _on_telemetry(self, message: BathTelemetry, receipt: Receipt) -> None:
        if receipt.retained or message.late:
            return
        now_s = receipt.now_s
        self._live(now_s)
        self._take_schema(message.schema_version)
        self._clock.hear(message.ts, receipt.at, now_s)
        if message.uptime_s is not None:
            self._twins.hear_counter(message.uptime_s * 1000, message.seq, now_s)
            return
        newest = self._newest_ts
        if message.ts is not None and (newest is None or message.ts >= newest):
            # An original empties its buffer out of order and does not say so; what is older proves nothing.
            self._newest_ts = message.ts
            self._twins.hear_levels(_levels(message), now_s)

    def _on_register(self, register: BatteryRegister | BathRegister, receipt: Receipt) -> None:
        self._take_schema(register.schema_version)
        self._is_ours = register.firmware is not None

    def _on_availability(self, message: Availability, receipt: Receipt) -> None:
        self._has_will = True

    def _live(self, now_s: float) -> None:
        if self._first_s is None:
            self._first_s = now_s

    def _take_schema(self, version: int | None) -> None:
        if version is not None:
            self._schema = version


def _levels(message: BathTelemetry) -> Mapping[str, float]:
    """Return the temperatures that a probe can have measured, by its name."""
    told = {"core": message.core_c, "tank": message.tank_c}
    told |= {f"outlet_{number}": celsius for number, celsius in message.outlets_c.items()}
    return {name: celsius for name, celsius in told.items() if celsius is not None and celsius != _POWER_ON_C}
