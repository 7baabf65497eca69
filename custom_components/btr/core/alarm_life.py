"""The life of an alarm: raised, escalated, reminded of, snoozed, acknowledged, cleared (I8).

What is dangerous is decided elsewhere; here it is decided what people are told of it, and when. Durations are measured
on a monotone clock: a wall clock that is set right after boot must neither end a snooze nor hold up a reminder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from .errors import CommandRefusedError
from .messages import Level
from .outcome import EventKind, Scalar
from .state import NO_ALARM, AlarmRecord, AnyCause, BathCause, Cause, Finding

REMIND_S: Final = 300.0
LEAST_REMIND_S: Final = 60.0
LEAST_SNOOZE_S: Final = 60.0
LONGEST_SNOOZE_S: Final = 3600.0
SNOOZE_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class CauseRule:
    """What a cause means for an alarm.

    Attributes:
        hard: a new one within an alarm is told at once, also while the alarm is acknowledged or snoozed.
        warns: whether its WARNING is an alarm; its DANGER always is.
        covers: causes that are no news once this one was told.
    """

    hard: bool = False
    warns: bool = True
    covers: frozenset[AnyCause] = frozenset()


RULES: Final[Mapping[AnyCause, CauseRule]] = {
    Cause.NONE: CauseRule(warns=False),
    # What is too hot has risen, and smoke comes with gas
    Cause.TEMPERATURE: CauseRule(hard=True, covers=frozenset({Cause.RATE})),
    Cause.RATE: CauseRule(hard=True),
    Cause.SMOKE: CauseRule(hard=True, covers=frozenset({Cause.GAS})),
    Cause.GAS: CauseRule(hard=True),
    Cause.MODEL: CauseRule(),
    # An original node counts uncalibrated channels (H1, H5), which is no reason to wake anybody
    Cause.LOCAL_STATUS: CauseRule(warns=False),
    Cause.SILENCE: CauseRule(),
    # Has an entity of its own; a broken hygrometer is a repair and no alarm
    Cause.SENSOR_FAULT: CauseRule(warns=False),
    BathCause.RELAY_STUCK: CauseRule(hard=True),
    BathCause.TANK_OVER_LIMIT: CauseRule(hard=True),
    BathCause.BATH_OVER_LIMIT: CauseRule(hard=True),
    BathCause.SILENT_HEATER: CauseRule(hard=True),
    BathCause.NO_GAIN: CauseRule(hard=True),
    # A bath is controlled by its probes, so here a bad one is told
    BathCause.PROBE_FAULT: CauseRule(hard=True),
    BathCause.DEVICE_FAULT: CauseRule(hard=True),
}


@dataclass(frozen=True, slots=True)
class LifeSettings:
    """How long an alarm lasts beyond its evidence; times in seconds.

    Attributes:
        clear_s: an acknowledged alarm that was DANGER clears after this long at NORMAL.
        warning_clear_s: one that was no more than WARNING clears by itself after this long without its cause, so that
            a reading that swings around a limit is one alarm.
        back_after_s: DANGER that comes back after this long below it has to be seen again.
    """

    clear_s: float = 30.0
    warning_clear_s: float = 600.0
    back_after_s: float = 40.0


class Notice(NamedTuple):
    """Something to tell: ``record`` is the alarm it is about, as it was when it happened."""

    kind: EventKind
    record: AlarmRecord
    drill: bool = False

    @property
    def data(self) -> dict[str, Scalar]:
        """The alarm as plain values: level, reason, since when, until when it is silenced, whether it is a drill."""
        record, reason = self.record, self.record.reason
        return {
            "level": record.peak.key,
            "cause": (reason.cause if reason else Cause.NONE).value,
            "channel": reason.channel if reason else None,
            "value": reason.value if reason else None,
            "limit": reason.limit if reason else None,
            **times_of(record),
            "drill": self.drill,
        }


class AlarmLife:
    """One alarm at a time.

    Attributes:
        record: the alarm; the same object while nothing changes.
        settings: how long it lasts.
        reminder_s: how often it is reminded of until it is acknowledged, at least a minute; None for no more than once
            after a snooze or a restart.
    """

    __slots__ = (
        "_below_since_s",
        "_is_drill",
        "_is_owed",
        "_normal_since_s",
        "_notices",
        "_quiet_since_s",
        "_snooze_end_s",
        "_told_s",
        "record",
        "reminder_s",
        "settings",
    )

    def __init__(self, settings: LifeSettings, *, is_drill: bool = False) -> None:
        """Start without an alarm."""
        self.record = NO_ALARM
        self.settings = settings
        self.reminder_s: float | None = REMIND_S
        self._is_drill = is_drill
        self._notices: list[Notice] = []
        self._told_s = float("-inf")
        # A reminder that is to come whatever the interval of reminders is
        self._is_owed = False
        self._snooze_end_s: float | None = None
        self._normal_since_s: float | None = None
        self._quiet_since_s: float | None = None
        self._below_since_s: float | None = None

    def restore(self, record: AlarmRecord, now_s: float, at: datetime) -> None:
        """Go on with an alarm from before a restart; it is reminded of after a minute, also where reminders are off.

        Nobody knows whether it was heard: a crash may have come between. A minute later the automations that tell of it
        are running.
        """
        self._forget()
        self.record = record
        self._told_s = now_s
        self._is_owed = True
        if record.snoozed_until is not None:
            left_s = min((record.snoozed_until - at).total_seconds(), LONGEST_SNOOZE_S)
            self._snooze_end_s = now_s + left_s

    def update(self, now_s: float, at: datetime, level: Level, findings: Sequence[Finding]) -> None:
        """Take the present level and all its findings, most severe first; UNKNOWN neither ends nor raises anything."""
        alarming = [found for found in findings if is_alarming(found)] if findings else []
        if not self.record.is_open:
            if alarming:
                self._announce(EventKind.RAISED, now_s, at, alarming[0], alarming)
            return
        if (news := self._news(now_s, alarming)) is not None:
            self._announce(EventKind.ESCALATED, now_s, at, news, alarming)
        self._follow(now_s, level, is_alarming=bool(alarming))
        if self._is_over(now_s):
            self.end()
        else:
            self._remind(now_s)

    def acknowledge(self, now_s: float) -> None:
        """Take note that somebody has seen the alarm; without an unseen one nothing happens."""
        if not self.record.is_open or self.record.acknowledged:
            return
        self._snooze_end_s = None
        self.record = replace(self.record, acknowledged=True, snoozed_until=None)
        self._tell(EventKind.ACKNOWLEDGED)
        if self._is_over(now_s):
            self.end()

    def snooze(self, now_s: float, at: datetime, seconds: float) -> None:
        """Hold back reminders for 60 s to 3600 s; a higher level or a new hard cause is told all the same.

        Raises:
            CommandRefusedError: ``no_alarm_to_snooze``.
        """
        if not LEAST_SNOOZE_S <= seconds <= LONGEST_SNOOZE_S:
            raise ValueError(f"a snooze lasts {LEAST_SNOOZE_S:g} s to {LONGEST_SNOOZE_S:g} s, got {seconds}")
        if not self.record.is_open or self.record.acknowledged:
            raise CommandRefusedError("no_alarm_to_snooze")
        self._snooze_end_s = now_s + seconds
        self.record = replace(self.record, snoozed_until=at + timedelta(seconds=seconds))
        self._tell(EventKind.SNOOZED)

    def end(self) -> None:
        """Clear the alarm, if there is one."""
        if self.record.is_open:
            self._tell(EventKind.CLEARED)
            self.record = NO_ALARM
            self._forget()

    def take_notices(self) -> list[Notice]:
        """Return what is to be told since the last call, in order."""
        notices, self._notices = self._notices, []
        return notices

    def _news(self, now_s: float, alarming: Sequence[Finding]) -> Finding | None:
        """Return what has to be told although the alarm is known already."""
        record = self.record
        if not alarming:
            return None
        if alarming[0].level > record.peak:
            return alarming[0]
        for found in alarming:
            if found.level is record.peak and RULES[found.cause].hard and found.cause not in record.told:
                return found
        # It had died down and comes back: what was acknowledged is not this.
        since_s = self._below_since_s
        died_down = since_s is not None and now_s - since_s > self.settings.back_after_s
        return alarming[0] if record.acknowledged and alarming[0].level is Level.DANGER and died_down else None

    def _announce(
        self, kind: EventKind, now_s: float, at: datetime, news: Finding, alarming: Sequence[Finding]
    ) -> None:
        level = alarming[0].level
        causes = {found.cause for found in alarming if found.level is level}
        told = causes.union(*(RULES[cause].covers for cause in causes))
        if level is self.record.peak:
            told |= self.record.told
        raised_at = self.record.raised_at or at
        self._snooze_end_s = None
        self._is_owed = False
        self.record = AlarmRecord(level, news, frozenset(told), raised_at)
        self._told_s = now_s
        self._tell(kind)

    def _follow(self, now_s: float, level: Level, *, is_alarming: bool) -> None:
        self._normal_since_s = _since(self._normal_since_s, now_s, level is Level.NORMAL)
        self._quiet_since_s = _since(self._quiet_since_s, now_s, level is not Level.UNKNOWN and not is_alarming)
        if level is not Level.UNKNOWN:
            # While nobody knows the level, it has not died down.
            self._below_since_s = _since(self._below_since_s, now_s, level is not Level.DANGER)

    def _is_over(self, now_s: float) -> bool:
        if self.record.is_latched:
            since_s, hold_s = self._normal_since_s, self.settings.clear_s
            return self.record.acknowledged and since_s is not None and now_s - since_s >= hold_s
        since_s, hold_s = self._quiet_since_s, self.settings.warning_clear_s
        return since_s is not None and now_s - since_s >= hold_s

    def _remind(self, now_s: float) -> None:
        if self._snooze_end_s is not None:
            if now_s < self._snooze_end_s:
                return
            self._snooze_end_s = None
            self._is_owed = True
            self.record = replace(self.record, snoozed_until=None)
        record = self.record
        # A warning whose cause is gone is about to clear by itself: nobody has to do anything about it.
        is_moot = not record.is_latched and self._quiet_since_s is not None
        if record.acknowledged or is_moot:
            return
        wait_s = LEAST_REMIND_S if self._is_owed else self.reminder_s
        if wait_s is not None and now_s - self._told_s >= wait_s:
            self._told_s = now_s
            self._is_owed = False
            self._tell(EventKind.REMINDER)

    def _tell(self, kind: EventKind) -> None:
        self._notices.append(Notice(kind, self.record, self._is_drill))

    def _forget(self) -> None:
        self._told_s = float("-inf")
        self._is_owed = False
        self._snooze_end_s = self._normal_since_s = self._quiet_since_s = self._below_since_s = None


def times_of(record: AlarmRecord) -> dict[str, Scalar]:
    """Return since when an alarm stands and until when it is silenced, as text."""
    return {
        "since": record.raised_at.isoformat() if record.raised_at else None,
        "until": record.snoozed_until.isoformat() if record.snoozed_until else None,
    }


def is_alarming(found: Finding) -> bool:
    """Return whether a finding is an alarm by itself."""
    return found.level is Level.DANGER or (found.level is Level.WARNING and RULES[found.cause].warns)


def _since(since_s: float | None, now_s: float, holds: bool) -> float | None:
    if not holds:
        return None
    return now_s if since_s is None else since_s
