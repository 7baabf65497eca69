"""When a changed value is worth a row in the database.

Writing states is what a 2 Hz node costs Home Assistant, not parsing. The gate is the only place that decides it: a
change of anything that is not a number is written at once, a number when it has left its band, at most once per update
interval, and a smaller move after five minutes at the latest. While the device is in alarm every change is written.
"""

from dataclasses import dataclass
from datetime import datetime

LONGEST_HOLD_S = 300.0
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Band:
    """How far a number may move unseen: the larger of ``absolute`` and ``relative`` times the written value.

    A timestamp is a number of seconds here.
    """

    absolute: float = 0.0
    relative: float = 0.0

    def is_left(self, written: float, value: float) -> bool:
        """True when ``value`` is at least one band away from ``written``."""
        return abs(value - written) >= max(self.absolute, self.relative * abs(written)) - _ROUNDING


class WriteGate:
    """Remembers what was written last and decides whether the next value is written now."""

    __slots__ = ("_band", "_interval_s", "_written", "_written_s")

    def __init__(self, band: Band | None, interval_s: float) -> None:
        """``band`` None: every change is written at once."""
        self._band = band
        self._interval_s = interval_s
        self._written: object = _NOTHING
        self._written_s = 0.0

    def is_settled(self, value: object) -> bool:
        """True when ``value`` is what was written, so nothing is held back."""
        return value == self._written

    def passes(self, value: object, now_s: float, urgent: bool) -> bool:
        """True when ``value`` is to be written now; it then counts as written."""
        if value == self._written or not (urgent or self._is_due(value, now_s)):
            return False
        self._written = value
        self._written_s = now_s
        return True

    def _is_due(self, value: object, now_s: float) -> bool:
        if self._band is None:
            return True
        old, new = _number(self._written), _number(value)
        if old is None or new is None:
            return True
        waited_s = now_s - self._written_s
        return waited_s >= LONGEST_HOLD_S or (waited_s >= self._interval_s and self._band.is_left(old, new))


_NOTHING = object()


def _number(value: object) -> float | None:
    if isinstance(value, datetime):
        return value.timestamp()
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
