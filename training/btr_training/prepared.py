"""What a run trains on and is judged on: recordings and simulated traces, the same for equal configurations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from .config import Config, SimulationConfig
from .recordings import load_recordings
from .scale_out import ONE, Workers
from .simulate import BATCH, SimulatedTrace, simulate_abuse, simulate_benign
from .trace_set import TraceSet
from .windows import Trace, trace_simulated

# The validation traces come from other streams of the generator than the training traces.
VALIDATION_SEED_STEP: Final = 1_000_000

Simulate = Callable[[int, int, int], tuple[SimulatedTrace, ...]]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a run trains on: traces of recordings and of the simulator, and what is kept for calibration.

    ``recordings_sha256`` is None without recordings; ``notes`` say what the loader did to each file.
    """

    recorded: Sequence[Trace]
    simulated: Sequence[Trace]
    validation: Sequence[Trace]
    recordings_sha256: str | None
    notes: dict[str, tuple[str, ...]]


def prepare(config: Config, workers: Workers = ONE) -> Prepared:
    """Read the recordings (if any) and run the simulator; the same for one configuration, whatever the workers."""
    recorded, digest, notes = prepare_recordings(config)
    simulated, validation = _simulate(config.simulation, workers)
    return Prepared(recorded, simulated, validation, digest, notes)


def prepare_recordings(config: Config) -> tuple[TraceSet, str | None, dict[str, tuple[str, ...]]]:
    """Return (traces, SHA-256, what the loader did to each file) of the configured recordings; without any, nothing."""
    if not config.data.recordings:
        return TraceSet.of(()), None, {}
    groups_file = Path(config.data.groups) if config.data.groups else None
    recorded = load_recordings(Path(config.data.recordings), groups_file)
    return TraceSet.of(recorded.traces), recorded.sha256, recorded.notes


@lru_cache(maxsize=1)
def _simulate(sizes: SimulationConfig, workers: Workers) -> tuple[TraceSet, TraceSet]:
    """Return the traces to train on and those of the validation; runs that follow each other share them."""
    other = sizes.seed + VALIDATION_SEED_STEP
    training = _parts(simulate_abuse, sizes.seed, sizes.abused) + _parts(simulate_benign, sizes.seed, sizes.benign)
    validation = _parts(simulate_abuse, other, sizes.validation_abused)
    validation += _parts(simulate_benign, other, sizes.validation_benign)
    made = list(workers.run(_simulate_part, [*training, *validation]))
    one, two = made[: len(training)], made[len(training) :]
    return TraceSet.of(trace for part in one for trace in part), TraceSet.of(trace for part in two for trace in part)


def _parts(simulate: Simulate, seed: int, count: int) -> list[tuple[Simulate, int, int, int]]:
    """Return tasks that together simulate the first ``count`` traces of a seed."""
    return [(simulate, seed, min(BATCH, count - first), first) for first in range(0, count, BATCH)]


def _simulate_part(simulate: Simulate, seed: int, count: int, first: int) -> tuple[Trace, ...]:
    return tuple(map(trace_simulated, simulate(seed, count, first)))
