"""One temperature channel with everything that is judged on it: plausibility, limits, rate of rise, and its window.

Evidence is never lowered by the absence of a reading: a sensor that burns keeps what it last proved until it reads
well again.
"""

from dataclasses import dataclass
from typing import Final

from .alarm import AlarmSettings
from .messages import Level
from .plausibility import ChannelSpec, Fault, PlausibilityFilter
from .rate import Hold, RateMeter
from .state import Cause, ClearCondition, Finding
from .window import DEFAULT_INTERVAL_S, GridWindow

_SAMPLES: Final = 3
# Upper end of what a PT100 can measure (IEC 60751); an open one reads 988.79.
_HOTTEST_C: Final = 850.0
_BELOW: Final = ClearCondition.WHEN_BELOW


@dataclass(frozen=True, slots=True)
class ChannelLimits:
    """What one channel is judged by: its two temperatures, and the worst that its rate alone may say."""

    settings: AlarmSettings
    warning_c: float
    danger_c: float
    worst_by_rate: Level


def internal_limits(settings: AlarmSettings) -> ChannelLimits:
    """Limits of the sensor on the cell: any of them alone is DANGER (H1)."""
    return ChannelLimits(settings, settings.internal_warning_c, settings.internal_danger_c, Level.DANGER)


def ambient_limits(settings: AlarmSettings) -> ChannelLimits:
    """Limits of the air: a door or a hot-air gun makes any rate, so the rate alone is a warning at most."""
    return ChannelLimits(settings, settings.ambient_warning_c, settings.ambient_danger_c, Level.WARNING)


class _Limit:
    """Two limits on the value, confirmed upwards, with hysteresis downwards."""

    __slots__ = ("_danger", "_hold_danger", "_hold_warning", "_hysteresis", "_quiet_below", "_warning", "level")

    def __init__(self, limits: ChannelLimits) -> None:
        settings = limits.settings
        self._warning, self._danger, self._hysteresis = limits.warning_c, limits.danger_c, settings.hysteresis_k
        self._quiet_below = limits.warning_c - settings.hysteresis_k
        self._hold_warning, self._hold_danger = Hold(settings.confirm_s, 2), Hold(settings.confirm_s, 2)
        self.level = Level.NORMAL

    @property
    def limit(self) -> float:
        return self._danger if self.level is Level.DANGER else self._warning

    def update(self, time_s: float, value: float, *, confirmed: bool) -> None:
        if value < self._quiet_below:
            self.level = Level.NORMAL
            self._hold_warning.reset()
            self._hold_danger.reset()
            return
        danger = self._hold_danger.update(time_s, value >= self._danger) or (confirmed and value >= self._danger)
        warning = self._hold_warning.update(time_s, value >= self._warning) or (confirmed and value >= self._warning)
        if danger or (self.level is Level.DANGER and value > self._danger - self._hysteresis):
            self.level = Level.DANGER
        elif warning or (self.level >= Level.WARNING and value > self._quiet_below):
            self.level = Level.WARNING
        else:
            self.level = Level.NORMAL


class _Rise:
    """Two limits on the rate, held upwards; a level falls when the rate is below half its limit."""

    __slots__ = ("_hold_danger", "_hold_warning", "_settings", "_start_c", "_warning", "_worst", "level")

    def __init__(self, limits: ChannelLimits) -> None:
        settings = self._settings = limits.settings
        worst = self._worst = limits.worst_by_rate
        # Air moves faster than a cell: where the rate may only warn, it takes the rate that is danger for a cell.
        self._warning = settings.rate_warning_c_per_s if worst is Level.DANGER else settings.rate_danger_c_per_s
        self._hold_warning = Hold(settings.rate_hold_s, _SAMPLES)
        self._hold_danger = Hold(settings.rate_hold_s, _SAMPLES)
        self._start_c: float | None = None
        self.level = Level.NORMAL

    @property
    def limit(self) -> float:
        return self._settings.rate_danger_c_per_s if self.level is Level.DANGER else self._warning

    def reset(self) -> None:
        self._hold_warning.reset()
        self._hold_danger.reset()
        self._start_c = None

    def update(self, time_s: float, rate: float, value_c: float, *, is_sample: bool) -> None:
        settings = self._settings
        if rate < self._warning and self.level is Level.NORMAL:
            self.reset()
            return
        if rate < self._warning / 2:
            self._start_c = None
        elif self._start_c is None:
            self._start_c = value_c
        warning = self._hold_warning.update(time_s, rate >= self._warning, is_sample)
        fast = self._hold_danger.update(time_s, rate >= settings.rate_danger_c_per_s, is_sample)
        rise_k = value_c - self._start_c if self._start_c is not None else 0.0
        danger = fast and (value_c >= settings.rate_warm_c or rise_k >= settings.rate_rise_k)
        if danger or (self.level is Level.DANGER and rate >= settings.rate_danger_c_per_s / 2):
            self.level = min(Level.DANGER, self._worst)
        elif warning or (self.level >= Level.WARNING and rate >= self._warning / 2):
            self.level = Level.WARNING
        else:
            self.level = Level.NORMAL


