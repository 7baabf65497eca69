"""What happened in a runaway recording, and what an alarm is worth.

Times are seconds from the recording's first grid point. Heating is the first 3 s at 2 K above the start; onset the
first rate of 1 degC/s over 2 s that is held for 3 s (GB 38031); ``peak_s`` the steepest 2 s below 400 degC, after
which nothing is early.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from .data import INTERVAL_S
from .windows import BROKEN_ABOVE_C, Float32Array

HEATING_K: Final = 2.0
HEATING_HELD: Final = 6
ONSET_C_PER_S: Final = 1.0
ONSET_HELD: Final = 6
RATE_SAMPLES: Final = 4
EARLY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Event:
    """Landmarks of one runaway in s from the start of the trace; None when it never got there."""

    heating_s: float
    onset_s: float | None
    at_60_s: float | None
    at_80_s: float | None
    peak_s: float
    end_s: float

    def counts_as_raised(self, alarm_s: float) -> bool:
        """Return whether an alarm belongs to this event: from 60 s before the heating to the end of the recording."""
        return self.heating_s - EARLY_S <= alarm_s <= self.end_s


def find_event(clean_c: Float32Array) -> Event | None:
    """Return the event in a clean temperature on the 0.5 s grid, None when it never rises."""
    start_c = float(np.median(clean_c[: RATE_SAMPLES + 1]))
    heating = _first_held(clean_c >= start_c + HEATING_K, HEATING_HELD)
    if heating is None:
        return None
    rate = np.zeros(len(clean_c))
    rate[RATE_SAMPLES:] = (clean_c[RATE_SAMPLES:] - clean_c[:-RATE_SAMPLES]) / (RATE_SAMPLES * INTERVAL_S)
    sane = np.where(clean_c < BROKEN_ABOVE_C, rate, -np.inf)
    onset = _first_held(rate >= ONSET_C_PER_S, ONSET_HELD)
    limits = [_first_held(clean_c >= limit_c, 1) for limit_c in (60.0, 80.0)]
    times = [None if index is None else index * INTERVAL_S for index in (onset, *limits)]
    peak_s = float(np.argmax(sane)) * INTERVAL_S
    return Event(heating * INTERVAL_S, times[0], times[1], times[2], peak_s, (len(clean_c) - 1) * INTERVAL_S)


def _first_held(flags: np.ndarray[tuple[int], np.dtype[np.bool_]], samples: int) -> int | None:
    """Return the index at which the first run of ``samples`` true values begins."""
    if len(flags) < samples:
        return None
    held = np.lib.stride_tricks.sliding_window_view(flags, samples).all(axis=1)
    return int(np.argmax(held)) if held.any() else None
