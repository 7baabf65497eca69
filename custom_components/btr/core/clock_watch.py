"""Whether a device knows what time it is, as far as its messages tell.

A message that was kept over an outage is old without its clock being wrong. So a clock is judged only where as much
time has passed on it as here, which never holds while a buffer is emptied.
"""

from datetime import datetime
from typing import Final

# A certificate is not checked, and no late message is put in order, by a clock that is further off than this.
WRONG_S: Final = 300.0
_RIGHT_S: Final = 240.0
# Synchronising takes a minute after a boot, and a clock that is set by hand may jump twice.
HOLD_S: Final = 600.0
_SPACING_S: Final = 2.0
_SPACING_ERROR_S: Final = 3.0
_SPACING_ERROR: Final = 0.1


class ClockWatch:
    """Follows the clock of one device.

    Attributes:
        error_s: by how much it was wrong when that was first seen, positive when it is slow; None while it is right.
    """

    def __init__(self) -> None:
        """Start without an opinion."""
        self.error_s: float | None = None
        self._unset_since_s: float | None = None
        self._wrong_since_s: float | None = None
        self._is_set = False
        self._is_right = False
        self._anchor: tuple[datetime, float] | None = None

    def hear(self, told: datetime | None, at: datetime, now_s: float) -> None:
        """Take the time that a live message told, None for a clock that was never set; ``at`` is when it arrived."""
        if told is None:
            self._is_set = False
            self._anchor = None
            if self._unset_since_s is None:
                self._unset_since_s = now_s
            return
        self._is_set = True
        self._unset_since_s = None
        if self._anchor is None:
            self._anchor = (told, now_s)
            return
        anchor_at, anchor_s = self._anchor
        passed_s = now_s - anchor_s
        if passed_s < _SPACING_S:
            return
        self._anchor = (told, now_s)
        error_s = abs((told - anchor_at).total_seconds() - passed_s)
        if error_s <= max(_SPACING_ERROR_S, _SPACING_ERROR * passed_s):
            self._judge((at - told).total_seconds(), now_s)

    def is_unset(self, now_s: float) -> bool | None:
        """Return whether it has not been set for long, None while that is not certain."""
        if self._unset_since_s is not None:
            return True if now_s - self._unset_since_s >= HOLD_S else None
        return False if self._is_set else None

    def is_wrong(self, now_s: float) -> bool | None:
        """Return whether it has been wrong for long, None while that is not certain."""
        if self._wrong_since_s is not None:
            return True if now_s - self._wrong_since_s >= HOLD_S else None
        return False if self._is_right else None

    def _judge(self, error_s: float, now_s: float) -> None:
        if abs(error_s) > WRONG_S:
            self._is_right = False
            if self._wrong_since_s is None:
                self._wrong_since_s, self.error_s = now_s, error_s
        elif abs(error_s) < _RIGHT_S:
            self._is_right = True
            self._wrong_since_s = self.error_s = None
