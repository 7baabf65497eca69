"""What so few events can prove: bounds on misses, and on the median lead over experiments."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from .metrics import CONFIDENCE, LANDMARKS, EventResult

RESAMPLES: Final = 1000
SEED: Final = 41


def share_at_most(count: int, total: int) -> float:
    """Return the upper 95 % bound of a share of which ``count`` of ``total`` were seen (Clopper and Pearson 1934).

    One-sided; 1 without a single observation.
    """
    if count >= total:
        return 1.0
    return float(beta.ppf(CONFIDENCE, count + 1, total - count))


def median_interval(groups: Sequence[Sequence[float]], seed: int = SEED) -> tuple[float, float] | None:
    """Return the 95 % percentile interval of the median of all values, drawing whole groups with replacement.

    Sensors of one experiment see the same event, so experiments are what is drawn. None with fewer than two groups.
    """
    known = [np.asarray(group, dtype=np.float64) for group in groups if len(group)]
    if len(known) < 2:
        return None
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(known), (RESAMPLES, len(known)))
    medians = [float(np.median(np.concatenate([known[place] for place in places]))) for places in drawn.tolist()]
    low, high = np.quantile(medians, [(1.0 - CONFIDENCE) / 2.0, (1.0 + CONFIDENCE) / 2.0])
    return round(float(low), 2), round(float(high), 2)


def bounds_of(results: Sequence[EventResult]) -> dict[str, Any]:
    """Return the bounds of one method: share of events missed, of experiments with a miss, and each median lead."""
    experiments = sorted({result.experiment for result in results})
    with_miss = {result.experiment for result in results if not result.raised}
    table: dict[str, Any] = {
        "missed": _share(sum(not result.raised for result in results), len(results)),
        "experiments_with_miss": _share(len(with_miss), len(experiments)),
    }
    for landmark in LANDMARKS:
        leads: dict[str, list[float]] = {experiment: [] for experiment in experiments}
        for result in results:
            if (lead_s := getattr(result, landmark)) is not None:
                leads[result.experiment].append(lead_s)
        interval = median_interval(list(leads.values()))
        table[landmark] = None if interval is None else list(interval)
    return table


def reliability(labels: NDArray[np.int8], risks: NDArray[np.float32], bins: int = 10) -> list[dict[str, Any]]:
    """Return for each tenth of the probability how often it was right: mean predicted, observed share, windows.

    An empty bin has no mean and no share.
    """
    place = np.minimum((risks * bins).astype(np.int64), bins - 1)
    rows: list[dict[str, Any]] = []
    for number in range(bins):
        chosen = place == number
        count = int(chosen.sum())
        rows.append(
            {
                "from": number / bins,
                "to": (number + 1) / bins,
                "windows": count,
                "predicted": round(float(risks[chosen].mean()), 4) if count else None,
                "observed": round(float(labels[chosen].mean()), 4) if count else None,
            }
        )
    return rows


def _share(count: int, total: int) -> dict[str, float | int]:
    return {"count": count, "of": total, "at_most_95": round(share_at_most(count, total), 4)}
