"""What is wrong with a bath, and the alarm that comes of it: faults, limits, and silence while it heated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from .alarm_keeper import AlarmKeeper
from .alarm_life import LifeSettings, Notice
from .bath_readings import NO_GAIN, RELAY_STUCK, BathReadings
from .bath_settings import BathSettings
from .messages import Level
from .state import AlarmState, AnyCause, BathCause, Cause, ClearCondition, Finding

# What heats without anybody's will, or where nobody could see it, is danger; the rest keeps the device's own guard.
_LEVELS: Final = {
    BathCause.RELAY_STUCK: Level.DANGER,
    BathCause.TANK_OVER_LIMIT: Level.DANGER,
    BathCause.BATH_OVER_LIMIT: Level.DANGER,
    BathCause.SILENT_HEATER: Level.DANGER,
    BathCause.NO_GAIN: Level.WARNING,
    BathCause.PROBE_FAULT: Level.WARNING,
    BathCause.DEVICE_FAULT: Level.WARNING,
}
_HEATER: Final = "heater"
_LONGEST_FAULT: Final = 40
# The words of our firmware, and ours for an original; any other word is a fault that we cannot name.
_TOLD: Final[Mapping[str, tuple[BathCause, str]]] = {
    NO_GAIN: (BathCause.NO_GAIN, _HEATER),
    RELAY_STUCK: (BathCause.RELAY_STUCK, _HEATER),
    "core_probe": (BathCause.PROBE_FAULT, "core_c"),
    "tank_probe": (BathCause.PROBE_FAULT, "tank_c"),
    "outlet_probe": (BathCause.PROBE_FAULT, "bath_c"),
    "outlets_disagree": (BathCause.PROBE_FAULT, "bath_c"),
}

_SILENT: Final = Finding(BathCause.SILENT_HEATER, Level.DANGER, "availability", None, None, ClearCondition.WHEN_HEARD)
# What a drill makes up.
_DRILL: Final = Finding(BathCause.TANK_OVER_LIMIT, Level.DANGER, "tank_c", 97.0, 90.0, ClearCondition.WHEN_ACKNOWLEDGED)


@dataclass(slots=True)
class _Limit:
    """A temperature of the bath that must stay below a setting of the device."""

    cause: BathCause
    channel: str
    setting: str
    is_over: bool = False

    def judge(self, celsius: float | None, limit_c: float, settings: BathSettings) -> Finding | None:
        if celsius is not None:
            over_k = celsius - limit_c
            self.is_over = over_k >= settings.over_limit_k or (self.is_over and over_k > -settings.over_limit_k)
        if not self.is_over:
            return None
        return Finding(self.cause, _LEVELS[self.cause], self.channel, celsius, limit_c, ClearCondition.WHEN_BELOW)


class BathAlarm:
    """Judges the faults of one bath.

    Attributes:
        keeper: the alarm that comes of them, and the drill.
        is_silent_heater: whether the bath fell silent with its heater on and has not been heard since.
    """

    def __init__(self, settings: BathSettings) -> None:
        """Start without a fault."""
        times = LifeSettings(settings.alarm_clear_s, back_after_s=settings.alarm_clear_s)
        self.keeper = AlarmKeeper(times, _DRILL)
        self.is_silent_heater = False
        self._settings = settings
        self._tank = _Limit(BathCause.TANK_OVER_LIMIT, "tank_c", "safety.tank_temp_max")
        self._bath = _Limit(BathCause.BATH_OVER_LIMIT, "bath_c", "temp_limitout_max")
        self._findings: tuple[Finding, ...] = ()

    def take(self, readings: BathReadings, limit_of: Callable[[str], float]) -> None:
        """Take the readings of a live message; ``limit_of`` gives a setting of the device in degC."""
        found = [
            self._tank.judge(readings.tank_c, limit_of(self._tank.setting), self._settings),
            self._bath.judge(readings.bath_c, limit_of(self._bath.setting), self._settings),
            *(_repairable(*_meant(fault)) for fault in readings.faults),
            *(_repairable(BathCause.PROBE_FAULT, channel) for channel in readings.bad_probes),
        ]
        self._findings = tuple(sorted({one for one in found if one is not None}, key=_severity))

    def update(self, now_s: float, at: datetime, *, online: bool) -> list[Notice]:
        """Step to a time; returns what is to be told."""
        level, findings = self._assess(online=online)
        self.keeper.update(now_s, at, level, findings)
        return self.keeper.take_notices()

    def state(self, *, online: bool) -> AlarmState:
        """The assessment and the alarm as they are."""
        level, findings = self._assess(online=online)
        cause = findings[0].cause if findings else Cause.NONE
        return AlarmState(level, cause, findings, self.keeper.record, self.keeper.is_drilling)

    def _assess(self, *, online: bool) -> tuple[Level, tuple[Finding, ...]]:
        """While the bath is silent nobody knows whether a fault is gone."""
        if self.is_silent_heater:
            return Level.DANGER, (_SILENT,)
        if not online:
            return Level.UNKNOWN, ()
        return (self._findings[0].level if self._findings else Level.NORMAL), self._findings


def _meant(fault: str) -> tuple[BathCause, str]:
    return _TOLD.get(fault, (BathCause.DEVICE_FAULT, fault[:_LONGEST_FAULT]))


def _repairable(cause: BathCause, channel: str) -> Finding:
    return Finding(cause, _LEVELS[cause], channel, None, None, ClearCondition.WHEN_REPAIRED)


_PLACES: Final[Mapping[AnyCause, int]] = {cause: place for place, cause in enumerate(BathCause)}


def _severity(found: Finding) -> tuple[int, int, str]:
    return -found.level, _PLACES[found.cause], found.channel
