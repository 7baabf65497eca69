"""The rate rule in the form of a model, for comparing and for standing in where no model runs.

Its probability is 0.5 exactly at the rule: a rise of 0.5 degC/s over two seconds, held for three seconds. The hard
rules of the assessment do not go through it; they need no window.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from .card import Clear, ModelCard, Vote
from .engine import check_windows

RATE_LIMIT_C_PER_S: Final = 0.5
HOLD_S: Final = 3.0
_SPAN_S: Final = 2.0

RULE_CARD: Final = ModelCard(
    name="rate rule",
    version="1",
    family="rule",
    sequence_length=60,
    interval_s=0.5,
    horizon_s=20.0,
    alarm=Vote(threshold=0.5, k=1, n=1),
    warning=Vote(threshold=0.5, k=1, n=1),
    clear=Clear(threshold=0.25, hold_s=10.0),
    input_range_c=(-50.0, 200.0),
    sha256="0" * 64,
    training_data_sha256="0" * 64,
    training_data_description="none: the rule has nothing to learn",
)


class RuleEngine:
    """The least 2-s rate of the last 3 s as a probability: 0 at rest, 0.5 at 0.5 degC/s, 1 at 1 degC/s and above."""

    name = "rules"

    def __init__(self, card: ModelCard = RULE_CARD) -> None:
        """Take length and interval of the windows from ``card``; raise ValueError when they hold less than 5 s."""
        self.card = card
        self._span = max(1, round(_SPAN_S / card.interval_s))
        self._rates = round(HOLD_S / card.interval_s) + 1
        if self._span + self._rates > card.sequence_length:
            raise ValueError(f"the rate rule needs {_SPAN_S + HOLD_S:g} s, a window of {card.name} is shorter")

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities float32 ``[N]`` of windows float32 ``[N, T]``; see :class:`~.engine.RiskEngine`."""
        check_windows(windows, self.card)
        rise = windows[:, -self._rates :] - windows[:, -self._rates - self._span : -self._span]
        least_c_per_s = rise.min(axis=1, initial=np.inf) / (self._span * self.card.interval_s)
        risk: NDArray[np.float32] = np.clip(least_c_per_s / (2 * RATE_LIMIT_C_PER_S), 0.0, 1.0).astype(np.float32)
        return risk
