"""Tree ensembles of `ai.onnx.ml`: all trees and all rows at once, level by level.

The nodes of all trees stand in flat arrays, level after level, the two children of a node side by side: the way down
is ``first child + (value over threshold)`` for every row and tree in one numpy expression. The other modes of a
branch become that one: x < v is x <= the float before v, and >= and > swap the children.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..onnx_wire import RefusedError
from .base import WORK_PER_CALL, Array, Kernel, Making, Meter, Operator, Table, floating, of_rank

# ONNX Runtime goes no deeper either.
_MAX_DEPTH: Final = 1000
_MAX_ID: Final = 2**31 - 1
# Levels after which rows that arrived at their leaf are left out of the further descent.
_SIFT_EVERY: Final = 4

_MODES: Final = ("LEAF", "BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")
_LEAF, _LEQ, _LT, _GTE, _GT, _EQ, _NEQ = range(len(_MODES))


@dataclass(frozen=True, slots=True)
class Forest:
    """Nodes of all trees by their place; a leaf is its own first child, and nothing is over its threshold.

        ``lost`` is where a row goes whose value is not a number, ``place`` where each node of the file stands now (-1:
    no tree leads to it), ``owner`` the tree of each place. The roots stand first.
    """

    feature: Array
    threshold: Array
    child: Array
    lost: Array
    equal: Array | None
    place: Array
    owner: Array
    trees: int
    depth: int
    features: int

    def leaves(self, rows: Array, meter: Meter) -> Array:
        """Return the leaf of each tree for each row, [trees, rows]; rows are float [rows, features]."""
        count, width = rows.shape
        if width < self.features:
            raise ValueError(f"rows of {width} values, the trees look at {self.features}")
        total = self.trees * count
        meter.claim(total, self.depth * (4 * total + WORK_PER_CALL))
        values = np.ascontiguousarray(rows).reshape(-1)
        missing = bool(np.isnan(values).any())
        result = np.repeat(np.arange(self.trees), count)
        offset = np.tile(np.arange(count) * width, self.trees)
        at, alive = result, None
        for level in range(self.depth):
            if level and level % _SIFT_EVERY == 0:
                moving = np.flatnonzero(self.child[at] != at)
                at, offset = at[moving], offset[moving]
                alive = moving if alive is None else alive[moving]
                if not len(moving):
                    break
            at = self._down(at, values[self.feature[at] + offset], missing)
            if alive is None:
                result = at
            else:
                result[alive] = at
        return result.reshape(self.trees, count)

    def _down(self, at: Array, values: Array, missing: bool) -> Array:
        threshold = self.threshold[at]
        second = values > threshold
        if self.equal is not None:
            second = np.where(self.equal[at], values != threshold, second)
        below: Array = self.child[at] + second
        return np.where(np.isnan(values), self.lost[at], below) if missing else below


def _forest(making: Making) -> Forest:
    tree, node = _ids(making, "nodes_treeids"), _ids(making, "nodes_nodeids")
    mode = _modes(making)
    threshold = _floats(making, "nodes_values")
    feature = _ids(making, "nodes_featureids")
    ends = [_ids(making, name, lowest=-1) for name in ("nodes_truenodeids", "nodes_falsenodeids")]
    tracks = making.array("nodes_missing_value_tracks_true", np.int64, ())
    making.array("nodes_hitrates", np.float32, ())
    making.tensor("nodes_hitrates_as_tensor")
    count = len(tree)
    if not count or any(len(part) != count for part in (node, mode, threshold, feature, *ends)):
        raise RefusedError("its lists of nodes differ in length or are empty; export the model again")
    if len(tracks) not in (0, count):
        raise RefusedError(f"its nodes_missing_value_tracks_true has {len(tracks)} values for {count} nodes")
    branch = mode != _LEAF
    if np.isnan(threshold[branch]).any():
        raise RefusedError("has a threshold that is not a number; export the model again")
    first, second = (_find(tree, node, end, branch) for end in ends)
    roots = np.flatnonzero(np.diff(tree, prepend=-1))
    lost = np.where(mode == _NEQ, first, second)
    if len(tracks):
        lost = np.where(tracks == 1, first, lost)
    swapped = (mode == _GTE) | (mode == _GT) | (mode == _NEQ)
    below = np.nextafter(threshold, threshold.dtype.type(-math.inf))
    threshold = np.where((mode == _LT) | (mode == _GTE), below, threshold)
    threshold = np.where(branch, threshold, threshold.dtype.type(math.inf))
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    order, depth = _levels(roots, first, second, branch)
    place = np.full(count, -1)
    place[order] = np.arange(len(order))
    ordered = branch[order]
    child = np.where(ordered, place[first[order]], place[order])
    equal = ((mode == _EQ) | (mode == _NEQ))[order]
    return Forest(
        feature=np.where(ordered, feature[order], 0),
        threshold=threshold[order],
        child=child,
        lost=np.where(ordered, place[lost[order]], place[order]),
        equal=equal if equal.any() else None,
        place=place,
        owner=np.searchsorted(roots, order, "right") - 1,
        trees=len(roots),
        depth=depth,
        features=int(feature[order][ordered].max(initial=0)) + 1,
    )


def _ids(making: Making, name: str, lowest: int = 0) -> Array:
    values = making.array(name, np.int64, ())
    if len(values) and not lowest <= values.min() <= values.max() <= _MAX_ID:
        raise RefusedError(f"its {name} go from {values.min()} to {values.max()}; export the model again")
    return values


def _floats(making: Making, name: str) -> Array:
    """Return a list of floats, from the attribute or the tensor of its name."""
    tensor = making.tensor(f"{name}_as_tensor")
    if tensor is None:
        return making.array(name, np.float32, ())
    if tensor.dtype.kind != "f" or tensor.ndim != 1 or making.has_attribute(name):
        raise RefusedError(f"its {name}_as_tensor is no list of floats, or stands beside {name}")
    return tensor


def _modes(making: Making) -> Array:
    names = making.texts("nodes_modes") or []
    unknown = set(names) - set(_MODES)
    if unknown:
        raise RefusedError(f"has the mode {min(unknown)[:40]!r}, known are {', '.join(_MODES)}")
    return np.array([_MODES.index(name) for name in names], np.int64)


def _find(tree: Array, node: Array, wanted: Array, branch: Array) -> Array:
    """Return where the node of each branch's tree with the number ``wanted`` stands in the file; 0 for leaves."""
    keys = tree << 31 | node
    order = np.argsort(keys, kind="stable")
    if (np.diff(keys[order]) == 0).any():
        raise RefusedError("has a node of a tree twice; export the model again")
    asked = np.where(branch, tree << 31 | np.maximum(wanted, 0), keys[0])
    found = order[np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)]
    if (keys[found] != asked).any() or (wanted[branch] < 0).any():
        raise RefusedError("has a branch to a node that is not there; export the model again")
    return np.where(branch, found, 0)


