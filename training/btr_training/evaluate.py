"""The judgement: whole recordings, each by the model that never saw its experiment, through the run time's code.

Methods side by side: fixed limits, rate rules, BTR's rules without a model, the model alone, and both together as
Home Assistant runs them.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np

from btr_core.risk.card import ModelCard, Vote
from btr_core.risk.engine import load_engine
from btr_core.risk.rule_engine import RULE_CARD, RuleEngine

from .config import EvaluationConfig
from .data import INTERVAL_S
from .disturbances import DISTURBANCES, Disturbance
from .events import find_event
from .metrics import EventResult, as_table, judge_event, rate_per_day, summarise_events, window_scores
from .nuisance import KINDS, nuisance_trace
from .pipeline import FINAL
from .replay import Alarm, probabilities, replay_limit, replay_monitor, replay_policy
from .scale_out import ONE, Workers
from .windows import LENGTH, NEGATIVE, POSITIVE, UNUSED, Float32Array, Trace, label_windows

LEAD_IN_S: Final = 60.0
NUISANCE_SEED: Final = 77
QUIET_STRIDE: Final = 20
FLAT_STRIDE: Final = 20

GB_CARD: Final = replace(RULE_CARD, name="rate rule 1", alarm=Vote(1.0, 1, 1), warning=Vote(1.0, 1, 1))
# (card of the model, temperatures, the model's answers) -> alarms
Method = Callable[[ModelCard, Float32Array, Float32Array], list[Alarm]]
METHODS: Final[dict[str, Method]] = {
    "limit_50": lambda _card, temp_c, _risks: replay_limit(temp_c, 50.0),
    "limit_60": lambda _card, temp_c, _risks: replay_limit(temp_c, 60.0),
    "rule_1.0": lambda _card, temp_c, _risks: replay_policy(GB_CARD, probabilities(RuleEngine(GB_CARD), temp_c)),
    "rule_0.5": lambda _card, temp_c, _risks: replay_policy(RULE_CARD, probabilities(RuleEngine(), temp_c)),
    "rules": lambda _card, temp_c, _risks: replay_monitor(temp_c),
    "model": lambda card, _temp_c, risks: replay_policy(card, risks),
    "fused": lambda card, temp_c, risks: replay_monitor(temp_c, card, risks),
}


def with_lead_in(trace: Trace) -> Trace:
    """Return the trace after a minute at its first level: a node has been running before, files begin at the event."""
    samples = round(LEAD_IN_S / INTERVAL_S)

    def prefixed(temp_c: Float32Array) -> Float32Array:
        return np.concatenate([np.full(samples, np.median(temp_c[:5]), np.float32), temp_c])

    return replace(
        trace, start_s=trace.start_s - LEAD_IN_S, temp_c=prefixed(trace.temp_c), clean_c=prefixed(trace.clean_c)
    )


def evaluate_run(
    folder: Path, record: dict[str, Any], traces: tuple[Trace, ...], config: EvaluationConfig, workers: Workers = ONE
) -> dict[str, Any]:
    """Return all metrics of a run folder; ``traces`` are the recordings, judged out of fold."""
    metrics: dict[str, Any] = {
        "nuisance": judge_nuisance(folder / f"{FINAL}.onnx", config.nuisance_hours, workers),
        "speed_ms": measure_speed(folder),
    }
    if not traces:
        return metrics

    def model_of(trace: Trace) -> Path:
        return folder / f"fold_{record['folds'][trace.experiment]}.onnx"

    runaways = tuple(with_lead_in(trace) for trace in traces if trace.kind == "runaway")
    events = judge_events(model_of, runaways)
    metrics["events"] = {method: as_table(results) for method, results in events.items()}
    metrics["summary"] = {method: summarise_events(results) for method, results in events.items()}
    metrics["fused_against_rules"] = compare_with_rules(events)
    metrics["robustness"] = {
        disturbance.name: {
            method: summarise_events(results)
            for method, results in judge_events(model_of, runaways, disturbance).items()
        }
        for disturbance in DISTURBANCES
    }
    metrics["windows"] = judge_windows(model_of, traces)
    quiet = tuple(trace for trace in traces if trace.kind == "benign")
    methods = tuple(method for method in METHODS if method != "rules" and (config.fused_quiet or method != "fused"))
    metrics["quiet"] = judge_quiet(model_of, quiet, methods, workers)
    metrics["neighbours"] = {
        trace.name: count_alarms(model_of(trace), trace.temp_c) for trace in traces if trace.kind == "heated"
    }
    return metrics


def replay_all(
    model: Path, temp_c: Float32Array, methods: Sequence[str] = tuple(METHODS), flat_stride: int = 1
) -> dict[str, list[Alarm]]:
    """Return the alarms of the methods on one trace."""
    engine = load_engine(model)
    risks = probabilities(engine, temp_c, flat_stride)
    return {method: METHODS[method](engine.card, temp_c, risks) for method in methods}


def count_alarms(
    model: Path, temp_c: Float32Array, methods: Sequence[str] = tuple(METHODS), flat_stride: int = 1
) -> dict[str, int]:
    """Return the number of alarms of the methods on one trace."""
    return {method: len(alarms) for method, alarms in replay_all(model, temp_c, methods, flat_stride).items()}


def judge_events(
    model_of: Callable[[Trace], Path], traces: tuple[Trace, ...], disturbance: Disturbance | None = None
) -> dict[str, list[EventResult]]:
    """Return the results of every method for every runaway; landmarks are always those of the undisturbed trace."""
    results: dict[str, list[EventResult]] = {method: [] for method in METHODS}
    for trace in traces:
        event = find_event(trace.clean_c)
        if event is None:
            continue
        temp_c = trace.temp_c if disturbance is None else disturbance.apply(trace.temp_c)
        for method, alarms in replay_all(model_of(trace), temp_c).items():
            results[method].append(judge_event(trace.name, trace.experiment, event, alarms))
    return results


def compare_with_rules(events: dict[str, list[EventResult]]) -> dict[str, Any]:
    """Return how much later (positive, s) the fused assessment is than the earliest rule or limit of each event."""
    delays: dict[str, float] = {}
    for place, fused in enumerate(events["fused"]):
        others = [events[method][place].lead_peak_s for method in METHODS if method not in ("model", "fused")]
        known = [lead_s for lead_s in others if lead_s is not None]
        if known and fused.lead_peak_s is not None:
            delays[fused.name] = max(known) - fused.lead_peak_s
    return {"latest_s": max(delays.values(), default=None), "delay_s": delays}


def judge_windows(model_of: Callable[[Trace], Path], traces: tuple[Trace, ...]) -> dict[str, Any]:
    """Return window scores out of fold: runaway experiments pooled, with every 20th quiet window, and each alone."""
    hot = sorted({trace.experiment for trace in traces if trace.kind == "runaway"})
    labels: dict[str, list[np.ndarray[Any, np.dtype[np.int8]]]] = {}
    risks: dict[str, list[Float32Array]] = {}
    for trace in traces:
        if len(trace.temp_c) < LENGTH:
            continue
        stride = 1 if trace.experiment in hot else QUIET_STRIDE
        kinds = label_windows(trace)
        used = np.flatnonzero(kinds != UNUSED)[::stride]
        answers = probabilities(load_engine(model_of(trace)), trace.temp_c)[used]
        known = np.isfinite(answers)
        key = trace.experiment if trace.experiment in hot else "quiet"
        labels.setdefault(key, []).append(kinds[used][known])
        risks.setdefault(key, []).append(answers[known])

    def scores(keys: list[str]) -> dict[str, float | int] | None:
        chosen = np.concatenate([part for key in keys for part in labels.get(key, [])])
        if not ((chosen == POSITIVE).any() and (chosen == NEGATIVE).any()):
            return None
        return window_scores(chosen, np.concatenate([part for key in keys for part in risks[key]]))

    return {
        "runaway_experiments": scores(hot),
        "with_quiet": scores([*hot, "quiet"]),
        "each": {key: scores([key]) for key in hot},
    }


def judge_quiet(
    model_of: Callable[[Trace], Path], traces: tuple[Trace, ...], methods: Sequence[str], workers: Workers
) -> dict[str, Any]:
    """Return false alarms per day of the methods over the quiet recordings.

    The rules alone need not be among them: what they raise, the fused assessment raises too.
    """
    tasks = ((model_of(trace), trace.temp_c, methods, FLAT_STRIDE) for trace in traces)
    rows = list(workers.run(count_alarms, tasks))
    hours = sum(trace.hours for trace in traces)
    return {method: rate_per_day(sum(row[method] for row in rows), hours) for method in methods}


def judge_nuisance(model: Path, hours: int, workers: Workers) -> dict[str, Any]:
    """Return alarms per 24 h of every method over ``hours`` of each kind of nuisance, and by kind."""
    tasks = [(kind, number) for kind in KINDS for number in range(hours)]
    rows = list(workers.run(_count_nuisance, ((model, kind, number) for kind, number in tasks)))
    table: dict[str, Any] = {"hours_per_kind": hours}
    for method in METHODS:
        by_kind = {
            kind: sum(row[method] for (name, _), row in zip(tasks, rows, strict=True) if name == kind) for kind in KINDS
        }
        table[method] = rate_per_day(sum(by_kind.values()), float(len(tasks))) | {
            "by_kind": {k: n for k, n in by_kind.items() if n}
        }
    return table


def _count_nuisance(model: Path, kind: str, number: int) -> dict[str, int]:
    return count_alarms(model, nuisance_trace(kind, NUISANCE_SEED, number).astype(np.float32))


def measure_speed(folder: Path, rounds: int = 200) -> dict[str, float]:
    """Return the median time in ms of one call with 1 and with 256 windows, ONNX Runtime on one thread."""
    engine = load_engine(folder / f"{FINAL}.onnx")
    times: dict[str, float] = {}
    for count in (1, 256):
        windows = np.random.default_rng(1).normal(25.0, 1.0, (count, LENGTH)).astype(np.float32)
        taken = []
        for _ in range(rounds):
            start = perf_counter()
            engine.predict(windows)
            taken.append(perf_counter() - start)
        times[str(count)] = round(float(np.median(taken)) * 1000.0, 4)
    return times


def card_metrics(metrics: dict[str, Any]) -> dict[str, Any]:
    """Return what the card tells a user: no timings, because equal inputs must give equal files."""
    told: dict[str, Any] = {
        "nuisance_alarms_per_day": {key: metrics["nuisance"][key]["per_day"] for key in ("model", "fused")}
    }
    if "summary" not in metrics:
        return told
    for key in ("rule_0.5", "model", "fused"):
        summary = metrics["summary"][key]
        told[key] = {
            "events_raised": f"{summary['raised']}/{summary['events']}",
            "lead_60_s": summary["lead_60_s"],
            "lead_onset_s": summary["lead_onset_s"],
            "quiet": metrics["quiet"].get(key),
        }
    told["window_roc_auc_by_experiment"] = metrics["windows"]["runaway_experiments"]["roc_auc"]
    return told
