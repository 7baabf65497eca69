"""Alarms where nothing happens: quiet recordings and the nuisance suite, counted and shown."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any, Final

import numpy as np

from .cuts import Incident, Place, find_incidents
from .methods import Ruled, apply_rules, replay
from .metrics import rate_per_day
from .nuisance import KINDS, nuisance_trace
from .nuisance_scene import SAMPLES
from .scale_out import Workers
from .windows import Float32Array, Trace

FLAT_STRIDE: Final = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """An hour of the nuisance suite, or the first samples of one."""

    kind: str
    seed: int
    number: int
    samples: int

    def temp_c(self) -> Float32Array:
        """Return its temperatures, the same every time."""
        return nuisance_trace(self.kind, self.seed, self.number)[: self.samples].astype(np.float32)


@dataclass(frozen=True, slots=True)
class Suite:
    """So many hours of each kind of nuisance, as one seed makes them."""

    seed: int
    hours: float

    def pieces(self) -> tuple[Piece, ...]:
        """Return all hours of all kinds, kind by kind."""
        sizes = [min(SAMPLES, round((self.hours - number) * SAMPLES)) for number in range(ceil(self.hours))]
        return tuple(Piece(kind, self.seed, number, size) for kind in KINDS for number, size in enumerate(sizes))


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
    model: Path, suite: Suite, methods: Sequence[str], workers: Workers
) -> tuple[dict[str, Any], tuple[Incident, ...]]:
    """Return alarms per 24 h of the methods over the suite, by kind too, and the incidents."""
    pieces = suite.pieces()
    judged = list(workers.run(_judge_nuisance, ((model, piece, methods) for piece in pieces)))
    table: dict[str, Any] = {"hours_per_kind": suite.hours, "seed": suite.seed, "kinds": list(KINDS)}
    for method in methods:
        by_kind = {
            kind: sum(one.counts[method] for piece, one in zip(pieces, judged, strict=True) if piece.kind == kind)
            for kind in KINDS
        }
        table[method] = rate_per_day(sum(by_kind.values()), suite.hours * len(KINDS)) | {
            "by_kind": {kind: count for kind, count in by_kind.items() if count}
        }
    return table, tuple(incident for one in judged for incident in one.incidents)


def rule_quiet(traces: Sequence[Trace], methods: Sequence[str], workers: Workers) -> Ruled:
    """Return what the rules among the methods raise on recordings: the same whatever the model."""
    return _merged(workers.run(_rule_recording, ((trace, methods) for trace in traces)))


def rule_nuisance(suite: Suite, methods: Sequence[str], workers: Workers) -> Ruled:
    """Return what the rules among the methods raise on the suite: the same whatever the model."""
    return _merged(workers.run(_rule_nuisance, ((piece, methods) for piece in suite.pieces())))


def _merged(parts: Iterable[Ruled]) -> Ruled:
    return {key: alarms for part in parts for key, alarms in part.items()}


def count_alarms(model: Path, trace: Trace) -> dict[str, int]:
    """Return the number of alarms of every method on one trace."""
    return replay(model, trace.temp_c).counts


def _judge_recording(model: Path, trace: Trace, methods: Sequence[str]) -> JudgedQuiet:
    replayed = replay(model, trace.temp_c, methods, FLAT_STRIDE)
    place = Place("quiet", trace.name, trace.experiment, trace.start_s)
    return JudgedQuiet(replayed.counts, find_incidents(place, replayed))


def _judge_nuisance(model: Path, piece: Piece, methods: Sequence[str]) -> JudgedQuiet:
    replayed = replay(model, piece.temp_c(), methods)
    place = Place("nuisance", f"{piece.kind} {piece.number + 1}", piece.kind, 0.0)
    return JudgedQuiet(replayed.counts, find_incidents(place, replayed))


def _rule_recording(trace: Trace, methods: Sequence[str]) -> Ruled:
    return apply_rules(trace.temp_c, methods)


def _rule_nuisance(piece: Piece, methods: Sequence[str]) -> Ruled:
    return apply_rules(piece.temp_c(), methods)
