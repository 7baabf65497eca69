"""The judgement: whole recordings, each by the model that never saw its experiment, through the run time's code."""

from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np

from btr_core.risk.engine import load_engine

from .bounds import bounds_of
from .card_metrics import card_metrics
from .config import EvaluationConfig
from .cuts import SERIES, Cut, Incident, save_cuts
from .disturbances import DISTURBANCES
from .judge_events import compare_with_rules, judge_events, results_by_method, with_lead_in
from .judge_quiet import Suite, count_alarms, judge_nuisance, judge_quiet, rule_nuisance, rule_quiet
from .judge_windows import judge_windows
from .methods import METHODS, Ruled
from .metrics import EventResult, as_table, summarise_events
from .pipeline import FINAL
from .scale_out import ONE, Workers
from .windows import LENGTH, Trace

__all__ = ["METHODS", "card_metrics", "evaluate_run", "measure_speed"]

# A nervous model raises hundreds of false alarms; this many pictures of them tell the story.
PICTURED: Final = 40


def evaluate_run(
    folder: Path, record: dict[str, Any], traces: Sequence[Trace], config: EvaluationConfig, workers: Workers = ONE
) -> dict[str, Any]:
    """Return all metrics of a run folder, and write its ``series.npz``; ``traces`` are judged out of fold."""
    methods = _methods(config)
    suite = Suite(config.nuisance_seed, config.nuisance_hours)
    nuisance, incidents = judge_nuisance(folder / f"{FINAL}.onnx", suite, methods, workers)
    metrics: dict[str, Any] = {"nuisance": nuisance, "speed_ms": measure_speed(folder)}
    cuts: tuple[Cut, ...] = ()
    if traces:

        def model_of(trace: Trace) -> Path:
            return folder / f"fold_{record['folds'][trace.experiment]}.onnx"

        runaways = tuple(with_lead_in(trace) for trace in traces if trace.kind == "runaway")
        told, cuts, early = _judge_runaways(model_of, runaways, workers)
        metrics |= told | judge_windows(model_of, traces)
        if config.robustness:
            metrics["robustness"] = _judge_robustness(model_of, runaways, methods, workers)
        metrics["quiet"], disturbed = judge_quiet(model_of, _quiet(traces), _quiet_methods(config), workers)
        heated = tuple(trace for trace in traces if trace.kind == "heated")
        counted = workers.run(count_alarms, ((model_of(trace), trace) for trace in heated))
        metrics["neighbours"] = {trace.name: counts for trace, counts in zip(heated, counted, strict=True)}
        incidents = (*disturbed, *early, *incidents)
    metrics["false_alarms"] = list_false_alarms(incidents, len(cuts))
    metrics["cuts"] = save_cuts(folder / SERIES, [*cuts, *(incident.cut for incident in incidents[:PICTURED])])
    return metrics


def ask_rules(traces: Sequence[Trace], config: EvaluationConfig, workers: Workers = ONE) -> Ruled:
    """Return what the rules raise in the quiet and in the nuisance suite: where the time goes, whatever the model."""
    suite = Suite(config.nuisance_seed, config.nuisance_hours)
    return {
        **rule_quiet(_quiet(traces), _quiet_methods(config), workers),
        **rule_nuisance(suite, _methods(config), workers),
    }


def _methods(config: EvaluationConfig) -> tuple[str, ...]:
    return METHODS if config.fused_everywhere else tuple(method for method in METHODS if method != "fused")


def _quiet(traces: Sequence[Trace]) -> tuple[Trace, ...]:
    return tuple(trace for trace in traces if trace.kind == "benign")


def _quiet_methods(config: EvaluationConfig) -> tuple[str, ...]:
    """Return all but the rules alone: what they raise, the fused assessment raises too."""
    return tuple(method for method in _methods(config) if method != "rules")


def _judge_runaways(
    model_of: Callable[[Trace], Path], runaways: Sequence[Trace], workers: Workers
) -> tuple[dict[str, Any], tuple[Cut, ...], tuple[Incident, ...]]:
    """Return the metrics about events, their cuts, and what was raised long before an event."""
    judged = judge_events(model_of, runaways, workers=workers)
    events = results_by_method(judged)
    told = {
        "events": {method: as_table(results) for method, results in events.items()},
        "summary": {method: summarise_events(results) for method, results in events.items()},
        "bounds": {method: bounds_of(results) for method, results in events.items()},
        "misses": list_misses(events),
        "fused_against_rules": compare_with_rules(events),
    }
    return told, tuple(one.cut for one in judged), tuple(incident for one in judged for incident in one.early)


def _judge_robustness(
    model_of: Callable[[Trace], Path], runaways: Sequence[Trace], methods: Sequence[str], workers: Workers
) -> dict[str, dict[str, Any]]:
    """Return the summary of the methods for every disturbance of the events."""
    table = {}
    for disturbance in DISTURBANCES:
        events = results_by_method(judge_events(model_of, runaways, disturbance, methods, workers))
        table[disturbance.name] = {method: summarise_events(results) for method, results in events.items()}
    return table


def list_false_alarms(incidents: Sequence[Incident], first_cut: int) -> list[dict[str, Any]]:
    """Return every false alarm of the listed methods with the number of its cut, None where none is kept."""
    return [
        {
            "method": method,
            "kind": incident.place.kind,
            "trace": incident.place.trace,
            "time_s": incident.place.start_s + alarm.time_s,
            "cause": alarm.cause,
            "cut": first_cut + number if number < PICTURED else None,
        }
        for number, incident in enumerate(incidents)
        for method, alarm in incident.alarms
    ]


def list_misses(events: dict[str, list[EventResult]]) -> list[dict[str, str]]:
    """Return every event that a method did not raise."""
    return [
        {"method": method, "trace": result.name, "experiment": result.experiment}
        for method, results in events.items()
        for result in results
        if not result.raised
    ]


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
