"""Which telemetry of a bath is news, although its clock may be wrong and buffered messages arrive out of order."""

from datetime import datetime
from enum import Enum
from typing import Any

from .messages import BathTelemetry, Receipt

MIN_TOLERANCE_S = 10.0
MIN_SPACING_S = 2.0
"""Two messages closer than this come from a buffer and say nothing about the device's clock."""
MAX_SPACING_ERROR_S = 3.0
MAX_SPACING_ERROR = 0.1
MAX_DELAY_S = 60.0
"""No live message is under way for longer; an uptime that lags by more has started again."""


class Verdict(Enum):
    """What a message of telemetry is worth; RESTARTED is live, and the device has booted since the last one."""

    LIVE = "live"
    RESTARTED = "restarted"
    LATE = "late"
    DUPLICATE = "duplicate"


class MessageOrder:
    """Tells live messages from late ones and duplicates.

    Our firmware counts its messages and marks the late ones. An original does neither: its message is late if it is
    older than the newest, or older than its arrival by more than the tolerance. A device whose clock is simply wrong
    looks late too, until its second message: then time has passed on both clocks alike, which it never does while a
    buffer is emptied. A time in the future is never late. A clock that never synchronised gives an order only among
    messages of one burst.
    """

    def __init__(self) -> None:
        """Start with nothing heard and the device's clock taken to be right."""
        self._last: BathTelemetry | None = None
        self._last_s = 0.0
        self._skew_s = 0.0
        self._doubtful: tuple[datetime, float] | None = None

    def forget(self) -> None:
        """Take the next message as the first: the device has booted, and its buffer is lost."""
        self._last = None

    def judge(self, message: BathTelemetry, receipt: Receipt, interval_s: float) -> Verdict:
        """Return what a message is worth; ``interval_s`` is the device's reporting interval."""
        if message.late:
            return Verdict.LATE
        verdict = self._judge(message, receipt, interval_s)
        if verdict in (Verdict.LIVE, Verdict.RESTARTED):
            self._last, self._last_s = message, receipt.now_s
        return verdict

    def _judge(self, message: BathTelemetry, receipt: Receipt, interval_s: float) -> Verdict:
        last = self._last
        if last is not None and self._has_restarted(last, message, receipt.now_s):
            return Verdict.RESTARTED
        last_seq = last.seq if last is not None else None
        if message.seq is not None and message.seq != last_seq:
            return Verdict.LATE if _is_before(message.seq, last_seq) else Verdict.LIVE
        if message.ts is None:
            return self._judge_unsynced(message, receipt.now_s, interval_s)
        return self._judge_time(message.ts, receipt, interval_s)

    def _has_restarted(self, last: BathTelemetry, message: BathTelemetry, now_s: float) -> bool:
        """Whether the device has booted since the last message, as far as it counts its messages and its uptime."""
        is_counting_anew = _is_before(message.seq, last.seq)
        if last.uptime_s is None or message.uptime_s is None:
            return is_counting_anew and (message.ts is None or last.ts is None or last.ts < message.ts)
        gained_s, passed_s = message.uptime_s - last.uptime_s, now_s - self._last_s
        if gained_s < 0:
            # An older message of the same boot goes back too, but tells of more than has passed
            return message.uptime_s <= passed_s + MAX_DELAY_S
        return gained_s > 0 and (is_counting_anew or gained_s + MAX_DELAY_S < passed_s)

    def _judge_unsynced(self, message: BathTelemetry, now_s: float, interval_s: float) -> Verdict:
        """Without a right clock the order of arrival is all there is, but for messages that come at once."""
        last = self._last
        if last is None or now_s - self._last_s > max(MIN_TOLERANCE_S, interval_s / 2):
            return Verdict.LIVE
        is_older = last.ts is not None or _is_before(message.unsynced_s, last.unsynced_s)
        return Verdict.LATE if is_older else Verdict.LIVE

    def _judge_time(self, ts: datetime, receipt: Receipt, interval_s: float) -> Verdict:
        newest = self._last.ts if self._last else None
        if ts == newest:
            return Verdict.DUPLICATE
        lag_s = (receipt.at - ts).total_seconds()
        tolerance_s = max(MIN_TOLERANCE_S, interval_s / 2)
        if abs(lag_s) <= tolerance_s:
            self._skew_s = 0.0
        is_older = newest is not None and ts < newest
        if (is_older or lag_s - self._skew_s > tolerance_s) and not self._is_just_skewed(ts, receipt.now_s):
            self._doubtful = (ts, receipt.now_s)
            return Verdict.LATE
        if self._doubtful is not None:
            self._skew_s = lag_s
        self._doubtful = None
        return Verdict.LIVE

    def _is_just_skewed(self, ts: datetime, now_s: float) -> bool:
        if self._doubtful is None:
            return False
        doubtful_ts, doubtful_s = self._doubtful
        passed_s = now_s - doubtful_s
        error_s = abs((ts - doubtful_ts).total_seconds() - passed_s)
        return passed_s >= MIN_SPACING_S and error_s <= max(MAX_SPACING_ERROR_S, MAX_SPACING_ERROR * passed_s)


def _is_before(left: Any, right: Any) -> bool:
    """Whether both are known and the left one is smaller."""
    return left is not None and right is not None and left < right
