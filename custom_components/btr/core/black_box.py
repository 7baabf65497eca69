"""The last minutes of a battery's two temperatures as the node measured them, in memory of a fixed size.

The recorder keeps what is worth a row; what led to an alarm is wanted as it was, twice a second.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .clock import WRAP_MS
from .messages import BatterySample
from .plausibility import AMBIENT, INTERNAL
from .series import Sample

LEAST_MINUTES: Final = 1
MOST_MINUTES: Final = 60
DEFAULT_MINUTES: Final = 10

# Half the period of a node, so that two samples of a jittery one never share a place
_PLACE_S: Final = 0.25
# A sample that was kept over an outage cannot be newer than the time that has passed since the last live one.
_SLACK_S: Final = 1.0
_HALF_WRAP_MS: Final = WRAP_MS // 2
_CHANNELS: Final = (INTERNAL, AMBIENT)


@dataclass(frozen=True, slots=True)
class Tape:
    """A copy of a black box, in order of time.

    ``times_s`` counts from ``origin``; ``temps_c`` has a row for each of the channels, NaN where there was no reading.
    """

    origin: datetime
    times_s: NDArray[np.float64]
    temps_c: NDArray[np.float32]

    @property
    def begins_at(self) -> datetime:
        """When the oldest sample was measured."""
        return self.origin + timedelta(seconds=float(self.times_s[0]))

    @property
    def ends_at(self) -> datetime:
        """When the newest sample was measured."""
        return self.origin + timedelta(seconds=float(self.times_s[-1]))

    def all_samples(self, channel: str) -> tuple[Sample, ...]:
        """Return everything that ``channel`` read, in seconds from ``begins_at``."""
        return self.samples(channel, self.begins_at, self.ends_at + timedelta(seconds=_PLACE_S))

    def samples(self, channel: str, start: datetime, end: datetime) -> tuple[Sample, ...]:
        """Return what ``channel`` read from ``start`` until before ``end``, in seconds from ``start``, without gaps."""
        row = self.temps_c[[spec.name for spec in _CHANNELS].index(channel)]
        times_s = self.times_s - (start - self.origin).total_seconds()
        wanted = (times_s >= 0) & (times_s < (end - start).total_seconds()) & np.isfinite(row)
        pairs = zip(times_s[wanted].tolist(), row[wanted].tolist(), strict=True)
        return tuple(Sample(time_s, temp_c) for time_s, temp_c in pairs)


class BlackBox:
    """A ring of places of a quarter of a second, on the time line of the node; 3840 bytes for each minute.

    A newer sample takes the place of one that is too old, and silence of the node pushes nothing out. What was not
    believed is a gap.
    """

    def __init__(self, minutes: int = DEFAULT_MINUTES) -> None:
        """Keep the last ``minutes``, 1 to 60."""
        if not LEAST_MINUTES <= minutes <= MOST_MINUTES:
            raise ValueError(f"a black box holds {LEAST_MINUTES} to {MOST_MINUTES} minutes, got {minutes}")
        self.length_s = minutes * 60.0
        places = round(self.length_s / _PLACE_S)
        self._times_s = np.full(places, np.nan)
        self._temps_c = np.full((len(_CHANNELS), places), np.nan, dtype=np.float32)
        self._time_s = 0.0
        self._stamp_ms: int | None = None
        self._heard_s = 0.0
        self._at: datetime | None = None

    @property
    def nbytes(self) -> int:
        """Memory of the readings, the same from the first sample on."""
        return self._times_s.nbytes + self._temps_c.nbytes

    def __len__(self) -> int:
        """Count the samples within the length."""
        return int(np.count_nonzero(self._kept()))

    def add(
        self,
        sample: BatterySample,
        internal_c: float | None,
        ambient_c: float | None,
        *,
        time_s: float,
        now_s: float,
        at: datetime,
    ) -> None:
        """Take a live sample with its believed readings at ``time_s`` of the node; ``at`` is ``now_s`` in UTC."""
        self._time_s, self._stamp_ms, self._heard_s, self._at = time_s, sample.timestamp_ms, now_s, at
        self._put(time_s, internal_c, ambient_c)

    def add_late(self, sample: BatterySample, now_s: float) -> None:
        """Fill a gap with a sample that the node kept over an outage; where there is one already, it stays.

        One from before a reboot has no place on the time line and is left out.
        """
        if self._stamp_ms is None or sample.timestamp_ms is None:
            return
        ahead_ms = (sample.timestamp_ms - self._stamp_ms + _HALF_WRAP_MS) % WRAP_MS - _HALF_WRAP_MS
        ahead_s = ahead_ms / 1000.0
        time_s = self._time_s + ahead_s
        if not -self.length_s < ahead_s <= now_s - self._heard_s + _SLACK_S or self._is_taken(time_s):
            return
        self._put(time_s, *(_in_range(getattr(sample, spec.name), spec.low, spec.high) for spec in _CHANNELS))

    def tape(self) -> Tape | None:
        """Return a copy of what is kept, None for nothing."""
        kept = np.flatnonzero(self._kept())
        if self._at is None or not len(kept):
            return None
        order = kept[np.argsort(self._times_s[kept])]
        return Tape(self._at - timedelta(seconds=self._time_s), self._times_s[order], self._temps_c[:, order])

    def _kept(self) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = self._times_s > self._time_s - self.length_s
        return kept

    def _place(self, time_s: float) -> int:
        return round(time_s / _PLACE_S) % len(self._times_s)

    def _is_taken(self, time_s: float) -> bool:
        return bool(self._times_s[self._place(time_s)] > time_s - self.length_s / 2)

    def _put(self, time_s: float, internal_c: float | None, ambient_c: float | None) -> None:
        place = self._place(time_s)
        self._times_s[place] = time_s
        self._temps_c[0, place] = np.nan if internal_c is None else internal_c
        self._temps_c[1, place] = np.nan if ambient_c is None else ambient_c


def _in_range(reading: float | None, low: float, high: float) -> float | None:
    return reading if reading is not None and low <= reading <= high else None
