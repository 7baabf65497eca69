"""When a changed value is worth a row in the database.

Writing states is what a 2 Hz node costs Home Assistant, not parsing. The gate is the only place that decides it: a
change of anything that is not a number is written at once, a number when its mean has left its band, at most once per
update interval, and a smaller move after five minutes at the latest. While the device is in alarm every change is
written.

The mean decides, not the sample: noise of half a band puts every sixth sample outside the band, and such a channel
would be written 12 000 times a day for nothing.
"""

from dataclasses import dataclass
from datetime import datetime

LONGEST_HOLD_S = 300.0
_ROUNDING = 1e-9
# Time constant of the mean: a third of the noise of a 2 Hz node is left, a lasting move of a band shows within seconds.
_MEAN_S = 2.0
# In bands: beyond the one a value is news, not noise; within the other the mean has arrived, as at a counter's number.
_JUMP = 2.0
_ARRIVED = 0.1


@dataclass(frozen=True, slots=True)
class Band:
    """How far a number may move unseen: the larger of ``absolute`` and ``relative`` times the written value.

    A timestamp is a number of seconds here.
    """

    absolute: float = 0.0
    relative: float = 0.0

    def is_left(self, written: float, value: float) -> bool:
        """True when ``value`` is at least one band away from ``written``."""
        return abs(value - written) >= self._width(written) - _ROUNDING

    def follow(self, mean: float, value: float, elapsed_s: float) -> float:
        """Return the mean after ``value`` has come ``elapsed_s`` after the last one."""
        width, step = self._width(mean), value - mean
        if not _ARRIVED * width < abs(step) <= _JUMP * width:
            return value
        return mean + step * elapsed_s / (elapsed_s + _MEAN_S)

    def _width(self, at: float) -> float:
        return max(self.absolute, self.relative * abs(at))


class WriteGate:
    """Remembers what was written last and decides whether the next value is written now."""

    __slots__ = ("_asked_s", "_band", "_interval_s", "_mean", "_written", "_written_mean", "_written_s")

    def __init__(self, band: Band | None, interval_s: float) -> None:
        """``band`` None: every change is written at once."""
        self._band = band
        self._interval_s = interval_s
        self._mean: float | None = None
        self._asked_s = 0.0
        self._written: object = _NOTHING
        self._written_mean: float | None = None
        self._written_s = 0.0

    def is_settled(self, value: object) -> bool:
        """True when ``value`` is what was written, so nothing is held back."""
        return value == self._written

    def passes(self, value: object, now_s: float, urgent: bool) -> bool:
        """True when ``value`` is to be written now; it then counts as written. To be asked on every tick."""
        is_due = self._band is None or self._is_due(self._band, value, now_s)
        if value == self._written or not (urgent or is_due):
            return False
        self._written, self._written_s, self._written_mean = value, now_s, self._mean
        return True

    def _is_due(self, band: Band, value: object, now_s: float) -> bool:
        new, mean = _number(value), self._mean
        self._mean = new if new is None or mean is None else band.follow(mean, new, now_s - self._asked_s)
        self._asked_s = now_s
        if self._mean is None or self._written_mean is None:
            return True
        waited_s = now_s - self._written_s
        return waited_s >= LONGEST_HOLD_S or (
            waited_s >= self._interval_s and band.is_left(self._written_mean, self._mean)
        )


_NOTHING = object()


def _number(value: object) -> float | None:
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
