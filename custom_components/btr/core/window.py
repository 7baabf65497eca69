"""Irregular samples onto the regular time grid that rules and models are made for.

Nodes and loggers sample at 2 Hz, 1 Hz, every 5 s, or with a burst of 10 kHz in between. A grid by *time* makes all of
them the same signal; a grid by row would turn ten seconds of such a burst into fourteen hours.
"""

from collections import deque
from collections.abc import Iterable
from math import isfinite
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

DEFAULT_INTERVAL_S: Final = 0.5
DEFAULT_LENGTH: Final = 60
DEFAULT_MAX_GAP_S: Final = 10.0

# A sample this share of an interval early already stands for its grid point: waiting for the next would cost half a
# second.
_EARLY: Final = 0.1


class Resampler:
    """Causal resampling: linear interpolation between samples, their mean where several fall into one cell."""

    __slots__ = (
        "_anchor_s",
        "_count",
        "_early_s",
        "_index",
        "_max_gap_s",
        "_sum",
        "_time_s",
        "_value",
        "interval_s",
        "restarts",
    )

    def __init__(self, interval_s: float = DEFAULT_INTERVAL_S, max_gap_s: float = DEFAULT_MAX_GAP_S) -> None:
        """Make an empty grid; ``max_gap_s`` is the longest silence that may be interpolated over."""
        if not (isfinite(interval_s) and interval_s > 0 and max_gap_s >= interval_s):
            raise ValueError(f"interval_s must be positive and at most max_gap_s, got {interval_s} and {max_gap_s}")
        self.interval_s = interval_s
        self.restarts = 0
        self._max_gap_s = max_gap_s
        self._early_s = _EARLY * interval_s
        self._time_s: float | None = None
        self._anchor_s = self._value = self._sum = 0.0
        self._index = self._count = 0

    @property
    def time_s(self) -> float:
        """Time of the newest grid point; meaningless before the first."""
        return self._anchor_s + (self._index - 1) * self.interval_s

    def reset(self) -> None:
        """Forget everything: the next sample starts a new grid."""
        self._time_s = None
        self.restarts += 1

    def add(self, time_s: float, value: float) -> list[float] | None:
        """Take one finite sample; return the values of the grid points it completes, oldest first, or None.

        A grid starts at its first sample. A gap longer than ``max_gap_s`` starts a new one and counts in
        ``restarts``. A sample that is not newer than the last is ignored.
        """
        last_s = self._time_s
        if last_s is None or time_s - last_s > self._max_gap_s:
            if last_s is not None:
                self.restarts += 1
            self._anchor_s = self._time_s = time_s
            self._value = value
            self._index, self._count, self._sum = 1, 0, 0.0
            return [value]
        if time_s <= last_s:
            return None
        target_s = self._anchor_s + self._index * self.interval_s
        ahead_s = time_s - target_s
        if ahead_s < -self._early_s:
            self._count += 1
            self._sum += value
            self._time_s, self._value = time_s, value
            return None
        return self._complete(time_s, value, last_s, target_s, ahead_s)

    def _complete(self, time_s: float, value: float, last_s: float, target_s: float, ahead_s: float) -> list[float]:
        slope = (value - self._value) / (time_s - last_s)
        belongs = ahead_s <= self._early_s
        if belongs:
            self._count += 1
            self._sum += value
        between = value if ahead_s <= 0 else value - slope * ahead_s
        points = [self._sum / self._count if self._count > 1 else between]
        self._index += 1
        while not belongs:
            target_s = self._anchor_s + self._index * self.interval_s
            ahead_s = time_s - target_s
            if ahead_s < -self._early_s:
                break
            belongs = ahead_s <= self._early_s
            points.append(value if ahead_s <= 0 else value - slope * ahead_s)
            self._index += 1
        self._count, self._sum = (0, 0.0) if belongs else (1, value)
        self._time_s, self._value = time_s, value
        return points


