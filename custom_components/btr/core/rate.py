"""How fast a temperature rises, for how long already, and when it would reach a limit.

The rate is the difference over two seconds on a grid of half seconds: on the 58 public recordings this separates
runaways from cycling (0.5 degC/s held for 3 s: all 16 runaways, nothing in 1 042 quiet hours), and a single wrong
sample cannot hold it.
"""

from collections import deque
from math import sqrt
from typing import Final

from .window import DEFAULT_INTERVAL_S, DEFAULT_MAX_GAP_S, Resampler

_SPAN: Final = 4
_SPAN_S: Final = _SPAN * DEFAULT_INTERVAL_S
_FIT_POINTS: Final = 31
_LEAST_FIT_POINTS: Final = 11
# A forecast beyond an hour from a fit over seconds would be a guess.
_LONGEST_FORECAST_S: Final = 3600.0
# Below this the recordings' own cycling drifts; a slope also has to stand this many standard errors above zero.
_LEAST_SLOPE_C_PER_S: Final = 0.02
_SIGNIFICANT: Final = 5.0


class Hold:
    """A condition that must be met without a break for ``hold_s`` seconds and by at least ``samples`` samples.

    The number of samples keeps one wrong sample of a slow sensor from counting for the whole time between its
    neighbours.
    """

    __slots__ = ("_count", "_since_s", "hold_s", "samples")

    def __init__(self, hold_s: float, samples: int) -> None:
        """Start with the condition not met."""
        self.hold_s = hold_s
        self.samples = samples
        self._since_s: float | None = None
        self._count = 0

    def update(self, time_s: float, met: bool, counts: bool = True) -> bool:
        """Return whether the condition has been met for long enough; ``counts`` False is a time between two samples."""
        if not met:
            self._since_s = None
            return False
        if self._since_s is None:
            self._since_s, self._count = time_s, 0
        self._count += counts
        return self._count >= self.samples and time_s - self._since_s >= self.hold_s

    def reset(self) -> None:
        """Forget that the condition was met."""
        self._since_s = None


class RateMeter:
    """Rate of rise of one channel.

    Attributes:
        rate_c_per_s: newest rate, None before two seconds of samples and after every gap.
    """

    __slots__ = ("_grid", "_restarts", "_values", "rate_c_per_s")

    def __init__(self) -> None:
        """Start without samples."""
        self.rate_c_per_s: float | None = None
        self._grid = Resampler(DEFAULT_INTERVAL_S, DEFAULT_MAX_GAP_S)
        self._restarts = 0
        self._values: deque[float] = deque(maxlen=_FIT_POINTS)

    @property
    def time_s(self) -> float:
        """Time of the newest rate."""
        return self._grid.time_s

    def reset(self) -> None:
        """Start again with the next sample: after a reboot, or a step that is no rate."""
        self._grid.reset()

    def add(self, time_s: float, value_c: float) -> list[float]:
        """Take one believed sample; return the rates in degC/s that it completes, half a second apart, oldest first."""
        points = self._grid.add(time_s, value_c)
        if points is None:
            return []
        values = self._values
        if self._grid.restarts != self._restarts:
            self._restarts = self._grid.restarts
            self.rate_c_per_s = None
            values.clear()
        rates: list[float] = []
        for point in points:
            values.append(point)
            if len(values) > _SPAN:
                rates.append((point - values[-1 - _SPAN]) / _SPAN_S)
        if rates:
            self.rate_c_per_s = rates[-1]
        return rates

    def seconds_to(self, target_c: float) -> float | None:
        """Return the seconds until ``target_c`` on the straight line through the last 15 s, 0 when it is reached.

        None when there are less than 5 s of samples, the line does not rise significantly (0.02 degC/s and five
        standard errors), or the target is more than an hour away.
        """
        values = self._values
        count = len(values)
        if count and values[-1] >= target_c:
            return 0.0
        if count < _LEAST_FIT_POINTS or (self.rate_c_per_s or 0.0) <= 0.0:
            return None
        middle = (count - 1) / 2
        mean = sum(values) / count
        spread = count * (count * count - 1) / 12
        slope = sum((index - middle) * value for index, value in enumerate(values)) / spread
        residual = sum((value - mean - slope * (index - middle)) ** 2 for index, value in enumerate(values))
        error = sqrt(residual / (count - 2) / spread)
        slope_c_per_s = slope / DEFAULT_INTERVAL_S
        if slope_c_per_s < _LEAST_SLOPE_C_PER_S or slope < _SIGNIFICANT * error:
            return None
        forecast_s = (target_c - (mean + slope * middle)) / slope_c_per_s
        return max(0.0, forecast_s) if forecast_s <= _LONGEST_FORECAST_S else None
