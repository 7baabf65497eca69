"""What every model family is to the rest of the package.

A fit that returns something which can judge windows and draw itself as ONNX nodes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from .config import Config
from .graph import Graph
from .windows import HORIZON_S, Float32Array, WindowPool

# (step, steps, loss): epochs of a network, stages of a boosting
Progress = Callable[[int, int, float], None]


class Fitted(Protocol):
    """A trained model, twice: its trainer's own arithmetic, and the same as nodes. Training compares the two."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a reader of the run wants to know, fit for JSON: number of weights, fitted statistics."""

    def logits(self, windows: Float32Array) -> Float32Array:
        """Return float32 (N,), any scale, higher is riskier, for raw degC float32 (N, 60), oldest first, finite."""

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add the same function as nodes; return the name of the float32 (N,) logit."""


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of model.

    ``name`` is what the card calls it, ``summary`` a line for reports. ``horizon_s`` is how far its label looks ahead.
    ``calibrated`` is False for a rule, whose probability is 0.5 where the rule says and nowhere else.
    """

    name: str
    summary: str
    fit: Callable[[WindowPool, Config, Progress], Fitted]
    horizon_s: float = HORIZON_S
    calibrated: bool = True
