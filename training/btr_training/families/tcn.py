"""The network: a small causal convolution pyramid on relative features.

Five causal layers of kernel 3 with dilations 1, 2, 4, 8, 16. Only the newest output is needed, so each layer is
evaluated only where a later one looks: that is a stride of 2 per layer, the same function at a fifth of the work (a
test holds the two forms together). Nothing is fitted to absolute temperature: the features are differences, squeezed
by a soft-sign with fixed scales.
"""

from itertools import pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..config import Config, NetworkConfig
from ..family import Family, Progress
from ..features import CLEANED, add_cleaned, cleaned
from ..graph import Graph
from ..neural import FittedNetwork, Network, array_of, fit_network
from ..windows import WindowPool

LAYERS: Final = 5
KERNEL: Final = 3
FEATURES: Final = 5
# The receptive field of the pyramid is 63.
LEFT_PAD: Final = 2 ** (LAYERS + 1) - 1 - CLEANED
# (lag in samples, scale in K): change over 0.5, 2 and 5 s. The scale is where the soft-sign reaches one half.
LAGS: Final = ((1, 0.5), (4, 1.5), (10, 3.0))
LEVEL_SCALE_K: Final = 6.0
LONGEST_LAG: Final = LAGS[-1][0]


def feature_kernel() -> NDArray[np.float32]:
    """Return float32 (5, 2, 11): filters that make the scaled features of (T - T_start, T - T_last)."""
    kernel = np.zeros((FEATURES, 2, LONGEST_LAG + 1), dtype=np.float32)
    kernel[0, 0, LONGEST_LAG] = kernel[-1, 1, LONGEST_LAG] = 1.0 / LEVEL_SCALE_K
    for row, (lag, scale_k) in enumerate(LAGS, start=1):
        kernel[row, 0, LONGEST_LAG] = 1.0 / scale_k
        kernel[row, 0, LONGEST_LAG - lag] = -1.0 / scale_k
    return kernel


class RiskNet(Network):
    """Raw windows in, logits out."""

    def __init__(self, channels: int = 20, hidden: int = 16) -> None:
        """Make an untrained network with ``channels`` per layer and ``hidden`` units before the output."""
        super().__init__()
        widths = [FEATURES, *[channels] * LAYERS]
        self.layers = nn.ModuleList(nn.Conv1d(width, after, KERNEL, stride=2) for width, after in pairwise(widths))
        self.hidden = nn.Linear(channels, hidden)
        self.output = nn.Linear(hidden, 1)

    def features(self, windows: Tensor) -> Tensor:
        """Return float32 (N, 5, 58) of raw windows (N, 60): clipped, median of 3, relative, squeezed."""
        median = cleaned(windows)
        risen = median - median[:, :1]
        before = nn.functional.pad(risen, (LONGEST_LAG, 0))
        changes = [(risen - before[:, LONGEST_LAG - lag : -lag]) / scale_k for lag, scale_k in LAGS]
        levels = [risen / LEVEL_SCALE_K, (median - median[:, -1:]) / LEVEL_SCALE_K]
        stacked = torch.stack([levels[0], *changes, levels[1]], dim=1)
        return stacked / (1.0 + stacked.abs())

    def forward(self, windows: Tensor) -> Tensor:
        """Return logits float32 (N,) for raw windows float32 (N, 60), degC, oldest first, finite."""
        signal = nn.functional.pad(self.features(windows), (LEFT_PAD, 0)).transpose(1, 2)
        for index, layer in enumerate(self.layers):
            after = _strided(signal, layer)
            if index > 0:
                after = after + signal[:, 2::2]
            signal = torch.relu(after)
        logits: Tensor = self.output(torch.relu(self.hidden(signal[:, -1]))).squeeze(1)
        return logits

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add features, convolutions and head as nodes; return the name of the logit.

        What a layer adds to its output is its own newest input, so it becomes part of the kernel: the same sum.
        """
        signal = _add_features(graph, windows)
        for index in range(LAYERS):
            kernel = array_of(self, f"layers.{index}.weight").copy()
            if index > 0:
                kernel[:, :, -1] += np.eye(len(kernel), dtype=np.float32)
            weight = graph.weight(f"layer{index}.weight", kernel)
            bias = graph.weight(f"layer{index}.bias", array_of(self, f"layers.{index}.bias"))
            pads = [LEFT_PAD if index == 0 else 0, 0]
            after = graph.add(
                "Conv", signal, weight, bias, name=f"layer{index}", kernel_shape=[KERNEL], strides=[2], pads=pads
            )
            signal = graph.add("Relu", after, name=f"layer{index}.out")
        state = graph.add("Squeeze", signal, graph.integers("time_axis", 2), name="newest_state")
        for name, activation in (("hidden", "Relu"), ("output", None)):
            weight = graph.weight(f"{name}.weight", array_of(self, f"{name}.weight"))
            bias = graph.weight(f"{name}.bias", array_of(self, f"{name}.bias"))
            state = graph.add("Gemm", state, weight, bias, name=name, transB=1)
            if activation:
                state = graph.add(activation, state, name=f"{name}.out")
        return graph.add("Squeeze", state, graph.integers("last_axis", 1), name="logit")


def _add_features(graph: Graph, windows: str) -> str:
    """Add clipping, median of three, relative features and soft-sign; return the name of (N, 5, 58)."""
    median = add_cleaned(graph, windows)
    median = graph.add("Unsqueeze", median, graph.integers("channel_axis", 1), name="median.channel")
    risen = graph.add("Sub", median, graph.cut(median, "oldest", 2, 0, 1), name="risen")
    ahead = graph.add("Sub", median, graph.cut(median, "newest", 2, CLEANED - 1, CLEANED), name="to_newest")
    levels = graph.add("Concat", risen, ahead, name="levels", axis=1)
    kernel = graph.weight("feature_kernel", feature_kernel())
    stacked = graph.add("Conv", levels, kernel, name="stacked", kernel_shape=[LONGEST_LAG + 1], pads=[LONGEST_LAG, 0])
    return graph.add("Softsign", stacked, name="features")


def _strided(signal: Tensor, layer: nn.Module) -> Tensor:
    """Return the convolution of (N, L, C) with kernel 3 and stride 2, as a matrix product: a third faster."""
    taps = torch.cat([signal[:, :-2:2], signal[:, 1:-1:2], signal[:, 2::2]], dim=2)
    weight, bias = layer.get_parameter("weight"), layer.get_parameter("bias")
    return taps @ weight.permute(2, 1, 0).reshape(-1, weight.shape[0]) + bias


def _fit(pool: WindowPool, config: Config, progress: Progress) -> FittedNetwork:
    return fit_network(_make, pool, config, progress)


def _make(config: NetworkConfig, _pool: WindowPool) -> RiskNet:
    return RiskNet(config.width, config.hidden)


FAMILY: Final = Family("tcn", "causal convolution pyramid on relative features", _fit)
