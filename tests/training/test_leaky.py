"""The protocol of the original authors: a random split, a threshold of the training part, scores on the rest."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from btr_training import leaky
from btr_training.config import Config, TrainConfig, TreesConfig
from btr_training.data import Recording
from btr_training.errors import TrainingError
from btr_training.families import FAMILIES
from btr_training.family import Family
from btr_training.leaky import best_threshold, leaky_scores

CONFIG = Config(trees=TreesConfig(count=20, depth=6, leaf=2))


def recording(name, temp_c, runaway):
    return Recording(name, runaway, ((np.arange(len(temp_c)) * 0.5, np.asarray(temp_c)),), "", ())


def recordings():
    """Two runaways that heat up slowly, then fast, and a day of a cell that warms by some degrees."""
    rng = np.random.default_rng(3)
    seconds = np.arange(600) * 0.5
    made = []
    for number in range(2):
        heat = 25 + 0.05 * np.maximum(seconds - 100, 0) + np.exp(np.clip((seconds - 250 + 5 * number) / 8, -50, 5.2))
        made.append(recording(f"hot{number}", heat + rng.normal(0, 0.05, 600), runaway=True))
    quiet = 25 + 4 * np.sin(np.arange(40_000) * 0.5 / 3000) + rng.normal(0, 0.05, 40_000)
    return [*made, recording("quiet", quiet, runaway=False)]


class Watched:
    """Keeps what a family was trained on, and answers as it does."""

    def __init__(self, family):
        self.pools, self._family = [], family

    def fit(self, pool, config, progress):
        self.pools.append(pool)
        return self._family.fit(pool, config, progress)


def test_a_forest_shines_by_this_protocol():
    scores = leaky_scores(FAMILIES["random_forest"], CONFIG, recordings())
    assert scores["roc_auc"] > 0.98
    assert scores["f1"] > 0.8
    assert scores["positives"] > 20
    assert scores == leaky_scores(FAMILIES["random_forest"], CONFIG, recordings())


def test_a_rule_needs_no_training_and_gets_its_own_scores():
    assert leaky_scores(FAMILIES["rate_rule"], CONFIG, recordings())["f1"] > 0.5


def test_training_sees_all_positives_of_its_part_and_few_negatives(monkeypatch):
    monkeypatch.setattr(leaky, "MOST_NEGATIVES", 300)
    watched = Watched(FAMILIES["rate_rule"])
    scores = leaky_scores(Family("rate_rule", "", watched.fit), CONFIG, recordings())
    (pool,) = watched.pools
    assert len(pool) == scores["trained_windows"]
    assert (pool.labels == 0).sum() == 300
    share = pool.labels.sum() / (pool.labels.sum() + scores["positives"])
    assert 0.6 < share < 0.95


def test_thinned_negatives_count_for_those_left_out(monkeypatch):
    """The rule learns nothing, so only the threshold could move; it hardly does, for the ratio is restored."""
    all_of_them = leaky_scores(FAMILIES["rate_rule"], CONFIG, recordings())
    monkeypatch.setattr(leaky, "MOST_NEGATIVES", 1000)
    assert leaky_scores(FAMILIES["rate_rule"], CONFIG, recordings())["f1"] == pytest.approx(all_of_them["f1"], abs=0.1)


def test_windows_that_no_model_sees_are_left_out():
    """Given a sensor that breaks at 400 degC for the last 10 s: 20 samples, and every window that holds one of them."""
    broken = [*np.full(300, 25.0), *np.full(20, 400.0)]
    watched = Watched(FAMILIES["rate_rule"])
    told = [*recordings(), recording("broken", broken, runaway=True)]
    scores = leaky_scores(Family("rate_rule", "", watched.fit), CONFIG, told)
    whole = leaky_scores(FAMILIES["rate_rule"], CONFIG, recordings())
    assert scores["left_out"] == whole["left_out"]  # 20 s must follow a window, and here the break is in them
    assert watched.pools[0].flat.max() <= 200.0
    told[-1] = recording("broken", [*broken, *np.full(100, 25.0)], runaway=True)
    assert leaky_scores(FAMILIES["rate_rule"], CONFIG, told)["left_out"] == whole["left_out"] + 79


def test_another_seed_is_another_split():
    other = Config(trees=CONFIG.trees, train=TrainConfig(seed=2))
    first, second = (leaky_scores(FAMILIES["random_forest"], config, recordings()) for config in (CONFIG, other))
    assert first != second


def test_the_threshold_is_the_one_of_the_highest_f1():
    rng = np.random.default_rng(7)
    labels = (rng.random(500) < 0.2).astype(np.int8)
    logits = (rng.normal(0, 1, 500) + labels).astype(np.float32)
    weights = rng.uniform(1, 20, 500)
    scores = [f1_score(labels, logits >= value, sample_weight=weights) for value in logits]
    chosen = f1_score(labels, logits >= best_threshold(labels, logits, weights), sample_weight=weights)
    assert chosen == pytest.approx(max(scores))


def test_recordings_without_a_runaway_cannot_be_scored():
    with pytest.raises(TrainingError, match="too few windows before a runaway"):
        leaky_scores(FAMILIES["rate_rule"], CONFIG, recordings()[2:])