class GridWindow:
    """Every complete window of ``length`` grid points that has ended since the last :meth:`take`."""

    def __init__(
        self,
        length: int = DEFAULT_LENGTH,
        interval_s: float = DEFAULT_INTERVAL_S,
        backlog: int = 32,
        max_gap_s: float = DEFAULT_MAX_GAP_S,
    ) -> None:
        """Make an empty window; beyond ``backlog`` windows that nobody took, the oldest are dropped."""
        if length < 2 or backlog < 1:
            raise ValueError(f"length must be at least 2 and backlog at least 1, got {length} and {backlog}")
        self.length = length
        self.interval_s = interval_s
        self.pending = 0
        self._backlog = backlog
        self._grid = Resampler(interval_s, max_gap_s)
        self._values: deque[float] = deque(maxlen=length + backlog - 1)
        self._restarts = 0
        self._finished: list[tuple[NDArray[np.float64], NDArray[np.float32]]] = []
        self._span = np.arange(length)

    def add(self, time_s: float, value_c: float | None) -> int:
        """Take one sample on a monotone time line in seconds; return how many grid points it completed.

        None or a non-finite value is a missing sample: the time without samples is interpolated over up to
        ``max_gap_s``, then the window starts again. Samples that are not newer than the last are ignored.
        """
        if value_c is None or not isfinite(value_c):
            return 0
        grid = self._grid
        end_s = grid.time_s
        points = grid.add(time_s, value_c)
        if points is None:
            return 0
        if grid.restarts != self._restarts:
            self._start_again(end_s)
        values = self._values
        values.extend(points)
        if len(values) >= self.length:
            complete = min(len(points), len(values) - self.length + 1)
            self.pending = min(self._backlog, self.pending + complete)
        return len(points)

    def reset(self) -> None:
        """Start again with the next sample, for example after a reboot; complete windows can still be taken."""
        self._start_again(self._grid.time_s)
        self._grid.reset()
        self._restarts = self._grid.restarts

    def take(self) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return ``(times_s float64 [p], windows float32 [p, length])`` and mark them taken.

        Windows are oldest first, each oldest sample first, degC, finite; a window's time is that of its last point.
        Both are copies.
        """
        if self.pending == 1 and not self._finished:
            self.pending = 0
            latest = np.array(self._values, dtype=np.float32)[None, -self.length :]
            return np.array((self._grid.time_s,)), latest
        self._finish(self._grid.time_s)
        finished, self._finished = self._finished, []
        if len(finished) == 1:
            return finished[0]
        if not finished:
            return np.empty(0), np.empty((0, self.length), dtype=np.float32)
        times_s = np.concatenate([times for times, _ in finished])[-self._backlog :]
        return times_s, np.concatenate([windows for _, windows in finished])[-self._backlog :]

    def _start_again(self, end_s: float) -> None:
        self._finish(end_s)
        self._values.clear()
        self._restarts = self._grid.restarts

    def _finish(self, end_s: float) -> None:
        count = self.pending
        if not count:
            return
        self.pending = 0
        values: NDArray[np.float32] = np.array(self._values, dtype=np.float32)[-(self.length + count - 1) :]
        steps = np.arange(count)
        times_s: NDArray[np.float64] = np.asarray(end_s + (steps - (count - 1)) * self.interval_s, dtype=np.float64)
        self._finished.append((times_s, values[steps[:, None] + self._span]))
        del self._finished[: -self._backlog]


class ChannelWindows(NamedTuple):
    """Windows of one channel: end times float64 ``[p]`` and values float32 ``[p, T]`` in degC, oldest first."""

    channel: str
    times_s: NDArray[np.float64]
    values: NDArray[np.float32]


def take_complete(windows: Iterable[tuple[str, GridWindow | None]]) -> tuple[ChannelWindows, ...]:
    """Return what became complete in each named window since it was last taken; those without any are left out."""
    return tuple(
        ChannelWindows(name, *window.take()) for name, window in windows if window is not None and window.pending
    )
