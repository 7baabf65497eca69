"""Convolutions before an LSTM, after the second of the original programs.

Two convolutions with stride 2 turn 57 samples of standardised temperature and its change into 13 steps of learned
shapes, the newest sample in the last of them; the LSTM then has a quarter of the steps to remember over. It sees
absolute temperature, standardised, as the ``lstm`` does, with the same caution.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import torch
from torch import Tensor, nn

from ..config import Config, NetworkConfig
from ..family import Family, Progress
from ..features import CHANNELS, Standardised
from ..graph import Graph
from ..neural import FittedNetwork, Head, Network, array_of, fit_network
from ..recurrent import add_recurrent
from ..windows import WindowPool

# 57 samples become 27 and then 13 without a rest, so the newest is never cut off.
KERNELS: Final = (5, 3)
STRIDE: Final = 2


class ConvolvedLstm(Network):
    """Raw windows in, logits out."""

    def __init__(self, scaler: Standardised, config: NetworkConfig) -> None:
        """Make an untrained network with ``width`` channels, and as many units in the LSTM."""
        super().__init__()
        widths = [CHANNELS, *[config.width] * len(KERNELS)]
        self.scaler = scaler
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, kernel, stride=STRIDE)
            for (before, after), kernel in zip(pairwise(widths), KERNELS, strict=True)
        )
        self.layers = nn.LSTM(config.width, config.width, config.layers)
        self.head = Head(config.width, config.hidden)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The statistics of the scaler."""
        return self.scaler.facts

    def forward(self, windows: Tensor) -> Tensor:
        """Return logits float32 (N,) for raw windows float32 (N, 60), degC, oldest first, finite."""
        signal = self.scaler(windows)
        for convolution in self.convolutions:
            signal = torch.relu(convolution(signal))
        states, _ = self.layers(signal.permute(2, 0, 1))
        logits: Tensor = self.head(states[-1])
        return logits

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add features, convolutions, LSTM and head as nodes; return the name of the logit."""
        signal = self.scaler.add_to(graph, windows)
        for index, kernel in enumerate(KERNELS):
            name = f"convolution{index}"
            weight = graph.weight(f"{name}.weight", array_of(self, f"convolutions.{index}.weight"))
            bias = graph.weight(f"{name}.bias", array_of(self, f"convolutions.{index}.bias"))
            signal = graph.add("Conv", signal, weight, bias, name=name, kernel_shape=[kernel], strides=[STRIDE])
            signal = graph.add("Relu", signal, name=f"{name}.out")
        steps = graph.add("Transpose", signal, name="steps", perm=[2, 0, 1])
        return self.head.add_to(graph, add_recurrent(graph, self.layers, steps, "layer"))


def _fit(pool: WindowPool, config: Config, progress: Progress) -> FittedNetwork:
    return fit_network(_make, pool, config, progress)


def _make(config: NetworkConfig, pool: WindowPool) -> ConvolvedLstm:
    return ConvolvedLstm(Standardised(pool), config)


FAMILY: Final = Family("cnn_lstm", "two convolutions, then an LSTM, on standardised temperature and its change", _fit)
