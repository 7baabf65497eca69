"""The simplest rule in the form of a model: too hot is too hot, once three samples in a row say so."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ..config import Config
from ..family import Family, Progress
from ..graph import Graph
from ..windows import LENGTH, Float32Array, WindowPool

LIMIT_C: Final = 60.0
SAMPLES: Final = 3


class LimitRule:
    """Degrees above the limit of the coolest of the last three samples."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """The limit and how many samples must reach it."""
        return {"limit_c": LIMIT_C, "samples": SAMPLES}

    def logits(self, windows: Float32Array) -> Float32Array:
        """Return the logits float32 (N,) of raw windows float32 (N, 60)."""
        logits: Float32Array = windows[:, -SAMPLES:].min(axis=1) - np.float32(LIMIT_C)
        return logits

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add the rule as nodes."""
        latest = graph.cut(windows, "latest", 1, LENGTH - SAMPLES, LENGTH)
        coolest = graph.add("ReduceMin", latest, name="coolest", axes=[1], keepdims=0)
        return graph.add("Sub", coolest, graph.scalar("limit_c", LIMIT_C), name="logit")


def _fit(_pool: WindowPool, _config: Config, _progress: Progress) -> LimitRule:
    return LimitRule()


FAMILY: Final = Family("limit_rule", "60 degC, reached by three samples in a row", _fit, calibrated=False)
