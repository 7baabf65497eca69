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
        """Number of trained weights."""
        return {"weights": weight_count(self.net)}

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
