"""Boosted trees on relative statistics: differences, slopes and rates, no absolute temperature."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from ..config import Config
from ..family import Family, Progress
from ..graph import Graph
from ..statistics import RELATIVE
from ..trees import Tree, add_ensemble, facts_of, round_in_place, tree_data
from ..windows import Float32Array, WindowPool

LEAVES_PER_TREE: Final = 31


class Boosting:
    """Trained boosted trees; their logit is the sum of a start value and of one leaf of each tree."""

    def __init__(self, model: HistGradientBoostingClassifier) -> None:
        """Take a trained model, and round its leaves so that their sum is the same in any order."""
        self._model = model
        # scikit-learn has no public way to the parts of this estimator.
        self._start = model._baseline_prediction  # noqa: SLF001
        nodes = [trees[0].nodes for trees in model._predictors]  # noqa: SLF001
        round_in_place([self._start, *(tree["value"] for tree in nodes)])
        self._trees: Sequence[Tree] = [_tree(tree) for tree in nodes]

    @property
    def facts(self) -> Mapping[str, Any]:
        """Trees, leaves, and splits by statistic."""
        return facts_of(RELATIVE, self._trees)

    def logits(self, windows: Float32Array) -> Float32Array:
        """Return the logits float32 (N,) of raw windows float32 (N, 60)."""
        logits: Float32Array = self._model.decision_function(RELATIVE.of_windows(windows)).astype(np.float32)
        return logits

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add statistics, trees and start value as nodes."""
        total = add_ensemble(graph, RELATIVE.add_to(graph, windows), self._trees, "total")
        return graph.add("Add", total, graph.scalar("start", self._start.item()), name="logit")


def _tree(nodes: Any) -> Tree:
    """Return a tree of scikit-learn's boosting."""
    left, right = nodes["left"].astype(np.int64), nodes["right"].astype(np.int64)
    leaf = nodes["is_leaf"].astype(np.bool_)
    return Tree(leaf, nodes["feature_idx"], nodes["num_threshold"], left, right, nodes["value"])


def _fit(pool: WindowPool, config: Config, progress: Progress) -> Boosting:
    data = tree_data(pool, RELATIVE, config.train)
    size = config.trees
    model = HistGradientBoostingClassifier(
        max_iter=size.count,
        max_depth=size.depth,
        max_leaf_nodes=LEAVES_PER_TREE,
        min_samples_leaf=size.leaf,
        learning_rate=size.learning_rate,
        random_state=config.train.seed,
        # Never stops early, but tells the loss of each stage.
        early_stopping=True,
        n_iter_no_change=size.count,
        validation_fraction=None,
        scoring="loss",
    )
    # The sums of its histograms depend on the number of threads.
    with threadpool_limits(config.train.threads):
        model.fit(data.rows, data.classes, data.weights)
    for stage, score in enumerate(model.train_score_[1:], start=1):
        progress(stage, size.count, -float(score))
    return Boosting(model)


FAMILY: Final = Family("gradient_boosting", "gradient-boosted trees on relative statistics", _fit)