def _levels(roots: Array, first: Array, second: Array, branch: Array) -> tuple[Array, int]:
    """Return the nodes level after level, children side by side, and the number of levels below the roots."""
    children = np.concatenate([first[branch], second[branch], roots])
    if len(np.unique(children)) != len(children):
        raise RefusedError("has a node with two parents, so it is no tree; export the model again")
    levels, front = [roots], roots
    while True:
        parents = front[branch[front]]
        if not len(parents):
            return np.concatenate(levels), len(levels) - 1
        if len(levels) > _MAX_DEPTH:
            raise RefusedError(f"has trees deeper than {_MAX_DEPTH}; train shallower ones")
        front = np.stack([first[parents], second[parents]], axis=1).reshape(-1)
        levels.append(front)


def _scores(making: Making, forest: Forest, prefix: str, targets: int, fill: float) -> tuple[Array, Array]:
    """Return what each place adds to each target, [places, targets], ``fill`` for nothing; and where it adds."""
    tree, node = _ids(making, f"{prefix}_treeids"), _ids(making, f"{prefix}_nodeids")
    target, weight = _ids(making, f"{prefix}_ids"), _floats(making, f"{prefix}_weights")
    if not len(tree) == len(node) == len(target) == len(weight) > 0:
        raise RefusedError(f"its lists of {prefix} differ in length or are empty; export the model again")
    if target.max() >= targets:
        raise RefusedError(f"has a weight for target {target.max()} of {targets}; export the model again")
    making.meter.claim(len(forest.child) * targets)
    place = forest.place[_owners(making, tree, node)]
    reached = place >= 0
    spots = (place * targets + target)[reached]
    if len(np.unique(spots)) != len(spots):
        raise RefusedError("has two weights of one leaf for one target; export the model again")
    table = np.full((len(forest.child), targets), fill, weight.dtype)
    adds = np.zeros(table.shape, np.bool_)
    table.reshape(-1)[spots] = weight[reached]
    adds.reshape(-1)[spots] = True
    return table, adds


