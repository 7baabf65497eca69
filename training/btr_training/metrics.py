"""The arithmetic of the report: leads, rates with their bounds, window scores. No file, no model, no clock."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from .events import Event
from .replay import Alarm

CONFIDENCE: Final = 0.95
PRECISION: Final = 0.95
LANDMARKS: Final = ("lead_onset_s", "lead_60_s", "lead_80_s", "lead_peak_s")
CURVE_POINTS: Final = 200


@dataclass(frozen=True, slots=True)
class EventResult:
    """What one method made of one event.

    ``lead_*`` are s from the alarm to the landmark, negative when the alarm came later, None without alarm or
    landmark. ``false_early`` counts alarms more than 60 s before the heating.
    """

    name: str
    experiment: str
    raised: bool
    cause: str | None
    lead_heating_s: float | None
    lead_onset_s: float | None
    lead_60_s: float | None
    lead_80_s: float | None
    lead_peak_s: float | None
    false_early: int


def judge_event(name: str, experiment: str, event: Event, alarms: Sequence[Alarm]) -> EventResult:
    """Return what ``alarms`` (in order of time) are worth for ``event``; the first that belongs to it counts."""
    belonging = [alarm for alarm in alarms if event.counts_as_raised(alarm.time_s)]
    early = [alarm for alarm in alarms if alarm.time_s < event.heating_s and not event.counts_as_raised(alarm.time_s)]
    first = belonging[0] if belonging else None

    def lead(landmark_s: float | None) -> float | None:
        return None if first is None or landmark_s is None else landmark_s - first.time_s

    return EventResult(
        name=name,
        experiment=experiment,
        raised=first is not None,
        cause=first.cause if first else None,
        lead_heating_s=lead(event.heating_s),
        lead_onset_s=lead(event.onset_s),
        lead_60_s=lead(event.at_60_s),
        lead_80_s=lead(event.at_80_s),
        lead_peak_s=lead(event.peak_s),
        false_early=len(early),
    )


def summarise_events(results: Sequence[EventResult]) -> dict[str, Any]:
    """Return counts, and median and least lead to each landmark over the events that have both."""
    summary: dict[str, Any] = {
        "events": len(results),
        "raised": sum(result.raised for result in results),
        "false_early": sum(result.false_early for result in results),
    }
    for key in LANDMARKS:
        leads = [value for result in results if (value := getattr(result, key)) is not None]
        summary[key] = {"median": float(np.median(leads)), "least": float(min(leads))} if leads else None
    return summary


def rate_per_day(alarms: int, hours: float) -> dict[str, float | int]:
    """Return alarms per day and the upper 95 % bound of the true rate (Poisson, one-sided)."""
    days = hours / 24.0
    return {
        "alarms": alarms,
        "hours": round(hours, 1),
        "per_day": round(alarms / days, 4),
        "per_day_at_most_95": round(poisson_upper(alarms) / days, 4),
    }


def poisson_upper(count: int) -> float:
    """Return the mean at which seeing ``count`` or fewer has a probability of 5 % (Garwood 1936); 2.996 for none."""
    return float(chi2.ppf(CONFIDENCE, 2 * (count + 1)) / 2.0)


def window_scores(labels: NDArray[np.int8], risks: NDArray[np.float32]) -> dict[str, float | int]:
    """Return ROC-AUC, PR-AUC and recall at precision 0.95 for labels 0/1; both classes must be there."""
    precision, recall, _ = precision_recall_curve(labels, risks)
    reached = recall[precision >= PRECISION]
    return {
        "windows": len(labels),
        "positives": int(labels.sum()),
        "roc_auc": round(float(roc_auc_score(labels, risks)), 4),
        "pr_auc": round(float(average_precision_score(labels, risks)), 4),
        "recall_at_precision_95": round(float(reached.max()) if len(reached) else 0.0, 4),
    }


def window_curves(labels: NDArray[np.int8], risks: NDArray[np.float32]) -> dict[str, list[list[float]]]:
    """Return ``roc`` as [false positive rate, recall] and ``pr`` as [recall, precision], at most 200 points each."""
    false_rate, true_rate, _ = roc_curve(labels, risks)
    precision, recall, _ = precision_recall_curve(labels, risks)
    return {"roc": _thinned(false_rate, true_rate), "pr": _thinned(recall[::-1], precision[::-1])}


def _thinned(x: NDArray[np.float64], y: NDArray[np.float64]) -> list[list[float]]:
    """Return points of a curve at even distances along it, both ends included."""
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
    places = np.unique(np.searchsorted(way, np.linspace(0.0, way[-1], CURVE_POINTS)))
    return [[round(float(x[place]), 5), round(float(y[place]), 5)] for place in places]


def as_table(results: Sequence[EventResult]) -> list[dict[str, Any]]:
    """Return the results as plain rows."""
    return [asdict(result) for result in results]
