"""The rate rule of GB 38031 in the form of a model: what every trained model has to be worth more than."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from btr_core.risk.rule_engine import HOLD_S, RATE_LIMIT_C_PER_S

from ..config import Config
from ..data import INTERVAL_S
from ..family import Family, Progress
from ..graph import Graph
from ..windows import LENGTH, Float32Array, WindowPool

SPAN: Final = round(2.0 / INTERVAL_S)
RATES: Final = round(HOLD_S / INTERVAL_S) + 1
LEAST_RISE_K: Final = RATE_LIMIT_C_PER_S * SPAN * INTERVAL_S
# A sigmoid rises by a quarter of its argument: near the limit the probability is the rate in degC/s.
LOGIT_PER_K: Final = 4.0 * RATE_LIMIT_C_PER_S / LEAST_RISE_K


class RateRule:
    """Zero or more exactly where the 2-s rates of the last 3 s are all at least 0.5 degC/s."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """The limit and how long it must hold."""
        return {"limit_c_per_s": RATE_LIMIT_C_PER_S, "hold_s": HOLD_S}

    def logits(self, windows: Float32Array) -> Float32Array:
        """Return the logits float32 (N,) of raw windows float32 (N, 60)."""
        rise = windows[:, -RATES:] - windows[:, -RATES - SPAN : -SPAN]
        logits: Float32Array = (rise.min(axis=1) - np.float32(LEAST_RISE_K)) * np.float32(LOGIT_PER_K)
        return logits

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add the rule as nodes."""
        late = graph.cut(windows, "late", 1, LENGTH - RATES, LENGTH)
        early = graph.cut(windows, "early", 1, LENGTH - RATES - SPAN, LENGTH - SPAN)
        rise = graph.add("Sub", late, early, name="rise")
        least = graph.add("ReduceMin", rise, name="least_rise", axes=[1], keepdims=0)
        beyond = graph.add("Sub", least, graph.scalar("least_rise_k", LEAST_RISE_K), name="beyond")
        return graph.add("Mul", beyond, graph.scalar("logit_per_k", LOGIT_PER_K), name="logit")


def _fit(_pool: WindowPool, _config: Config, _progress: Progress) -> RateRule:
    return RateRule()


FAMILY: Final = Family("rate_rule", "0.5 degC/s over 2 s, held for 3 s", _fit, calibrated=False)
