"""Recurrent layers of torch as the nodes of ONNX, and the plain network that LSTM and GRU share."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from torch import Tensor, nn

from .features import Standardised
from .graph import Graph
from .neural import Head, Network, array_of
from .windows import Float32Array

# Operator, the place in torch of each gate of ONNX, and the attributes that make both the same function. torch stacks
# the gates of an LSTM as input, forget, cell, output, ONNX as input, output, forget, cell; those of a GRU as reset,
# update, new, and update, reset, new.
GATES: Final[Mapping[type[nn.RNNBase], tuple[str, tuple[int, ...], Mapping[str, Any]]]] = {
    nn.LSTM: ("LSTM", (0, 3, 1, 2), {}),
    nn.GRU: ("GRU", (1, 0, 2), {"linear_before_reset": 1}),
}


def add_recurrent(graph: Graph, layers: nn.RNNBase, steps: str, name: str) -> str:
    """Add all layers of an LSTM or GRU for (T, N, inputs); return the name of the newest state (N, width)."""
    operator, gates, attributes = GATES[type(layers)]
    for index in range(layers.num_layers):
        here = f"{name}{index}"

        def in_order(part: str, index: int = index) -> Float32Array:
            return np.concatenate([np.split(array_of(layers, f"{part}_l{index}"), len(gates))[gate] for gate in gates])

        inputs = graph.weight(f"{here}.inputs", in_order("weight_ih")[None])
        state = graph.weight(f"{here}.state", in_order("weight_hh")[None])
        bias = graph.weight(f"{here}.bias", np.concatenate([in_order("bias_ih"), in_order("bias_hh")])[None])
        last = index == layers.num_layers - 1
        made = graph.add_many(
            operator,
            *(steps, inputs, state, bias),
            outputs=("", f"{here}.newest") if last else (f"{here}.all",),
            hidden_size=layers.hidden_size,
            **attributes,
        )[-1]
        # the axis of the directions, of which there is one
        steps = graph.add("Squeeze", made, graph.integers(f"{here}.axis", 0 if last else 1), name=here)
    return steps


class RecurrentNet(Network):
    """Standardised temperature and change, step by step through LSTM or GRU, and the newest state judged."""

    def __init__(self, scaler: Standardised, layers: nn.RNNBase, hidden: int) -> None:
        """Make an untrained network around untrained layers for (T, N, 2)."""
        super().__init__()
        self.scaler = scaler
        self.layers = layers
        self.head = Head(layers.hidden_size, hidden)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The statistics of the scaler."""
        return self.scaler.facts

    def forward(self, windows: Tensor) -> Tensor:
        """Return logits float32 (N,) for raw windows float32 (N, 60), degC, oldest first, finite."""
        states, _ = self.layers(self.scaler(windows).permute(2, 0, 1))
        logits: Tensor = self.head(states[-1])
        return logits

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add features, layers and head as nodes; return the name of the logit."""
        steps = graph.add("Transpose", self.scaler.add_to(graph, windows), name="steps", perm=[2, 0, 1])
        return self.head.add_to(graph, add_recurrent(graph, self.layers, steps, "layer"))
