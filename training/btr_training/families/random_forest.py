"""The originals' forest: level and spread of the window, absolute temperature included."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from ..config import Config
from ..family import Family, Progress
from ..graph import Graph
from ..statistics import ABSOLUTE
from ..trees import Tree, add_ensemble, facts_of, round_in_place, tree_data
from ..windows import Float32Array, WindowPool

# Windows that each tree sees, at most; more make it slower, not better.
MOST_PER_TREE: Final = 40_000
# Nearer to 0 and 1 the share of trees says nothing; its log-odds stay within +-9.2.
LEAST_SHARE: Final = 1e-4


class Forest:
    """A trained forest; its logit is the log-odds of the mean probability of the trees."""

    def __init__(self, model: RandomForestClassifier) -> None:
        """Take a trained forest, and round its leaves so that their sum is the same in any order."""
        self._model = model
        round_in_place([estimator.tree_.value[:, 0, 1] for estimator in model.estimators_])
        self._trees: Sequence[Tree] = [_tree(estimator.tree_) for estimator in model.estimators_]

    @property
    def facts(self) -> Mapping[str, Any]:
        """Trees, leaves, and splits by statistic."""
        return facts_of(ABSOLUTE, self._trees)

    def logits(self, windows: Float32Array) -> Float32Array:
        """Return the logits float32 (N,) of raw windows float32 (N, 60)."""
        share = self._model.predict_proba(ABSOLUTE.of_windows(windows))[:, 1]
        share = share.clip(LEAST_SHARE, 1.0 - LEAST_SHARE)
        logits: Float32Array = np.log(share / (1.0 - share)).astype(np.float32)
        return logits

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add statistics, trees and log-odds as nodes."""
        count = len(self._trees)
        total = add_ensemble(graph, ABSOLUTE.add_to(graph, windows), self._trees, "total")
        lowest = graph.scalar("least_total", LEAST_SHARE * count)
        highest = graph.scalar("greatest_total", (1.0 - LEAST_SHARE) * count)
        total = graph.add("Clip", total, lowest, highest, name="clipped_total")
        against = graph.add("Sub", graph.scalar("trees", count), total, name="against")
        return graph.add("Log", graph.add("Div", total, against, name="odds"), name="logit")


def _tree(tree: Any) -> Tree:
    """Return a tree of scikit-learn's forest; its value is the share of positives in a leaf."""
    left = tree.children_left
    return Tree(left < 0, tree.feature, tree.threshold, left, tree.children_right, tree.value[:, 0, 1])


def _fit(pool: WindowPool, config: Config, _progress: Progress) -> Forest:
    data = tree_data(pool, ABSOLUTE, config.train)
    size = config.trees
    model = RandomForestClassifier(
        n_estimators=size.count,
        max_depth=size.depth,
        min_samples_leaf=size.leaf,
        max_samples=min(MOST_PER_TREE, len(pool)),
        class_weight="balanced",
        random_state=config.train.seed,
        n_jobs=config.train.threads,
    )
    return Forest(model.fit(data.rows, data.classes, data.weights))


FAMILY: Final = Family("random_forest", "the originals' random forest on statistics of the raw window", _fit)
