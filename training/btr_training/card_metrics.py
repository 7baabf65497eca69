"""The figures that go into the card of a model, where its user and the page about it read them."""

from collections.abc import Mapping
from typing import Any

from .metrics import LANDMARKS


def card_metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the card tells a user: no timings and no recording, because equal inputs must give equal files."""
    nuisance = metrics["nuisance"]
    told: dict[str, Any] = {
        "nuisance_alarms_per_day": {key: nuisance[key]["per_day"] for key in ("model", "fused") if key in nuisance},
        "nuisance": {key: value for key, value in nuisance.items() if key != "kinds"},
    }
    if "summary" not in metrics:
        return told
    for method, summary in metrics["summary"].items():
        bounds = metrics["bounds"][method]
        told[method] = {
            "events_raised": f"{summary['raised']}/{summary['events']}",
            "missed_at_most_95": bounds["missed"]["at_most_95"],
            "quiet": metrics["quiet"].get(method),
        } | {key: _lead(summary[key], bounds[key]) for key in LANDMARKS}
    windows = metrics["windows"]["runaway_experiments"]
    told |= {
        "window_roc_auc_by_experiment": windows["roc_auc"] if windows else None,
        "windows": windows,
        "experiments": metrics["bounds"]["fused"]["experiments_with_miss"]["of"],
        "fused_later_than_rules_s": metrics["fused_against_rules"]["latest_s"],
        "robustness": {
            disturbance: {
                method: {
                    "events_raised": f"{table[method]['raised']}/{table[method]['events']}",
                    "lead_60_s": table[method]["lead_60_s"],
                }
                for method in ("rules", "model", "fused")
                if method in table
            }
            for disturbance, table in metrics.get("robustness", {}).items()
        },
    }
    return told


def _lead(lead: Mapping[str, float] | None, interval: list[float] | None) -> dict[str, Any] | None:
    return None if lead is None else {**lead, "median_95": interval}
