"""Tree ensembles on numpy give what ONNX Runtime gives: every mode, aggregate, transform, and missing values."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

from btr_core.risk.onnx_wire import RefusedError

from .numpy_graphs import Case, assert_same, model, plan

MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")
TRANSFORMS = ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT")
FIELDS = ("treeids", "nodeids", "modes", "featureids", "values", "truenodeids", "falsenodeids")
FEATURES = 5
# Whole numbers, so that rows stand exactly on thresholds; one value and one whole row missing.
ROWS = np.random.default_rng(9).integers(-3, 4, size=(40, FEATURES)).astype(np.float32)
ROWS[3, 2] = np.nan
ROWS[5] = np.nan


class Grown:
    """Random trees as ONNX's parallel lists."""

    def __init__(self, trees=5, depth=5, modes=MODES, seed=9):
        self.random = np.random.default_rng(seed)
        self.nodes = {name: [] for name in FIELDS}
        self.leaves = []
        self._modes = modes
        for tree in range(trees):
            self._grow(tree, depth, [0])

    def _grow(self, tree, depth, following):
        number, at = following[0], len(self.nodes["treeids"])
        following[0] += 1
        leaf = depth == 0 or (number and self.random.random() < 0.2)
        mode = "LEAF" if leaf else self._modes[self.random.integers(len(self._modes))]
        row = (tree, number, mode, int(self.random.integers(FEATURES)), float(self.random.integers(-2, 3)), 0, 0)
        for name, value in zip(FIELDS, row, strict=True):
            self.nodes[name].append(value)
        if leaf:
            self.leaves.append((tree, number))
        else:
            self.nodes["truenodeids"][at] = self._grow(tree, depth - 1, following)
            self.nodes["falsenodeids"][at] = self._grow(tree, depth - 1, following)
        return number

    def attributes(self, prefix, targets, *, share=False):
        """Nodes, and a weight of each leaf for each of ``targets``; ``share``: none is negative."""
        weights = [(tree, node, target) for tree, node in self.leaves for target in targets]
        values = self.random.normal(size=len(weights)).astype(np.float32)
        lists = dict(zip(("treeids", "nodeids", "ids"), map(list, zip(*weights, strict=True)), strict=True))
        lists["weights"] = (np.abs(values) / 10 if share else values).tolist()
        return {f"nodes_{name}": found for name, found in self.nodes.items()} | {
            f"{prefix}_{name}": found for name, found in lists.items()
        }

    def tracks(self):
        return {"nodes_missing_value_tracks_true": self.random.integers(2, size=len(self.nodes["treeids"])).tolist()}


def regressor(attributes, rows=ROWS, **more):
    return Case("TreeEnsembleRegressor", rows, (), attributes | more, domain="ai.onnx.ml")


def classifier(attributes, labels, **more):
    return Case(
        "TreeEnsembleClassifier", ROWS, (), attributes | {"classlabels_int64s": labels} | more, 2, domain="ai.onnx.ml"
    )


@pytest.mark.parametrize("tracked", [False, True])
@pytest.mark.parametrize("modes", [*((mode,) for mode in MODES), MODES], ids=lambda modes: "+".join(modes)[:20])
def test_every_mode_takes_its_branch(modes, tracked):
    grown = Grown(modes=modes)
    assert_same(regressor(grown.attributes("target", [0]) | (grown.tracks() if tracked else {}), n_targets=1))


@pytest.mark.parametrize("base", [[], [0.1, -0.2, 0.3]], ids=["", "base"])
@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize("aggregate", ["SUM", "AVERAGE", "MIN", "MAX"])
def test_scores_of_trees_are_put_together(aggregate, targets, base):
    grown = Grown()
    more = {"base_values": base[:targets]} if base else {}
    for transform in TRANSFORMS:
        attributes = grown.attributes("target", range(targets))
        assert_same(
            regressor(attributes, n_targets=targets, aggregate_function=aggregate, post_transform=transform, **more)
        )


@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_classes_with_a_weight_in_each_leaf(transform, share):
    for labels in ([0, 1], [4, 5, 6]):
        attributes = Grown().attributes("class", range(len(labels)), share=share)
        assert_same(classifier(attributes, labels, post_transform=transform))


@pytest.mark.parametrize("base", [[], [0.3]], ids=["", "base"])
@pytest.mark.parametrize("share", [False, True])
@pytest.mark.parametrize("transform", [name for name in TRANSFORMS if name != "PROBIT"])
def test_one_of_two_classes_gives_both_scores(transform, share, base):
    attributes = Grown().attributes("class", [0], share=share) | ({"base_values": base} if base else {})
    assert_same(classifier(attributes, [7, 8], post_transform=transform))


