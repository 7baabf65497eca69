"""Alarms where nothing happens: quiet recordings and the nuisance suite, counted and shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np

from .cuts import Incident, Place, find_incidents
from .methods import replay
from .metrics import rate_per_day
from .nuisance import KINDS, nuisance_trace
from .nuisance_scene import SAMPLES
from .scale_out import Workers
from .windows import Trace

NUISANCE_SEED: Final = 77
FLAT_STRIDE: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class JudgedQuiet:
    """One trace without an event: number of alarms by method, and the incidents of those that are listed."""

    counts: dict[str, int]
    incidents: tuple[Incident, ...]


def judge_quiet(
    model_of: Callable[[Trace], Path], traces: Sequence[Trace], methods: Sequence[str], workers: Workers
) -> tuple[dict[str, Any], tuple[Incident, ...]]:
    """Return false alarms per day of the methods over the quiet recordings, and the incidents.

    The rules alone need not be among them: what they raise, the fused assessment raises too.
    """
    tasks = ((model_of(trace), trace, methods) for trace in traces)
    judged = list(workers.run(_judge_recording, tasks))
    hours = sum(trace.hours for trace in traces)
    table = {method: rate_per_day(sum(one.counts[method] for one in judged), hours) for method in methods}
    return table, tuple(incident for one in judged for incident in one.incidents)


def judge_nuisance(
    model: Path, hours: float, methods: Sequence[str], workers: Workers
) -> tuple[dict[str, Any], tuple[Incident, ...]]:
    """Return alarms per 24 h of the methods over ``hours`` of each kind, by kind too, and the incidents."""
    pieces = [(number, min(SAMPLES, round((hours - number) * SAMPLES))) for number in range(ceil(hours))]
    tasks = [(model, kind, number, samples, methods) for kind in KINDS for number, samples in pieces]
    judged = list(workers.run(_judge_nuisance, tasks))
    table: dict[str, Any] = {"hours_per_kind": hours, "kinds": list(KINDS)}
    for method in methods:
        by_kind = {
            kind: sum(one.counts[method] for task, one in zip(tasks, judged, strict=True) if task[1] == kind)
            for kind in KINDS
        }
        table[method] = rate_per_day(sum(by_kind.values()), hours * len(KINDS)) | {
            "by_kind": {kind: count for kind, count in by_kind.items() if count}
        }
    return table, tuple(incident for one in judged for incident in one.incidents)


def count_alarms(model: Path, trace: Trace) -> dict[str, int]:
    """Return the number of alarms of every method on one trace."""
    return replay(model, trace.temp_c).counts


def _judge_recording(model: Path, trace: Trace, methods: Sequence[str]) -> JudgedQuiet:
    replayed = replay(model, trace.temp_c, methods, FLAT_STRIDE)
    place = Place("quiet", trace.name, trace.experiment, trace.start_s)
    return JudgedQuiet(replayed.counts, find_incidents(place, replayed))


def _judge_nuisance(model: Path, kind: str, number: int, samples: int, methods: Sequence[str]) -> JudgedQuiet:
    replayed = replay(model, nuisance_trace(kind, NUISANCE_SEED, number)[:samples].astype(np.float32), methods)
    return JudgedQuiet(replayed.counts, find_incidents(Place("nuisance", f"{kind} {number + 1}", kind, 0.0), replayed))
