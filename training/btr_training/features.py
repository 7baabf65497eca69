"""What networks make of raw windows before their first layer, in torch and as nodes.

:func:`cleaned` is common to all of them. :class:`Standardised` is what recurrent networks and attention see: the
temperature itself and its change per sample, each less its mean, over its deviation, and squeezed by a soft-sign, so
that no single sample outshouts the others.
"""

from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from .data import HIGHEST_C, LOWEST_C
from .graph import Graph
from .windows import LENGTH, WindowPool

# Two samples go into the first median of three, and one more into the first change.
CLEANED: Final = LENGTH - 2
STEPS: Final = CLEANED - 1
CHANNELS: Final = 2
# Below this deviation a channel of the pool is constant, and dividing by it would only make noise loud.
LEAST_SCALE_K: Final = 0.01
FIT_BATCH: Final = 8192


def cleaned(windows: Tensor) -> Tensor:
    """Return float32 (N, 58) of raw windows (N, 60): clipped to what is plausible, each the median of three."""
    clipped = windows.clamp(LOWEST_C, HIGHEST_C)
    first, second, third = clipped[:, :-2], clipped[:, 1:-1], clipped[:, 2:]
    return torch.maximum(torch.minimum(first, second), torch.minimum(torch.maximum(first, second), third))


def add_cleaned(graph: Graph, windows: str) -> str:
    """Add :func:`cleaned` as nodes; return the name of (N, 58)."""
    clipped = graph.add(
        "Clip", windows, graph.scalar("lowest_c", LOWEST_C), graph.scalar("highest_c", HIGHEST_C), name="clipped"
    )
    first, second, third = (graph.cut(clipped, f"sample{shift}", 1, shift, shift + CLEANED) for shift in range(3))
    low = graph.add("Min", first, second, name="lower")
    high = graph.add("Min", graph.add("Max", first, second, name="higher"), third, name="middle")
    return graph.add("Max", low, high, name="median")


class Standardised(nn.Module):
    """Temperature and its change per sample, standardised by the windows of one pool and by nothing else."""

    mean: Tensor
    scale: Tensor

    def __init__(self, pool: WindowPool) -> None:
        """Measure mean and deviation of both channels over the windows of the pool, which are for training."""
        super().__init__()
        total, squares = np.zeros(CHANNELS), np.zeros(CHANNELS)
        for row in range(0, len(pool), FIT_BATCH):
            windows = pool.flat[pool.starts[row : row + FIT_BATCH, None] + np.arange(LENGTH)]
            values = _channels(torch.from_numpy(windows)).numpy().astype(np.float64)
            total += values.sum(axis=(0, 2))
            squares += np.square(values).sum(axis=(0, 2))
        count = max(1, len(pool) * STEPS)
        mean = total / count
        deviation = np.sqrt(np.maximum(squares / count - np.square(mean), 0.0))
        self.register_buffer("mean", torch.tensor(mean, dtype=torch.float32))
        self.register_buffer("scale", torch.tensor(np.maximum(deviation, LEAST_SCALE_K), dtype=torch.float32))

    @property
    def facts(self) -> dict[str, Any]:
        """The statistics: of the temperature in degC, of its change in K per sample."""
        return {"scaler": {"mean": self.mean.tolist(), "scale": self.scale.tolist()}}

    def forward(self, windows: Tensor) -> Tensor:
        """Return float32 (N, 2, 57), within -1..1, of raw windows (N, 60)."""
        values = (_channels(windows) - self.mean[:, None]) / self.scale[:, None]
        return nn.functional.softsign(values)

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add the same as nodes; return the name of (N, 2, 57)."""
        median = add_cleaned(graph, windows)
        median = graph.add("Unsqueeze", median, graph.integers("channel_axis", 1), name="median.channel")
        level = graph.cut(median, "level", 2, 1, CLEANED)
        change = graph.add("Sub", level, graph.cut(median, "level.before", 2, 0, STEPS), name="change")
        both = graph.add("Concat", level, change, name="channels", axis=1)
        mean = graph.weight("scaler.mean", self.mean.numpy()[:, None])
        scale = graph.weight("scaler.scale", self.scale.numpy()[:, None])
        both = graph.add("Div", graph.add("Sub", both, mean, name="centred"), scale, name="standardised")
        return graph.add("Softsign", both, name="features")


def _channels(windows: Tensor) -> Tensor:
    """Return float32 (N, 2, 57): temperature in degC and its change in K per sample."""
    median = cleaned(windows)
    return torch.stack([median[:, 1:], median[:, 1:] - median[:, :-1]], dim=1)
