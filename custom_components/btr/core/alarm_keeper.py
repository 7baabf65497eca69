"""The alarm of one device, and the drill that proves that it would be heard."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from .alarm_life import AlarmLife, LifeSettings, Notice
from .errors import CommandRefusedError
from .messages import Level
from .outcome import EventKind
from .state import AlarmRecord, Finding

DRILL_S: Final = 60.0
# A drill begins as a warning, so that the escalation is tried as well.
_ESCALATES_S: Final = 10.0


@dataclass(slots=True)
class _Drill:
    life: AlarmLife
    started_s: float


class AlarmKeeper:
    """Keeps the real alarm and the drill apart: a drill has a life of its own, and ends at once for a real alarm."""

    def __init__(self, settings: LifeSettings, synthetic: Finding) -> None:
        """Start without an alarm; ``synthetic`` is the DANGER that a drill makes up."""
        self._life = AlarmLife(settings)
        self._synthetic = synthetic
        self._drill: _Drill | None = None
        self._drill_notices: list[Notice] = []

    @property
    def record(self) -> AlarmRecord:
        """The real alarm; the same object while nothing changes."""
        return self._life.record

    @property
    def is_drilling(self) -> bool:
        """Whether a drill runs."""
        return self._drill is not None

    @property
    def reminder_s(self) -> float | None:
        """How often an alarm is reminded of until it is acknowledged; None for never."""
        return self._life.reminder_s

    @reminder_s.setter
    def reminder_s(self, seconds: float | None) -> None:
        self._life.reminder_s = seconds

    def configure(self, settings: LifeSettings) -> None:
        """Go on with other times."""
        self._life.settings = settings

    def restore(self, record: AlarmRecord, now_s: float, at: datetime) -> None:
        """Go on with an alarm from before a restart."""
        self._life.restore(record, now_s, at)

    def update(self, now_s: float, at: datetime, level: Level, findings: Sequence[Finding]) -> None:
        """Take the present level and its findings, most severe first; let a drill take its next step."""
        self._life.update(now_s, at, level, findings)
        if (drill := self._drill) is None:
            return
        passed_s = now_s - drill.started_s
        if self._life.record.is_open or passed_s >= DRILL_S:
            self.end_drill()
            return
        level = Level.WARNING if passed_s < _ESCALATES_S else Level.DANGER
        drill.life.update(now_s, at, level, (replace(self._synthetic, level=level),))
        self._drill_notices += drill.life.take_notices()

    def acknowledge(self, now_s: float) -> None:
        """Take note that somebody has seen the alarm or the drill; without an unseen one nothing happens."""
        self._current.acknowledge(now_s)

    def snooze(self, now_s: float, at: datetime, seconds: float) -> None:
        """Hold back reminders of the alarm or the drill; see :meth:`AlarmLife.snooze`."""
        self._current.snooze(now_s, at, seconds)

    def start_drill(self, now_s: float) -> None:
        """Start a drill, which ends by itself after a minute; one that runs already goes on.

        Raises:
            CommandRefusedError: ``alarm_stands``, because nobody could tell one from the other.
        """
        if self._life.record.is_open:
            raise CommandRefusedError("alarm_stands")
        if self._drill is None:
            self._drill = _Drill(AlarmLife(self._life.settings, is_drill=True), now_s)
            self._drill_notices.append(Notice(EventKind.DRILL, self._announced, drill=True))

    def end_drill(self) -> None:
        """End the drill, if one runs."""
        if self._drill is not None:
            self._drill.life.end()
            self._drill_notices += self._drill.life.take_notices()
            self._drill = None

    def end(self) -> None:
        """End the alarm and the drill, whatever their causes: nobody watches the device any more."""
        self.end_drill()
        self._life.end()

    def cut_drill(self) -> None:
        """Tell the end of a drill from before a restart: whoever it has called must learn that it is over."""
        self._drill_notices.append(Notice(EventKind.CLEARED, self._announced, drill=True))

    def take_notices(self) -> list[Notice]:
        """Return what is to be told since the last call; the end of a drill comes before the alarm that ended it."""
        drilled, self._drill_notices = self._drill_notices, []
        return drilled + self._life.take_notices()

    @property
    def _announced(self) -> AlarmRecord:
        return AlarmRecord(Level.DANGER, self._synthetic)

    @property
    def _current(self) -> AlarmLife:
        return self._drill.life if self._drill is not None else self._life
