"""Where 0.5 lies: from the logits of held-out traces to the affine map that the graph applies before its sigmoid."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from .errors import TrainingError
from .windows import Float32Array

BLOCK_SAMPLES = 1200
SAMPLES_PER_DAY = 172_800.0
# A window that is one order of magnitude less likely than the alarm reads about 0.1.
FLATTEST, STEEPEST = 0.2, 2.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """probability = sigmoid(scale * (logit - threshold)): the chosen threshold reads 0.5."""

    scale: float
    threshold: float


def vote(scores: Float32Array, k: int, n: int) -> Float32Array:
    """Return the k-th largest of the last n scores at each sample, so that ``vote >= t`` is 'k of n at or above t'.

    NaN counts as below everything, and so do samples before the start.
    """
    padded = np.concatenate([np.full(n - 1, -np.inf, np.float32), np.nan_to_num(scores, nan=-np.inf)])
    view = np.lib.stride_tricks.sliding_window_view(padded, n)
    return np.ascontiguousarray(np.partition(view, n - k, axis=1)[:, n - k])


def threshold_for(logits: Iterable[Float32Array], k: int, n: int, false_per_day: float) -> float:
    """Return the lowest threshold at which benign traces alarm at most ``false_per_day`` times.

    Alarms within the same ten minutes count once.
    """
    peaks: list[float] = []
    samples = 0
    for scores in logits:
        voted = vote(scores, k, n)
        samples += len(voted)
        peaks += [float(voted[start : start + BLOCK_SAMPLES].max()) for start in range(0, len(voted), BLOCK_SAMPLES)]
    allowed = int(false_per_day * samples / SAMPLES_PER_DAY)
    if allowed >= len(peaks):
        raise TrainingError(f"{samples} benign samples are too few to set {false_per_day} false alarms per day")
    lowest = sorted(peaks, reverse=True)[allowed]
    if not isfinite(lowest):
        raise TrainingError(f"benign traces hold too few complete windows to set {false_per_day} false alarms per day")
    return float(np.nextafter(np.float32(lowest), np.float32(np.inf)))


def slope_for(logits: Float32Array, labels: Float32Array) -> float:
    """Return the slope of the logistic regression of the labels on the logits (Platt), kept between 0.2 and 2.

    Raises:
        TrainingError: the labels are all alike.
    """
    if not 0 < labels.sum() < len(labels):
        raise TrainingError(
            f"{len(labels)} windows, {labels.sum():.0f} of them positive, do not calibrate a probability"
        )
    spread = max(float(logits.std()), 1e-6)
    design = np.stack([logits / spread, np.ones_like(logits)]).astype(np.float64)
    at = np.zeros(2)
    loss = _log_loss(at, design, labels)
    for _ in range(50):
        probability = 1.0 / (1.0 + np.exp(-np.clip(at @ design, -40.0, 40.0)))
        weight = np.maximum(probability * (1.0 - probability), 1e-9)
        gradient = design @ (labels - probability)
        step = np.linalg.solve((design * weight) @ design.T + 1e-6 * np.eye(2), gradient)
        # A whole step of Newton may overshoot and never come back where the logits are large.
        while (new_loss := _log_loss(at + step, design, labels)) > loss and np.abs(step).max() > 1e-9:
            step = step / 2.0
        at, loss = at + step, new_loss
        if np.abs(step).max() < 1e-6:
            break
    return float(np.clip(at[0] / spread, FLATTEST, STEEPEST))


def _log_loss(at: NDArray[np.float64], design: NDArray[np.float64], labels: Float32Array) -> float:
    logits = at @ design
    return float(np.sum(np.logaddexp(0.0, logits) - labels * logits))