def _always_scored(forest: Forest, adds: Array) -> bool:
    """Whether each target gets a score from some tree whatever the row: ONNX leaves the other case open."""
    leaf = forest.child == np.arange(len(forest.child))
    return all(
        (np.bincount(forest.owner[leaf & ~adds[:, target]], minlength=forest.trees) == 0).any()
        for target in range(adds.shape[1])
    )


def _owners(making: Making, tree: Array, node: Array) -> Array:
    """Return where the nodes with these numbers stand in the file."""
    attributes = making.node.attributes
    keys = np.asarray(attributes["nodes_treeids"]) << 31 | np.asarray(attributes["nodes_nodeids"])
    order = np.argsort(keys, kind="stable")
    asked = tree << 31 | node
    found = order[np.minimum(np.searchsorted(keys[order], asked), len(keys) - 1)]
    if (keys[found] != asked).any():
        raise RefusedError("has a weight for a node that is not there; export the model again")
    return np.asarray(found)


def _regressor(making: Making) -> Kernel:
    targets = making.integer("n_targets", 1, 1, 1 << 16)
    aggregate = making.choice("aggregate_function", "SUM", tuple(_AGGREGATES))
    transform = making.choice("post_transform", "NONE", tuple(TRANSFORMS))
    fill, reduce = _AGGREGATES[aggregate]
    forest = _forest(making)
    table, adds = _scores(making, forest, "target", targets, fill)
    if fill and not _always_scored(forest, adds):
        raise RefusedError(f"has targets without a score in some leaves of every tree, which {aggregate} leaves open")
    base = _floats(making, "base_values")
    if len(base) not in (0, targets):
        raise RefusedError(f"has {len(base)} base_values for {targets} targets; export the model again")
    if targets == 1 and transform != "PROBIT":
        # so does ONNX Runtime: one score is no distribution, and a sigmoid is not applied to it
        transform = "NONE"
    meter = making.meter

    def kernel(rows: Array) -> Array:
        total = _gathered(table, forest, rows, reduce, meter)
        if aggregate == "AVERAGE":
            total /= forest.trees
        if len(base):
            total += base
        return np.asarray(TRANSFORMS[transform](total), np.float32)

    return kernel


def _gathered(table: Array, forest: Forest, rows: Array, reduce: np.ufunc, meter: Meter) -> Array:
    """Return the scores [rows, targets] of all trees put together."""
    of_rank(rows, 2)
    floating(rows)
    leaves = forest.leaves(rows, meter)
    targets = table.shape[1]
    if targets == 1:
        return np.asarray(reduce.reduce(table.reshape(-1)[leaves], axis=0)).reshape(-1, 1)
    meter.claim(leaves.size * targets)
    return np.asarray(reduce.reduce(table[leaves], axis=0))


