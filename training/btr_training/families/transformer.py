"""Transformer encoder over patches of three samples, after the third of the original programs.

The 57 samples of standardised temperature and its change become 19 tokens of 1.5 s, with a learned place each. Every
block normalises first (pre-norm), lets tokens look at each other, then thinks about each alone. Only the newest token
is judged, so the last block computes that one alone: the same answer for half of the work. It sees absolute
temperature, standardised, as the ``lstm`` does, with the same caution.
"""

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor, nn

from ..config import Config, NetworkConfig
from ..errors import ConfigError
from ..family import Family, Progress
from ..features import CHANNELS, STEPS, Standardised
from ..graph import Graph
from ..neural import FittedNetwork, Head, Network, array_of, fit_network
from ..windows import WindowPool

PATCH: Final = 3
TOKENS: Final = STEPS // PATCH
WIDENING: Final = 2
PLACE_DEVIATION: Final = 0.02


class Block(nn.Module):
    """Attention and a dense layer, each added to what it was given, for the newest ``queries`` tokens."""

    def __init__(self, width: int, heads: int, queries: int) -> None:
        """Make it untrained."""
        super().__init__()
        self.heads, self.queries = heads, queries
        self.scale = (width // heads) ** -0.5
        self.norm_attention, self.norm_dense = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.mixed = nn.Linear(width, width)
        self.wide, self.narrow = nn.Linear(width, WIDENING * width), nn.Linear(WIDENING * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return (N, queries, width) of tokens (N, T, width)."""
        normed = self.norm_attention(tokens)
        query = self._split(self.query(normed[:, -self.queries :]) * self.scale)
        key, value = self._split(self.key(normed)), self._split(self.value(normed))
        seen = torch.softmax(query @ key.transpose(2, 3), dim=3) @ value
        tokens = tokens[:, -self.queries :] + self.mixed(seen.transpose(1, 2).flatten(2))
        dense: Tensor = self.narrow(torch.relu(self.wide(self.norm_dense(tokens))))
        return tokens + dense

    def _split(self, tokens: Tensor) -> Tensor:
        """Return (N, heads, T, width of a head)."""
        count, width = tokens.shape[1:]
        return tokens.view(-1, count, self.heads, width // self.heads).transpose(1, 2)

    def add_to(self, graph: Graph, tokens: str, name: str) -> str:
        """Add the same as nodes under names that begin with ``name``; return the name of (N, queries, width)."""
        width = self.query.in_features
        normed = self._add_norm(graph, "norm_attention", tokens, name)
        newest = self._add_newest(graph, normed, f"{name}.asking")
        query = self._add_linear(graph, "query", newest, name)
        query = graph.add("Mul", query, graph.scalar(f"{name}.scale", self.scale), name=f"{name}.query.scaled")
        query = self._add_split(graph, query, f"{name}.query.heads", self.queries)
        key = self._add_linear(graph, "key", normed, name)
        key = self._add_split(graph, key, f"{name}.key.heads", TOKENS, turned=True)
        value = self._add_linear(graph, "value", normed, name)
        value = self._add_split(graph, value, f"{name}.value.heads", TOKENS)
        likeness = graph.add("MatMul", query, key, name=f"{name}.likeness")
        attention = graph.add("Softmax", likeness, name=f"{name}.attention", axis=3)
        seen = graph.add("MatMul", attention, value, name=f"{name}.seen")
        seen = graph.add("Transpose", seen, name=f"{name}.seen.tokens", perm=[0, 2, 1, 3])
        joined = graph.integers(f"{name}.seen.shape", 0, self.queries, width)
        seen = graph.add("Reshape", seen, joined, name=f"{name}.seen.joined")
        mixed = self._add_linear(graph, "mixed", seen, name)
        tokens = graph.add("Add", self._add_newest(graph, tokens, f"{name}.kept"), mixed, name=f"{name}.attended")
        normed = self._add_norm(graph, "norm_dense", tokens, name)
        wide = graph.add("Relu", self._add_linear(graph, "wide", normed, name), name=f"{name}.wide.out")
        return graph.add("Add", tokens, self._add_linear(graph, "narrow", wide, name), name=f"{name}.out")

    def _add_newest(self, graph: Graph, tokens: str, name: str) -> str:
        return tokens if self.queries == TOKENS else graph.cut(tokens, name, 1, TOKENS - self.queries, TOKENS)

    def _add_split(self, graph: Graph, tokens: str, name: str, count: int, *, turned: bool = False) -> str:
        """Add :meth:`_split` of ``count`` tokens, its last two axes ``turned`` for the product."""
        shape = graph.integers(f"{name}.shape", 0, count, self.heads, self.query.in_features // self.heads)
        split = graph.add("Reshape", tokens, shape, name=f"{name}.split")
        return graph.add("Transpose", split, name=name, perm=[0, 2, 3, 1] if turned else [0, 2, 1, 3])

    def _add_linear(self, graph: Graph, part: str, tokens: str, name: str) -> str:
        weight = graph.weight(f"{name}.{part}.weight", array_of(self, f"{part}.weight").T)
        bias = graph.weight(f"{name}.{part}.bias", array_of(self, f"{part}.bias"))
        product = graph.add("MatMul", tokens, weight, name=f"{name}.{part}.product")
        return graph.add("Add", product, bias, name=f"{name}.{part}")

    def _add_norm(self, graph: Graph, part: str, tokens: str, name: str) -> str:
        return add_norm(graph, self.get_submodule(part), tokens, f"{name}.{part}")


class TransformerNet(Network):
    """Raw windows in, logits out."""

    def __init__(self, scaler: Standardised, config: NetworkConfig) -> None:
        """Make an untrained network; ConfigError when the width is no multiple of the heads."""
        super().__init__()
        width = config.width
        if width % config.heads:
            raise ConfigError(f"network.width is {width}, it must be a multiple of network.heads, {config.heads}")
        self.scaler = scaler
        self.patches = nn.Conv1d(CHANNELS, width, PATCH, stride=PATCH)
        self.places = nn.Parameter(torch.randn(TOKENS, width) * PLACE_DEVIATION)
        queries = [*[TOKENS] * (config.layers - 1), 1]
        self.blocks = nn.ModuleList(Block(width, config.heads, count) for count in queries)
        self.norm = nn.LayerNorm(width)
        self.head = Head(width, config.hidden)

    @property
    def facts(self) -> Mapping[str, Any]:
        """The statistics of the scaler."""
        return self.scaler.facts

    def forward(self, windows: Tensor) -> Tensor:
        """Return logits float32 (N,) for raw windows float32 (N, 60), degC, oldest first, finite."""
        tokens = self.patches(self.scaler(windows)).transpose(1, 2) + self.places
        for block in self.blocks:
            tokens = block(tokens)
        logits: Tensor = self.head(self.norm(tokens[:, -1]))
        return logits

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add features, patches, blocks and head as nodes; return the name of the logit."""
        weight = graph.weight("patches.weight", array_of(self, "patches.weight"))
        bias = graph.weight("patches.bias", array_of(self, "patches.bias"))
        features = self.scaler.add_to(graph, windows)
        patches = graph.add("Conv", features, weight, bias, name="patches", kernel_shape=[PATCH], strides=[PATCH])
        tokens = graph.add("Transpose", patches, name="tokens", perm=[0, 2, 1])
        tokens = graph.add("Add", tokens, graph.weight("places", array_of(self, "places")), name="tokens.placed")
        for index, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            tokens = block.add_to(graph, tokens, f"block{index}")
        newest = graph.add("Squeeze", tokens, graph.integers("token_axis", 1), name="newest")
        return self.head.add_to(graph, add_norm(graph, self.norm, newest, "norm"))


def add_norm(graph: Graph, norm: nn.Module, values: str, name: str) -> str:
    """Add a normalisation over the last axis; return its name."""
    weight = graph.weight(f"{name}.weight", array_of(norm, "weight"))
    bias = graph.weight(f"{name}.bias", array_of(norm, "bias"))
    return graph.add("LayerNormalization", values, weight, bias, name=name, axis=-1, epsilon=nn.LayerNorm(1).eps)


def _fit(pool: WindowPool, config: Config, progress: Progress) -> FittedNetwork:
    return fit_network(_make, pool, config, progress)


def _make(config: NetworkConfig, pool: WindowPool) -> TransformerNet:
    return TransformerNet(Standardised(pool), config)


FAMILY: Final = Family("transformer", "encoder over patches of three samples, the newest of which is judged", _fit)
