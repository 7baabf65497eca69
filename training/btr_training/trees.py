"""What forest and boosting share: windows to train on, and the trees of scikit-learn as one node of an ONNX file.

The node is built here and not by a converter, because a converter rounds each threshold to the nearest float32, which
moves it across the very sample that the split was put beside, and keeps leaves whose float32 sum depends on the order
of the trees. Here thresholds are rounded down, and leaves to a unit at which their sums are exact, so every engine
takes the branches and finds the sum that scikit-learn does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from .config import TrainConfig
from .graph import ML, Graph
from .statistics import StatisticsTable
from .train import disturb
from .windows import LENGTH, Float32Array, WindowPool

FLOAT32_BITS: Final = 24
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """One tree: node 0 is the root, and a row goes left where its feature is at most the threshold.

    ``leaf`` says which nodes are leaves; only theirs is a ``value``, the others have children.
    """

    leaf: NDArray[np.bool_]
    feature: NDArray[np.int64]
    threshold: Values
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: Values


def exact_unit(values: Sequence[Values]) -> float:
    """Return the power of two to whose multiples values may be rounded so that float32 adds one of each exactly.

    ``values`` holds an array for each term of the sum.
    """
    bound = sum(float(np.abs(array).max()) for array in values)
    return float(2.0 ** (np.ceil(np.log2(bound)) - FLOAT32_BITS + 1)) if bound > 0.0 else 1.0


def round_in_place(values: Sequence[Values]) -> None:
    """Round all values to one :func:`exact_unit`, in the memory of the model that they are views of."""
    unit = exact_unit(values)
    for array in values:
        array[...] = np.rint(array / unit) * unit


def rounded_down(thresholds: Values) -> Float32Array:
    """Return the greatest float32 at or below each threshold: the same branch for every float32."""
    nearest = thresholds.astype(np.float32)
    below = np.nextafter(nearest, np.float32(-np.inf))
    return np.where(nearest > thresholds, below, nearest).astype(np.float32)


def add_ensemble(graph: Graph, rows: str, trees: Sequence[Tree], name: str) -> str:
    """Add the sum of all trees for float32 rows (N, features); return the name of the float32 (N,)."""
    column = graph.add("TreeEnsembleRegressor", rows, name=f"{name}.column", domain=ML, **_attributes(trees))
    return graph.add("Squeeze", column, graph.integers(f"{name}.axis", 1), name=name)


def _attributes(trees: Sequence[Tree]) -> dict[str, Any]:
    leaf = np.concatenate([tree.leaf for tree in trees])
    owner = np.concatenate([np.full(len(tree.leaf), number) for number, tree in enumerate(trees)])
    node = np.concatenate([np.arange(len(tree.leaf)) for tree in trees])

    def of_branches(part: str) -> NDArray[Any]:
        return np.where(leaf, 0, np.concatenate([getattr(tree, part) for tree in trees]))

    return {
        "n_targets": 1,
        "aggregate_function": "SUM",
        "post_transform": "NONE",
        "nodes_treeids": owner.tolist(),
        "nodes_nodeids": node.tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_featureids": of_branches("feature").tolist(),
        "nodes_values": rounded_down(of_branches("threshold").astype(np.float64)).tolist(),
        "nodes_truenodeids": of_branches("left").tolist(),
        "nodes_falsenodeids": of_branches("right").tolist(),
        "target_treeids": owner[leaf].tolist(),
        "target_nodeids": node[leaf].tolist(),
        "target_ids": np.zeros(int(leaf.sum()), dtype=np.int64).tolist(),
        "target_weights": np.concatenate([tree.value for tree in trees])[leaf].tolist(),
    }


@dataclass(frozen=True, slots=True, eq=False)
class TreeData:
    """What trees are trained on: statistics float32 (N, F), classes 0 or 1, and weights."""

    rows: Float32Array
    classes: NDArray[np.int8]
    weights: Float32Array


def tree_data(pool: WindowPool, table: StatisticsTable, config: TrainConfig) -> TreeData:
    """Return the statistics of all windows of the pool, each disturbed once as networks see them, and their weights."""
    rng = np.random.default_rng((config.seed, 5))
    windows = pool.flat[pool.starts[:, None] + np.arange(LENGTH)]
    disturbed: Float32Array = disturb(rng, torch.from_numpy(windows)).numpy()
    weights = pool.weights * np.where(pool.labels > 0, 1.0, config.negative_weight)
    return TreeData(table.of_windows(disturbed), pool.labels.astype(np.int8), weights.astype(np.float32))


def facts_of(table: StatisticsTable, trees: Sequence[Tree]) -> dict[str, Any]:
    """Return the size of an ensemble, and what it looks at and how often."""
    used = np.concatenate([tree.feature[~tree.leaf] for tree in trees])
    splits = np.bincount(used, minlength=len(table.names))
    leaves = sum(int(tree.leaf.sum()) for tree in trees)
    return {"trees": len(trees), "leaves": leaves, "splits": dict(zip(table.names, splits.tolist(), strict=True))}