def from_scikit(trees, scale):
    """The lists of ONNX for fitted trees of scikit-learn, the right child for what is over the threshold."""
    nodes = {name: [] for name in FIELDS}
    weights = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for index, tree in enumerate(trees):
        leaf = tree.children_left < 0
        count = len(leaf)
        found = (
            [index] * count,
            list(range(count)),
            np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
            np.maximum(tree.feature, 0).tolist(),
            tree.threshold.astype(np.float32).tolist(),
            np.maximum(tree.children_left, 0).tolist(),
            np.maximum(tree.children_right, 0).tolist(),
        )
        for name, values in zip(FIELDS, found, strict=True):
            nodes[name] += values
        at = np.flatnonzero(leaf)
        weights["treeids"] += [index] * len(at)
        weights["nodeids"] += at.tolist()
        weights["ids"] += [0] * len(at)
        weights["weights"] += (tree.value[at, 0, 0] * scale).astype(np.float32).tolist()
    return {f"nodes_{key}": value for key, value in nodes.items()} | {
        f"target_{key}": value for key, value in weights.items()
    }


@pytest.mark.parametrize("deep", [False, True], ids=["boosted", "forest"])
def test_fitted_trees_answer_as_in_onnx_runtime(deep):
    random = np.random.default_rng(2)
    rows = random.normal(size=(400, 8)).astype(np.float32)
    wanted = (rows[:, 0] * rows[:, 1] + rows[:, 2] > 0).astype(float)
    if deep:
        fitted = RandomForestRegressor(30, random_state=1, n_jobs=1).fit(rows, wanted)
        attributes = from_scikit([tree.tree_ for tree in fitted.estimators_], 1 / 30)
    else:
        fitted = GradientBoostingRegressor(n_estimators=50, max_depth=4, random_state=1).fit(rows, wanted)
        attributes = from_scikit([tree[0].tree_ for tree in fitted.estimators_], 0.1)
    others = random.normal(size=(700, 8)).astype(np.float32)
    assert_same(regressor(attributes, others, n_targets=1))


def damaged(name, change):
    attributes = Grown().attributes("target", [0]) | {"n_targets": 1}
    attributes[name] = change(list(attributes[name]))
    return regressor(attributes)


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("nodes_nodeids", lambda ids: [ids[1], *ids[1:]], "a node of a tree twice"),
        ("nodes_truenodeids", lambda ids: [99_999] * len(ids), "a branch to a node that is not there"),
        ("nodes_truenodeids", lambda ids: [0] * len(ids), "a node with two parents"),
        ("nodes_falsenodeids", lambda ids: ids[:-1], "differ in length"),
        ("nodes_modes", lambda modes: ["BRANCH_UP", *modes[1:]], "has the mode 'BRANCH_UP'"),
        ("nodes_values", lambda values: [float("nan")] * len(values), "a threshold that is not a number"),
        ("nodes_featureids", lambda ids: [-1] * len(ids), "nodes_featureids go from -1"),
        ("target_ids", lambda ids: [1] * len(ids), "a weight for target 1 of 1"),
        ("target_nodeids", lambda ids: [99_999] * len(ids), "a weight for a node that is not there"),
        ("target_nodeids", lambda ids: [ids[1], *ids[1:]], "two weights of one leaf"),
    ],
)
def test_trees_that_are_none_are_refused_in_words(name, change, reason):
    with pytest.raises(RefusedError, match=rf"\(TreeEnsembleRegressor\): .*{reason}"):
        plan(model(damaged(name, change), 0))


def test_a_chain_deeper_than_any_model_is_refused():
    count = 1500
    attributes = {
        "nodes_treeids": [0] * (2 * count + 1),
        "nodes_nodeids": list(range(2 * count + 1)),
        "nodes_modes": ["BRANCH_LEQ"] * count + ["LEAF"] * (count + 1),
        "nodes_featureids": [0] * (2 * count + 1),
        "nodes_values": [0.0] * (2 * count + 1),
        "nodes_truenodeids": [*range(1, count), count, *[0] * (count + 1)],
        "nodes_falsenodeids": [*range(count + 1, 2 * count + 1), *[0] * (count + 1)],
        "target_treeids": [0], "target_nodeids": [count], "target_ids": [0], "target_weights": [1.0], "n_targets": 1,
    }  # fmt: skip
    with pytest.raises(RefusedError, match="deeper than 1000"):
        plan(model(regressor(attributes), 0))
