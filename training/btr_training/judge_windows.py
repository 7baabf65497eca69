"""Window scores, out of fold: they say how well the probability sorts, not what an alarm is worth."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from btr_core.risk.engine import load_engine

from .bounds import reliability
from .metrics import window_curves, window_scores
from .replay import probabilities
from .windows import LENGTH, NEGATIVE, POSITIVE, UNUSED, Float32Array, Trace, label_windows

QUIET_STRIDE: Final = 20
QUIET: Final = "quiet"

Answers = tuple[NDArray[np.int8], Float32Array]


def judge_windows(model_of: Callable[[Trace], Path], traces: Sequence[Trace]) -> dict[str, Any]:
    """Return ``windows``: scores of the runaway experiments pooled, with every 20th quiet window, and each alone.

    With both kinds of windows in the runaway experiments also ``curves`` and ``reliability`` of their pool.
    """
    hot = sorted({trace.experiment for trace in traces if trace.kind == "runaway"})
    answers = {key: _pooled(parts) for key, parts in _answer(model_of, traces, hot).items()}

    def scores(keys: Sequence[str]) -> dict[str, float | int] | None:
        labels, risks = _pooled([answers[key] for key in keys if key in answers])
        return window_scores(labels, risks) if _has_both(labels) else None

    judged: dict[str, Any] = {
        "windows": {
            "runaway_experiments": scores(hot),
            "with_quiet": scores([*hot, QUIET]),
            "each": {key: scores([key]) for key in hot},
        }
    }
    labels, risks = _pooled([answers[key] for key in hot if key in answers])
    if _has_both(labels):
        judged |= {"curves": window_curves(labels, risks), "reliability": reliability(labels, risks)}
    return judged


def _answer(model_of: Callable[[Trace], Path], traces: Sequence[Trace], hot: Sequence[str]) -> dict[str, list[Answers]]:
    """Return labels and probabilities of the windows that have both, by runaway experiment and ``quiet``."""
    answers: dict[str, list[Answers]] = {}
    for trace in traces:
        if len(trace.temp_c) < LENGTH:
            continue
        is_hot = trace.experiment in hot
        kinds = label_windows(trace)
        used = np.flatnonzero(kinds != UNUSED)[:: 1 if is_hot else QUIET_STRIDE]
        risks = probabilities(load_engine(model_of(trace)), trace.temp_c, 1 if is_hot else QUIET_STRIDE)[used]
        known = np.isfinite(risks)
        answers.setdefault(trace.experiment if is_hot else QUIET, []).append((kinds[used][known], risks[known]))
    return answers


def _pooled(parts: Sequence[Answers]) -> Answers:
    if not parts:
        return np.empty(0, np.int8), np.empty(0, np.float32)
    return np.concatenate([labels for labels, _ in parts]), np.concatenate([risks for _, risks in parts])


def _has_both(labels: NDArray[np.int8]) -> bool:
    return bool((labels == POSITIVE).any() and (labels == NEGATIVE).any())
