"""A second model that looks at the same battery and has no say: what it would have said, and how often it differs.

Two models are compared window by window, each at the alarm threshold of its own card. Their grids need not be the
same: windows that end within half an interval of each other are the same moment.
"""

from collections import Counter, deque
from collections.abc import Sequence
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .alarm import Estimate
from .risk.card import ModelCard
from .state import ShadowState

_FRESH_S: Final = 5.0
# Windows that wait for the other model's answer: what a model may be behind without a window lost to the comparison.
_MOST_WAITING: Final = 64


class _Verdict:
    """One window at the alarm threshold of its model."""

    __slots__ = ("channel", "is_over", "time_s")

    def __init__(self, estimate: Estimate, card: ModelCard) -> None:
        self.channel, self.time_s = estimate.channel, estimate.time_s
        self.is_over = estimate.probability >= card.alarm.threshold


class Shadow:
    """Takes the answers of both models for one battery; nothing that it holds reaches the alarm."""

    def __init__(self, card: ModelCard, active: ModelCard | None) -> None:
        """Start with nothing compared; without an ``active`` card only the risk is followed."""
        self.state = ShadowState()
        self._card = card
        self._estimates: list[Estimate] = []
        self._risks: dict[str, tuple[float, float]] = {}
        self._counts = Counter[str]()
        self.compare_to(active)

    def compare_to(self, active: ModelCard | None) -> None:
        """Go on beside another active model; what was counted stays."""
        self._active = active
        self._said_by_shadow: deque[_Verdict] = deque(maxlen=_MOST_WAITING)
        self._said_by_active: deque[_Verdict] = deque(maxlen=_MOST_WAITING)
        intervals = [card.interval_s for card in (self._card, active) if card is not None]
        self._same_moment_s = max(intervals) / 2

    def apply(
        self, channel: str, times_s: Sequence[float] | NDArray[np.float64], probabilities: NDArray[np.float32]
    ) -> None:
        """Take the shadow's own answers; they count at the next :meth:`update`, those that are not finite never."""
        for time_s, probability in zip(times_s, probabilities, strict=True):
            if isfinite(probability):
                self._estimates.append(Estimate(channel, float(time_s), float(probability)))
        del self._estimates[:-_MOST_WAITING]

    def heard(self, estimate: Estimate) -> None:
        """Take one answer of the active model."""
        if self._active is None:
            return
        active = _Verdict(estimate, self._active)
        shadow = self._partner(active, self._said_by_active, self._said_by_shadow)
        if shadow is not None:
            self._count(shadow, active)

    def update(self, now_s: float) -> bool:
        """Step to ``now_s`` (monotone seconds); True when :attr:`state` is another one."""
        estimates, self._estimates = self._estimates, []
        for estimate in estimates:
            self._risks[estimate.channel] = (now_s, estimate.probability)
            shadow = _Verdict(estimate, self._card)
            active = self._partner(shadow, self._said_by_shadow, self._said_by_active)
            if active is not None:
                self._count(shadow, active)
        self._risks = {name: risk for name, risk in self._risks.items() if now_s - risk[0] <= _FRESH_S}
        risk = max((risk for _, risk in self._risks.values()), default=None)
        state = ShadowState(risk, **self._counts)
        if state == self.state:
            return False
        self.state = state
        return True

    def _partner(self, verdict: _Verdict, own: deque[_Verdict], others: deque[_Verdict]) -> _Verdict | None:
        """Return what the other model said of the same moment; None, and remember ours, while it has said nothing."""
        for other in others:
            if other.channel == verdict.channel and abs(other.time_s - verdict.time_s) <= self._same_moment_s:
                others.remove(other)
                return other
        own.append(verdict)
        return None

    def _count(self, shadow: _Verdict, active: _Verdict) -> None:
        self._counts["compared"] += 1
        if shadow.is_over is not active.is_over:
            self._counts["alone" if shadow.is_over else "missed"] += 1
