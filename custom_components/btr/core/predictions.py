"""What the models say of one battery: the newest probability of each channel, how long they have been calm, the shadow.

Whether that makes a level is decided elsewhere.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .alarm import Estimate
from .messages import Level
from .risk.card import ModelCard
from .shadow import Shadow

_FRESH_S: Final = 5.0
_MOST_WAITING: Final = 64


class Predictions:
    """Keeps the answers of the model that counts, and hands them to the one in its shadow.

    Attributes:
        card: the model that counts, None for the rules alone.
        shadow: a second model without any say, None for none.
        risks: newest probability 0..1 by channel, as long as it is fresh.
    """

    def __init__(self, card: ModelCard | None) -> None:
        """Start without an answer."""
        self.card = card
        self.shadow: Shadow | None = None
        self.risks: dict[str, float] = {}
        self._heard_s: dict[str, float] = {}
        self._waiting: list[Estimate] = []
        self._from_s = float("-inf")
        self._calm_since_s: float | None = None
        self._telling: frozenset[str] = frozenset()

    @property
    def risk(self) -> float | None:
        """The largest probability, None while there is none."""
        return max(self.risks.values(), default=None)

    def use_card(self, card: ModelCard | None, from_s: float) -> None:
        """Go on with another model; windows that end until ``from_s`` were judged by the one before."""
        self.card = card
        self._from_s = from_s
        if self.shadow is not None:
            self.shadow.compare_to(card)
        self.risks.clear()
        self._heard_s.clear()
        self._waiting.clear()
        self._calm_since_s = None

    def use_shadow(self, card: ModelCard | None) -> None:
        """Let a second model watch, None for none; what it counted starts again."""
        self.shadow = None if card is None else Shadow(card, self.card)

    def add(
        self, channel: str, times_s: Sequence[float] | NDArray[np.float64], probabilities: NDArray[np.float32]
    ) -> None:
        """Take answers, each with the end of its window on the device's time line; see :meth:`take`."""
        for time_s, probability in zip(times_s, probabilities, strict=True):
            risk = float(probability)
            if time_s > self._from_s and isfinite(risk):
                self._waiting.append(Estimate(channel, float(time_s), risk))
        del self._waiting[:-_MOST_WAITING]

    def take(self, now_s: float) -> list[Estimate]:
        """Return what was added since the last call, in order; it is the newest now."""
        taken, self._waiting = self._waiting, []
        for estimate in taken:
            self.risks[estimate.channel] = estimate.probability
            self._heard_s[estimate.channel] = now_s
            if self.shadow is not None:
                self.shadow.heard(estimate)
        return taken

    def follow(self, now_s: float, level: Level, telling: frozenset[str], warning: float) -> bool:
        """Take the level that the model justifies and the channels that speak at ``now_s``; True if an answer expired.

        ``telling`` are the channels that an original node counts and that say something about a cell; from the
        probability ``warning`` on, not even a single answer is calm.
        """
        expired = [channel for channel, heard_s in self._heard_s.items() if now_s - heard_s > _FRESH_S]
        for channel in expired:
            del self._heard_s[channel], self.risks[channel]
        before, self._telling = self._telling, telling
        if not telling <= before:
            # Something new speaks: our own rules get the time to confirm it before anything is called normal.
            self._calm_since_s = None
        risk = self.risk
        if self.card is None or level is not Level.NORMAL or risk is None or risk >= warning:
            self._calm_since_s = None
        elif self._calm_since_s is None:
            self._calm_since_s = now_s
        return bool(expired)

    def calm_s(self, now_s: float) -> float:
        """For how long the model has said NORMAL without a break; 0 when it does not."""
        return now_s - self._calm_since_s if self._calm_since_s is not None else 0.0
