"""The leaky column: a family examined by the protocol of the recordings' original authors, on windows it half knows.

It says how a family compares with their figures on their terms. It says nothing about an event that was never seen.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score, precision_recall_curve, roc_auc_score

from .config import Config
from .data import HIGHEST_C, LOWEST_C, Recording
from .errors import TrainingError
from .family import Family
from .upstream import QUIET_STRIDE, LeakyWindows, random_split, upstream_windows
from .windows import AHEAD, LENGTH, Float32Array, WindowPool

# Training on all negatives would take an hour for a network and change little: most are a chamber at rest.
MOST_NEGATIVES: Final = 60_000


def leaky_scores(family: Family, config: Config, recordings: Sequence[Recording]) -> dict[str, float | int]:
    """Train on 80 % of all windows, drawn at random, and return scores on the other 20 %.

    Training sees every positive of its part and at most 60 000 negatives. ``f1`` is taken at the threshold that is
    best on them. Quiet files give one window in 20, which counts twentyfold in every score, so the ratio of the
    classes is that of all windows. The label looks 20 s ahead, whatever the family does elsewhere.

    Windows with a sample beyond the range of a cell are left out, ``left_out`` of them: every model clips there and the
    run time never makes such a window. With them even a forest that knows its windows by heart is at 0.76; without
    them it is at the 0.96 that the authors report.

    Raises:
        TrainingError: one part of the split has no positive, so there is nothing to score.
    """
    every = upstream_windows(recordings)
    seen = ((every.windows >= LOWEST_C) & (every.windows <= HIGHEST_C)).all(axis=1)
    made = LeakyWindows(every.windows[seen], every.labels[seen], every.files[seen])
    counts = np.where([recording.runaway for recording in recordings], 1.0, QUIET_STRIDE)[made.files]
    training, test = random_split(len(made.labels), config.train.seed)
    for part in (training, test):
        if not 0 < made.labels[part].sum() < len(part):
            raise TrainingError("the recordings hold too few windows before a runaway for a random split; leave it out")
    kept, grown = _thinned(made, training, config.train.seed)
    fitted = family.fit(_pool(made, kept), config, lambda *_: None)
    learnt, known = fitted.logits(made.windows[kept]), made.labels[kept]
    threshold = best_threshold(known, learnt, counts[kept] * grown)
    logits, labels, weights = fitted.logits(made.windows[test]), made.labels[test], counts[test]
    return {
        "f1": round(float(f1_score(labels, logits >= threshold, sample_weight=weights)), 4),
        "roc_auc": round(float(roc_auc_score(labels, logits, sample_weight=weights)), 4),
        "pr_auc": round(float(average_precision_score(labels, logits, sample_weight=weights)), 4),
        "windows": len(test),
        "positives": int(labels.sum()),
        "trained_windows": len(kept),
        "left_out": int((~seen).sum()),
    }


def best_threshold(labels: NDArray[np.int8], logits: Float32Array, weights: NDArray[np.float64]) -> float:
    """Return the logit from which on, inclusive, calling windows positive has the highest F1."""
    precision, recall, thresholds = precision_recall_curve(labels, logits, sample_weight=weights)
    f1 = 2.0 * precision * recall / np.maximum(precision + recall, 1e-9)
    return float(thresholds[np.argmax(f1[:-1])])


def _thinned(
    made: LeakyWindows, training: NDArray[np.int64], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return places of all positives and some negatives of the training part, and how many each stands for."""
    positives = training[made.labels[training] == 1]
    negatives = training[made.labels[training] == 0]
    share = max(1.0, len(negatives) / MOST_NEGATIVES)
    some = np.random.default_rng((seed, 9)).choice(negatives, round(len(negatives) / share), replace=False)
    return np.concatenate([positives, some]), np.repeat([1.0, share], [len(positives), len(some)])


def _pool(made: LeakyWindows, places: NDArray[np.int64]) -> WindowPool:
    """Return the windows as a pool without experiments, for this protocol knows none."""
    count = len(places)
    return WindowPool(
        flat=made.windows[places].ravel(),
        starts=np.arange(count) * LENGTH,
        labels=made.labels[places].astype(np.float32),
        weights=np.ones(count, dtype=np.float32),
        experiments=np.full(count, "any"),
        ahead_k=np.full((count, len(AHEAD)), np.nan, dtype=np.float32),
    )
