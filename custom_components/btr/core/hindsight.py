"""What a model and the alarm policy make of a whole series, as they would have window by window.

No rule of its own: windows come from `window.py`, k of n and hysteresis from `alarm.py`, both as they run live. Only
hard rules, gas and the node's own grade are left out, since a series of temperatures does not hold them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .alarm import AlarmPolicy, AlarmSettings, Estimate
from .errors import SeriesError
from .messages import Level
from .risk.card import ModelCard, Vote
from .risk.engine import RiskEngine
from .series import Sample
from .window import DEFAULT_MAX_GAP_S, GridWindow

_CHANNEL: Final = "temp_internal_c"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_BATCH: Final = 1024
# Two hours of a model for 2 Hz; with its windows of 60 values not 4 MB.
_MOST_WINDOWS: Final = 14_400
_MOST_VALUES: Final = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Hindsight:
    """The answers over a series, oldest first, and the levels that they justify.

    ``times_s`` float64 ``[p]`` are the ends of the windows in seconds from the start of the series, ``probabilities``
    float32 ``[p]`` in 0..1, ``p`` at least 1. ``level`` holds after the last window, ``highest_level`` was the most
    severe one, first reached at ``highest_level_s``. ``vote`` is what decided on ``level``: for NORMAL, what a warning
    would need.
    """

    times_s: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    level: Level
    highest_level: Level
    highest_level_s: float
    vote: Vote

    def peaks(self, most: int) -> list[tuple[float, float]]:
        """Return at most ``most`` of (time in s, probability), evenly spread: the highest of each stretch."""
        stretch = -(-len(self.times_s) // most)
        starts = range(0, len(self.times_s), stretch)
        highest = [start + int(self.probabilities[start : start + stretch].argmax()) for start in starts]
        return [(float(self.times_s[at]), float(self.probabilities[at])) for at in highest]


def longest_s(card: ModelCard) -> float:
    """Return how many seconds one call may look back with the model of ``card``, for the sake of memory."""
    return min(_MOST_WINDOWS, _MOST_VALUES // card.sequence_length) * card.interval_s


def look_back(samples: Iterable[Sample], engine: RiskEngine) -> Hindsight:
    """Return what ``engine`` and its card say of every window of ``samples``; of the newest :func:`longest_s` at most.

    May take seconds: call it in an executor.

    Raises:
        SeriesError: there is no stretch without a longer gap that fills one window.
        EngineError: the engine has no usable answer.
    """
    card = engine.card
    times_s, windows = _windows(samples, card)
    batches = [engine.predict(windows[at : at + _BATCH]) for at in range(0, len(windows), _BATCH)]
    risks = np.concatenate(batches)
    levels = _levels(card, times_s, risks)
    highest = max(levels)
    return Hindsight(
        times_s=times_s,
        probabilities=risks,
        level=levels[-1],
        highest_level=highest,
        highest_level_s=float(times_s[levels.index(highest)]),
        vote=card.alarm if levels[-1] is Level.DANGER else card.warning,
    )


def _windows(samples: Iterable[Sample], card: ModelCard) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    gap_s = max(DEFAULT_MAX_GAP_S, card.interval_s)
    window = GridWindow(card.sequence_length, card.interval_s, round(longest_s(card) / card.interval_s) + 1, gap_s)
    for time_s, temp_c in samples:
        window.add(time_s, temp_c)
    times_s, windows = window.take()
    if not len(times_s):
        raise SeriesError(
            "series_too_short",
            samples=str(card.sequence_length),
            interval=f"{card.interval_s:g}",
            seconds=f"{(card.sequence_length - 1) * card.interval_s:g}",
            gap=f"{gap_s:g}",
        )
    return times_s, windows


def _levels(card: ModelCard, times_s: NDArray[np.float64], risks: NDArray[np.float32]) -> list[Level]:
    policy = AlarmPolicy(AlarmSettings(), card)
    return [
        policy.update(time_s, _EPOCH, (), (Estimate(_CHANNEL, time_s, risk),)).level
        for time_s, risk in zip(times_s.tolist(), risks.tolist(), strict=True)
    ]
