"""One monotone time line out of the `millis()` of a node.

`timestamp_ms` counts from boot, wraps at 2^32 (49.7 days) and restarts at 0. Everything that judges how fast a value
moves uses the time made here, because arrival times carry the jitter of Wi-Fi and broker. Whether a node is alive is
judged by arrival time, never by this clock.
"""

from enum import Enum
from typing import Final, NamedTuple

WRAP_MS: Final = 1 << 32

# A wrap is seen as: the last stamp just below 2^32 and the new one just above 0.
_NEAR_WRAP_MS: Final = 600_000

# Samples overtake each other by seconds at most; a smaller step back may still be a reboot and is settled by
# _STALE_LIMIT_S.
_REORDER_MS: Final = 10_000

# After this long without a newer stamp, the old time line is over: it rebooted early in its life, or its clock stands
# still.
_STALE_LIMIT_S: Final = 5.0


class Order(Enum):
    """What a stamp says about the message that carries it."""

    NEXT = "next"
    REBOOT = "reboot"
    DUPLICATE = "duplicate"
    STALE = "stale"


class ClockReading(NamedTuple):
    """``time_s``: monotone seconds since the first message, of the newest accepted one for DUPLICATE and STALE."""

    time_s: float
    order: Order


class DeviceClock:
    """Device time in seconds, monotone over wraps, reboots, missing and frozen stamps."""

    def __init__(self) -> None:
        """Start with nothing heard; the first message is at time 0."""
        self._time_s = 0.0
        self._stamp_ms: int | None = None
        self._arrival_s: float | None = None
        self._frozen = False

    def read(self, timestamp_ms: int | None, arrival_s: float) -> ClockReading:
        """Place one message on the time line.

        ``timestamp_ms`` is what the node sent, None when it sent none; ``arrival_s`` is a monotone clock of ours.
        NEXT and REBOOT move the time line on; after a REBOOT (and without stamps) it moves by the time between
        arrivals. DUPLICATE and STALE messages must not be used as live values. When nothing newer comes for 5 s, a
        stamp that goes back counts as a reboot and one that stands still is replaced by arrival time.
        """
        if self._arrival_s is None:
            return self._accept(0.0, timestamp_ms, arrival_s, Order.NEXT)
        waited_s = max(0.0, arrival_s - self._arrival_s)
        last_ms = self._stamp_ms
        if timestamp_ms is None or last_ms is None:
            return self._accept(waited_s, timestamp_ms, arrival_s, Order.NEXT)
        step_ms = timestamp_ms - last_ms
        if step_ms > 0:
            self._frozen = False
            return self._accept(step_ms / 1000.0, timestamp_ms, arrival_s, Order.NEXT)
        if step_ms == 0:
            self._frozen = self._frozen or waited_s >= _STALE_LIMIT_S
            if self._frozen:
                return self._accept(waited_s, timestamp_ms, arrival_s, Order.NEXT)
            return ClockReading(self._time_s, Order.DUPLICATE)
        if last_ms >= WRAP_MS - _NEAR_WRAP_MS and timestamp_ms < _NEAR_WRAP_MS:
            return self._accept((step_ms + WRAP_MS) / 1000.0, timestamp_ms, arrival_s, Order.NEXT)
        back_ms = -step_ms
        if (back_ms > _REORDER_MS and timestamp_ms < back_ms) or waited_s >= _STALE_LIMIT_S:
            return self._accept(waited_s, timestamp_ms, arrival_s, Order.REBOOT)
        return ClockReading(self._time_s, Order.STALE)

    def _accept(self, step_s: float, stamp_ms: int | None, arrival_s: float, order: Order) -> ClockReading:
        self._time_s += step_s
        self._stamp_ms = stamp_ms
        self._arrival_s = arrival_s
        return ClockReading(self._time_s, order)
