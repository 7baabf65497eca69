"""What was asked of a model, and whether a run reached it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .document import BAD, GOOD, Cell, Table, table
from .wording import NONE, number, seconds

LEAST_MEDIAN_60_S, LEAST_60_S = 24.0, 1.0
RULES: Final = ("rule_1.0", "rule_0.5", "rules")
LEAST_ROC_AUC: Final = 0.95
MOST_MS: Final = {"1": 0.03, "256": 3.0}


@dataclass(frozen=True, slots=True)
class Goal:
    """``reached`` returns the figure in words and whether it is enough; it may fail where there is no figure."""

    asked: str
    goal: str
    reached: Callable[[Mapping[str, Any]], tuple[str, bool]]


def _raised(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    summary = metrics["summary"]["model"]
    return f"{summary['raised']} of {summary['events']}", summary["raised"] == summary["events"]


def _median_60(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    value = metrics["summary"]["model"]["lead_60_s"]["median"]
    return f"{seconds(value)} s", value >= LEAST_MEDIAN_60_S


def _least_60(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    value = metrics["summary"]["model"]["lead_60_s"]["least"]
    return f"{seconds(value)} s", value >= LEAST_60_S


def _quiet(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    quiet = metrics["quiet"]["model"]
    return f"{quiet['alarms']} in {quiet['hours']:g} h", quiet["alarms"] == 0


def _early(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    count = metrics["summary"]["model"]["false_early"]
    return f"{count}", count == 0


def _nuisance(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    told = metrics["nuisance"]["model"]
    return f"{number(told['per_day'], 2)} ({told['alarms']} in {told['hours']:g} h)", told["alarms"] == 0


def _roc_auc(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    value = metrics["windows"]["runaway_experiments"]["roc_auc"]
    return number(value, 3), value >= LEAST_ROC_AUC


def _robust(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    tables = [table["model"] for table in metrics["robustness"].values()]
    worst = min(tables, key=lambda table: table["raised"] - table["events"])
    return f"at least {worst['raised']} of {worst['events']}", worst["raised"] == worst["events"]


def _speed(count: str) -> Callable[[Mapping[str, Any]], tuple[str, bool]]:
    def reached(metrics: Mapping[str, Any]) -> tuple[str, bool]:
        value = metrics["speed_ms"][count]
        return f"{number(value, 2)} ms", value <= MOST_MS[count]

    return reached


def _never_later(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    events = metrics["events"]
    raised = [
        (max(known), fused["lead_peak_s"])
        for place, fused in enumerate(events["fused"])
        if (known := [lead_s for rule in RULES if (lead_s := events[rule][place]["lead_peak_s"]) is not None])
    ]
    delays_s = [earliest_s - fused_s for earliest_s, fused_s in raised if fused_s is not None]
    if len(delays_s) < len(raised):
        return f"{len(raised) - len(delays_s)} missed that a rule raised", False
    latest_s = max(delays_s)
    return (f"up to {seconds(latest_s)} s later" if latest_s > 0 else "never later"), latest_s <= 0


def _keeps_quiet(metrics: Mapping[str, Any]) -> tuple[str, bool]:
    fused, rules = metrics["nuisance"]["fused"]["alarms"], metrics["nuisance"]["rules"]["alarms"]
    return f"{fused} fused, {rules} by the rules", fused <= rules


GOALS: Final = (
    Goal("events raised by the model alone", "all", _raised),
    Goal("median lead to 60 °C", f"at least {LEAST_MEDIAN_60_S:g} s", _median_60),
    Goal("least lead to 60 °C", f"at least {LEAST_60_S:g} s", _least_60),
    Goal("false alarms in the quiet hours", "none", _quiet),
    Goal("alarms more than 60 s before an event", "none", _early),
    Goal("nuisance alarms per 24 h", "none", _nuisance),
    Goal("events raised under every disturbance", "all", _robust),
    Goal("ROC-AUC of the windows, by experiment", f"at least {LEAST_ROC_AUC:g}", _roc_auc),
    Goal("one window, ONNX Runtime on one thread", f"at most {MOST_MS['1']:g} ms", _speed("1")),
    Goal("256 windows, ONNX Runtime on one thread", f"at most {MOST_MS['256']:g} ms", _speed("256")),
    Goal("fused against the earliest rule", "never later", _never_later),
    Goal("nuisance alarms of fused", "no more than the rules raise", _keeps_quiet),
)


def judge_goals(metrics: Mapping[str, Any]) -> list[tuple[Goal, str, bool | None]]:
    """Return each goal, the figure in words and whether it is met; None where the run cannot tell."""
    judged: list[tuple[Goal, str, bool | None]] = []
    for goal in GOALS:
        try:
            judged.append((goal, *goal.reached(metrics)))
        except (KeyError, TypeError, ValueError):
            judged.append((goal, NONE, None))
    return judged


def goals_table(metrics: Mapping[str, Any]) -> Table:
    """Return the goals with figures, met or missed in words and in colour."""
    verdicts = {True: Cell("met", GOOD), False: Cell("missed", BAD), None: Cell("not judged")}
    rows = [(goal.asked, verdicts[met], goal.goal, words) for goal, words, met in judge_goals(metrics)]
    return table(("", "verdict", "goal", "reached"), rows)
