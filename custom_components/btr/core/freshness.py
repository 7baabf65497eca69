"""Whether a node is alive, by the arrival of live messages only (I1, I2)."""

from typing import Final

# Three missed periods of a 2 Hz node are 1.5 s, which a single lost Wi-Fi frame with its TCP repetition reaches.
# Nobody is helped by a node that is "unavailable" five times an hour, and silence after a warning is an alarm of its
# own.
_LEAST_SILENCE_S: Final = 5.0
_MISSED_PERIODS: Final = 3.0
_LONGEST_PERIOD_S: Final = 10.0
_SMOOTHING: Final = 0.1


class Freshness:
    """Follows the rhythm of one node.

    Attributes:
        heard_s: arrival of the last live message in monotone seconds, None before the first.
    """

    __slots__ = ("_period_s", "_said_goodbye", "_usual_s", "heard_s")

    def __init__(self, period_s: float) -> None:
        """Expect a message every ``period_s`` seconds until the node shows a slower rhythm."""
        self._usual_s = period_s
        self._period_s: float | None = None
        self._said_goodbye = False
        self.heard_s: float | None = None

    @property
    def rate_hz(self) -> float | None:
        """Live messages per second, smoothed; None before the second message."""
        return 1.0 / self._period_s if self._period_s else None

    @property
    def limit_s(self) -> float:
        """The silence in seconds after which the node counts as offline: three periods, at least 5 s, at most 30 s."""
        period_s = max(self._usual_s, self._period_s or 0.0)
        return max(_LEAST_SILENCE_S, _MISSED_PERIODS * min(period_s, _LONGEST_PERIOD_S))

    def heard(self, now_s: float) -> None:
        """Take note of a live message."""
        if self.heard_s is not None:
            gap_s = now_s - self.heard_s
            if 0 < gap_s <= self.limit_s or self._period_s is None:
                known_s = self._period_s if self._period_s is not None else gap_s
                self._period_s = max(1e-3, known_s + _SMOOTHING * (min(gap_s, _LONGEST_PERIOD_S) - known_s))
        self.heard_s = now_s
        self._said_goodbye = False

    def goodbye(self) -> None:
        """Take note of the last will: offline at once, until the next live message."""
        self._said_goodbye = True

    def is_online(self, now_s: float) -> bool:
        """Return whether the node has been heard within its limit and has not gone since."""
        return self.heard_s is not None and not self._said_goodbye and now_s - self.heard_s <= self.limit_s
