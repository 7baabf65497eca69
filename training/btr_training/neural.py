"""What all networks share: made from a configuration, trained by ``train``, judged and drawn like every family."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from .config import Config, NetworkConfig
from .family import Progress
from .graph import Graph
from .train import fit
from .windows import Float32Array, WindowPool

BATCH = 4096


class Network(nn.Module):
    """Raw windows float32 (N, 60) in degC, oldest first, finite, in; logits float32 (N,) out."""

    def forward(self, windows: Tensor) -> Tensor:
        """Return the logits."""
        raise NotImplementedError

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the network fitted to its pool before its training, fit for JSON."""
        return {}

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add the trained network as nodes; return the name of the logit."""
        raise NotImplementedError


# An untrained network; whatever it fits to data (a scaler) it fits to the pool, which holds training windows only.
Make = Callable[[NetworkConfig, WindowPool], Network]


class FittedNetwork:
    """A trained network as a member of its family."""

    def __init__(self, net: Network) -> None:
        """Keep the network, which must be in evaluation mode."""
        self.net = net

    @property
    def facts(self) -> Mapping[str, Any]:
        """Number of trained weights, and what the network says of itself."""
        return {"weights": weight_count(self.net), **self.net.facts}

    def logits(self, windows: Float32Array) -> Float32Array:
        """Return the logits float32 (N,) of raw windows float32 (N, 60)."""
        with torch.inference_mode():
            rows = range(0, len(windows), BATCH)
            parts = [self.net(torch.from_numpy(windows[row : row + BATCH])) for row in rows]
        answer: Float32Array = torch.cat(parts).numpy()
        return answer

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add the network as nodes."""
        return self.net.add_to(graph, windows)


class Head(nn.Module):
    """The end of a network: a dense layer with ReLU, and one output."""

    def __init__(self, width: int, hidden: int) -> None:
        """Make it untrained, for states of ``width``."""
        super().__init__()
        self.hidden = nn.Linear(width, hidden)
        self.output = nn.Linear(hidden, 1)

    def forward(self, state: Tensor) -> Tensor:
        """Return logits (N,) of states (N, width)."""
        logits: Tensor = self.output(torch.relu(self.hidden(state))).squeeze(1)
        return logits

    def add_to(self, graph: Graph, state: str) -> str:
        """Add the same as nodes; return the name of the logit."""
        hidden = graph.add("Relu", add_dense(graph, self, "hidden", state), name="hidden.out")
        output = add_dense(graph, self, "output", hidden)
        return graph.add("Squeeze", output, graph.integers("last_axis", 1), name="logit")


def add_dense(graph: Graph, net: nn.Module, name: str, rows: str) -> str:
    """Add the linear layer ``name`` of the network for (N, inputs); return the name of (N, outputs)."""
    weight = graph.weight(f"{name}.weight", array_of(net, f"{name}.weight"))
    bias = graph.weight(f"{name}.bias", array_of(net, f"{name}.bias"))
    return graph.add("Gemm", rows, weight, bias, name=name, transB=1)


def fit_network(make: Make, pool: WindowPool, config: Config, progress: Progress) -> FittedNetwork:
    """Return a network trained on the pool; the same one for one seed and thread count."""
    torch.manual_seed(config.train.seed)
    net = make(config.network, pool)
    fit(net, pool, config.train, progress)
    return FittedNetwork(net.eval())


def array_of(net: nn.Module, name: str) -> Float32Array:
    """Return a parameter or buffer of the network as float32, for its node."""
    tensor = net.state_dict()[name]
    array: Float32Array = tensor.detach().numpy().astype("float32")
    return array


def weight_count(net: nn.Module) -> int:
    """Return the number of trained weights."""
    return sum(parameter.numel() for parameter in net.parameters())
