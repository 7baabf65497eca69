"""Which telemetry of a bath is news, although its clock may be wrong and buffered messages arrive out of order."""

from datetime import datetime
from enum import Enum

from .messages import BathTelemetry, Receipt

MIN_TOLERANCE_S = 10.0
MIN_SPACING_S = 2.0
"""Two messages closer than this come from a buffer and say nothing about the device's clock."""
MAX_SPACING_ERROR_S = 3.0
MAX_SPACING_ERROR = 0.1


class Verdict(Enum):
    """What a message of telemetry is worth."""

    LIVE = "live"
    LATE = "late"
    DUPLICATE = "duplicate"


class MessageOrder:
    """Tells live messages from late ones and duplicates.

    A message is late if it is older than the newest, or older than its arrival by more than the tolerance. A device
    whose clock is simply wrong looks late too, until its second message: then time has passed on both clocks alike,
    which it never does while a buffer is emptied. Without a synchronised clock the order of arrival is all there is. A
    time in the future is never late.
    """

    def __init__(self) -> None:
        """Start with nothing heard and the device's clock taken to be right."""
        self._newest: datetime | None = None
        self._newest_seq: int | None = None
        self._skew_s = 0.0
        self._doubtful: tuple[datetime, float] | None = None

    def judge(self, message: BathTelemetry, receipt: Receipt, interval_s: float) -> Verdict:
        """Return what a message is worth; ``interval_s`` is the device's reporting interval."""
        if message.ts is None:
            return Verdict.LIVE
        if message.ts == self._newest:
            return self._judge_equal(message)
        lag_s = (receipt.at - message.ts).total_seconds()
        tolerance_s = max(MIN_TOLERANCE_S, interval_s / 2)
        if abs(lag_s) <= tolerance_s:
            self._skew_s = 0.0
        is_older = self._newest is not None and message.ts < self._newest
        if (is_older or lag_s - self._skew_s > tolerance_s) and not self._is_just_skewed(message.ts, receipt.now_s):
            self._doubtful = (message.ts, receipt.now_s)
            return Verdict.LATE
        if self._doubtful is not None:
            self._skew_s = lag_s
        self._doubtful = None
        self._newest, self._newest_seq = message.ts, message.seq
        return Verdict.LIVE

    def _judge_equal(self, message: BathTelemetry) -> Verdict:
        """Several changes within one second have one time; their sequence tells them apart."""
        if message.seq is None or (self._newest_seq is not None and message.seq <= self._newest_seq):
            return Verdict.DUPLICATE
        self._newest_seq = message.seq
        return Verdict.LIVE

    def _is_just_skewed(self, ts: datetime, now_s: float) -> bool:
        if self._doubtful is None:
            return False
        doubtful_ts, doubtful_s = self._doubtful
        passed_s = now_s - doubtful_s
        error_s = abs((ts - doubtful_ts).total_seconds() - passed_s)
        return passed_s >= MIN_SPACING_S and error_s <= max(MAX_SPACING_ERROR_S, MAX_SPACING_ERROR * passed_s)