# aggregate function -> what stands for no score, how scores are put together
_AGGREGATES: Final[dict[str, tuple[float, np.ufunc]]] = {
    "SUM": (0.0, np.add),
    "AVERAGE": (0.0, np.add),
    "MIN": (math.inf, np.minimum),
    "MAX": (-math.inf, np.maximum),
}


def _none(scores: Array) -> Array:
    return scores


def _logistic(scores: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-scores)))


def _softmax(scores: Array) -> Array:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _softmax_zero(scores: Array) -> Array:
    """Return the soft-max of the scores that are not zero; zeros stay."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    powers = np.where(np.abs(scores) > 1e-7, powers, 0)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _probit(scores: Array) -> Array:
    """Return sqrt(2) erfinv(2 p - 1), by Winitzki's approximation with a = 0.147, which ONNX Runtime uses."""
    x = 2 * scores - 1
    log = np.log((1 - x) * (1 + x))
    middle = 2 / (math.pi * 0.147) + 0.5 * log
    return np.asarray(math.sqrt(2) * np.sign(x) * np.sqrt(np.sqrt(middle * middle - log / 0.147) - middle))


TRANSFORMS: Final[dict[str, Any]] = {
    "NONE": _none,
    "LOGISTIC": _logistic,
    "SOFTMAX": _softmax,
    "SOFTMAX_ZERO": _softmax_zero,
    "PROBIT": _probit,
}


def _classifier(making: Making) -> Kernel:
    if making.has_attribute("classlabels_strings"):
        raise RefusedError("has texts as labels, which are not known here; export it with numbers")
    labels = making.array("classlabels_int64s", np.int64)
    transform = making.choice("post_transform", "NONE", tuple(TRANSFORMS))
    if len(labels) < 2:
        raise RefusedError(f"has {len(labels)} classes, needed are two or more")
    forest = _forest(making)
    table, adds = _scores(making, forest, "class", len(labels), 0.0)
    base = _floats(making, "base_values")
    meter = making.meter
    if len(labels) == 2 and not adds[:, 1].any():
        return _binary(forest, table[:, :1], base, labels, transform, meter)
    if not _always_scored(forest, adds):
        raise RefusedError("has classes without a score in some leaves of every tree; give each leaf a weight for each")
    if len(base) not in (0, len(labels)) or (len(base) and len(labels) == 2):
        raise RefusedError(f"has {len(base)} base_values for {len(labels)} classes; add them to the weights of a tree")

    def kernel(rows: Array) -> tuple[Array, Array]:
        total = _gathered(table, forest, rows, np.add, meter)
        if len(base):
            total += base
        # of two classes ONNX Runtime takes the second when its score is above zero, and names them 0 and 1
        chosen = (total[:, 1] > 0).astype(np.int64) if len(labels) == 2 else labels[total.argmax(axis=1)]
        return chosen, np.asarray(TRANSFORMS[transform](total), np.float32)

    return kernel


def _binary(forest: Forest, table: Array, base: Array, labels: Array, transform: str, meter: Meter) -> Kernel:
    """Return the kernel of two classes with weights for one alone: both scores follow from it.

    As in ONNX Runtime: weights that are all positive are a share of 1, others a score around 0.
    """
    if len(base) > 1 or transform == "PROBIT":
        raise RefusedError("has weights for one of two classes with two base_values or PROBIT; give both their weights")
    share = bool((table >= 0).all())
    limit = 0.5 if share else 0.0

    def kernel(rows: Array) -> tuple[Array, Array]:
        one = _gathered(table, forest, rows, np.add, meter)
        if len(base):
            one += base
        logistic = transform == "LOGISTIC"
        pair = np.concatenate([1 - one if share and not logistic else -one, one], axis=1)
        if logistic:
            pair = _logistic(pair)
        return labels[(one[:, 0] > limit).astype(np.intp)], np.asarray(pair, np.float32)

    return kernel


OPERATORS: Final[Table] = {
    "TreeEnsembleClassifier": Operator(_classifier, outputs=2),
    "TreeEnsembleRegressor": Operator(_regressor),
}