class TemperatureChannel:
    """Judges the samples of one sensor.

    Attributes:
        value_c: the latest reading, None while it is missing or not believed.
        findings: what holds now; the same tuple while nothing does.
        window: the grid window for the model.
        shadow_window: that for a model in its shadow, None without one.
    """

    def __init__(self, spec: ChannelSpec, limits: ChannelLimits, window: GridWindow | None = None) -> None:
        """Judge by ``limits``; ``window`` is one of 60 points of half a second unless a model wants another."""
        self.name = spec.name
        self.value_c: float | None = None
        self.findings: tuple[Finding, ...] = ()
        self.window = window or GridWindow()
        self.shadow_window: GridWindow | None = None
        self._filter = PlausibilityFilter(spec)
        self._rate = RateMeter()
        self._relocated = 0
        self.configure(limits)

    def configure(self, limits: ChannelLimits) -> None:
        """Go on with other limits; what holds has to prove itself again, which the hold of the level covers."""
        self._limit = _Limit(limits)
        self._rise = _Rise(limits)

    @property
    def fault(self) -> Fault | None:
        """Why there is no believed reading, None while there is one."""
        return self._filter.fault

    @property
    def rate_c_per_s(self) -> float | None:
        """Rate of rise over two seconds, None while there is no reading."""
        return self._rate.rate_c_per_s if self.value_c is not None else None

    @property
    def is_rising(self) -> bool:
        """True while the rate is at least what would be a warning if it lasted, or a finding holds."""
        rate = self._rate.rate_c_per_s
        return bool(self.findings) or (rate is not None and rate >= self._rise.limit)

    def seconds_to(self, target_c: float) -> float | None:
        """Seconds until ``target_c`` by the fitted trend, None when there is no reading or it is not rising."""
        return self._rate.seconds_to(target_c) if self.value_c is not None else None

    def restart(self) -> None:
        """Take note of a reboot: no reading is compared with one before it; what was proved stays until a good one."""
        self._filter.forget()
        self._break()

    def add(self, time_s: float, reading_c: float | None) -> None:
        """Take one reading at ``time_s`` of the device's monotone time line, None when the node had none."""
        value = self.value_c = self._filter.check(time_s, reading_c)
        if value is None:
            if reading_c is not None and self._filter.fault is Fault.OVER_RANGE and self._filter.last_good is None:
                self._judge_unknown(time_s, reading_c)
            return
        relocated = self._filter.relocated != self._relocated
        if relocated:
            self._relocated = self._filter.relocated
            self._break()
        self.window.add(time_s, value)
        if self.shadow_window is not None:
            self.shadow_window.add(time_s, value)
        self._limit.update(time_s, value, confirmed=relocated)
        rates = self._rate.add(time_s, value)
        if rates:
            self._judge_rates(rates, value)
        if self._limit.level or self._rise.level or self.findings:
            self.findings = self._found(value)

    def _judge_unknown(self, time_s: float, reading_c: float) -> None:
        """Judge a sensor that reads too hot and was never seen well: it may have burned before anybody looked."""
        if reading_c <= _HOTTEST_C:
            self._limit.update(time_s, reading_c, confirmed=False)
            self.findings = self._found(reading_c)

    def _judge_rates(self, rates: list[float], value: float) -> None:
        end_s = self._rate.time_s
        for left in range(len(rates) - 1, -1, -1):
            time_s = end_s - left * DEFAULT_INTERVAL_S
            self._rise.update(time_s, rates[-1 - left], value, is_sample=left == 0)

    def _found(self, value: float) -> tuple[Finding, ...]:
        found = []
        if self._limit.level > Level.NORMAL:
            found.append(Finding(Cause.TEMPERATURE, self._limit.level, self.name, value, self._limit.limit, _BELOW))
        if self._rise.level > Level.NORMAL:
            rate = self._rate.rate_c_per_s
            found.append(Finding(Cause.RATE, self._rise.level, self.name, rate, self._rise.limit, _BELOW))
        return tuple(found)

    def _break(self) -> None:
        self._rate.reset()
        self._rise.reset()
        self.window.reset()
        if self.shadow_window is not None:
            self.shadow_window.reset()
