"""The words in which the life of an alarm is told: what is seen, what is done, what was told by when."""

from datetime import UTC, datetime, timedelta

from btr_core.alarm_keeper import AlarmKeeper
from btr_core.alarm_life import LifeSettings
from btr_core.messages import Level
from btr_core.state import NO_ALARM, Cause, ClearCondition, Finding

START = datetime(2026, 1, 1, tzinfo=UTC)


def finding(cause, level=Level.DANGER) -> Finding:
    return Finding(cause, level, "temp_internal_c", 61.0, 60.0, ClearCondition.WHEN_BELOW)


HOT = finding(Cause.TEMPERATURE)
WARM = finding(Cause.TEMPERATURE, Level.WARNING)
STEEP = finding(Cause.RATE)
SMOKE = finding(Cause.SMOKE)
FORETOLD = finding(Cause.MODEL)
BROKEN = finding(Cause.SENSOR_FAULT, Level.WARNING)
SYNTHETIC = finding(Cause.TEMPERATURE)


class Guard:
    """A keeper on a clock of even steps, and what it had told by when."""

    step_s = 0.5

    def __init__(self, reminder_s: float | None = 300.0, kept=NO_ALARM, start_s: float = 0.0) -> None:
        self.keeper = AlarmKeeper(LifeSettings(), SYNTHETIC)
        self.keeper.reminder_s = reminder_s
        self.now_s = start_s
        self.told: list[tuple[float, str, bool]] = []
        self.data: list[dict] = []
        if kept is not NO_ALARM:
            self.keeper.restore(kept, self.now_s, self.at)

    @property
    def at(self) -> datetime:
        return START + timedelta(seconds=self.now_s)

    @property
    def kinds(self) -> list[str]:
        return [kind for _, kind, _ in self.told]

    def when(self, kind: str) -> list[float]:
        return [at_s for at_s, told, _ in self.told if told == kind]

    def sees(self, *findings: Finding, seconds: float = 0.5, known: bool = True):
        level = findings[0].level if findings else Level.NORMAL if known else Level.UNKNOWN
        for _ in range(max(1, round(seconds / self.step_s))):
            self.now_s += self.step_s
            self.keeper.update(self.now_s, self.at, level, findings)
            self.listens()
        return self.keeper.record

    def listens(self) -> None:
        for notice in self.keeper.take_notices():
            self.told.append((self.now_s, str(notice.kind), notice.drill))
            self.data.append(notice.data)

    def acknowledges(self):
        self.keeper.acknowledge(self.now_s)
        self.listens()
        return self.keeper.record

    def snoozes(self, minutes: float = 10):
        self.keeper.snooze(self.now_s, self.at, minutes * 60)
        self.listens()

    def restarts(self, away_s: float = 0.0):
        """The same keeper's record in a new program, whose monotone clock starts anywhere."""
        other = type(self)(self.keeper.reminder_s, self.keeper.record, self.now_s + away_s)
        other.told, other.data = self.told, self.data
        return other
