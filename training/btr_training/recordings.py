"""A folder of recordings, ready for windows: read, grouped by experiment, on the grid, and with a word on each file."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .data import EXCEPTION_SUFFIX, INTERVAL_S, Recording, data_hash, read_folder, write_recording
from .groups import Groups, groups_for, write_groups
from .simulate import SimulatedTrace
from .windows import POSITIVE, Trace, label_windows, trace_recording

GROUPS_NOTE = "groups"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Traces of all recordings that are temperatures of cells, a SHA-256, and notes by recording.

    The digest is that of all files and of what the groups say about them: either changes what is trained on. The notes
    under ``groups`` are about the grouping.
    """

    traces: tuple[Trace, ...]
    sha256: str
    notes: dict[str, tuple[str, ...]]


def load_recordings(folder: Path, groups_file: Path | None = None) -> Recorded:
    """Read a folder; ``groups.toml`` beside the data goes before ``groups_file``, without either groups are derived.

    Raises:
        DataError: a file that is no recording.
        ConfigError: a wrong group file.
    """
    recordings = read_folder(folder)
    groups = groups_for(folder, groups_file, recordings)
    traces = {recording.name: trace_recording(recording, groups) for recording in recordings}
    notes = {one.name: one.notes + label_notes(one, groups, traces[one.name]) for one in recordings}
    flat = tuple(trace for one in recordings for trace in traces[one.name])
    return Recorded(flat, _digest(recordings, groups), {GROUPS_NOTE: groups.notes} | notes)


def write_simulated(folder: Path, traces: Sequence[SimulatedTrace]) -> Iterator[Path]:
    """Write simulated traces as recordings, yielding each file, and at last the ``groups.toml`` that they need.

    They share one clock and so would be one experiment, and cells that were merely heated would be called normal.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = {f"{number:03d}": trace for number, trace in enumerate(traces, start=1)}
    for name, trace in names.items():
        heard = np.isfinite(trace.temp_c)
        path = folder / f"temp_data_{name}{EXCEPTION_SUFFIX if trace.kind == 'runaway' else ''}.csv"
        write_recording(path, np.flatnonzero(heard).astype(np.float64) * INTERVAL_S, trace.temp_c[heard])
        yield path
    heated = frozenset(name for name, trace in names.items() if trace.kind == "heated")
    yield write_groups(folder, Groups({name: trace.name for name, trace in names.items()}, heated))


def label_notes(recording: Recording, groups: Groups, traces: tuple[Trace, ...]) -> tuple[str, ...]:
    """Return what the group file made of a recording, and where its name and its temperature do not agree."""
    if recording.name in groups.foreign:
        return ("left out: not the temperature of a cell",)
    if recording.name in groups.neighbours and not recording.runaway:
        return ("neighbour: its rising windows are no negatives, its hours are not quiet",)
    rising = any((label_windows(replace(trace, kind="runaway")) == POSITIVE).any() for trace in traces)
    if recording.runaway and not rising:
        return ("hint: called _exception, but no complete window comes before a rise of 5 K in 20 s",)
    if rising and not recording.runaway:
        top_c = max(float(np.max(trace.clean_c)) for trace in traces)
        hint = f"hint: called normal, but rises 5 K within 20 s (up to {top_c:.1f} degC); a neighbour's event?"
        return (f"{hint} Then name it under neighbours",)
    return ()


def _digest(recordings: Sequence[Recording], groups: Groups) -> str:
    digest = hashlib.sha256(data_hash(recordings).encode())
    for name in sorted(recording.name for recording in recordings):
        facts = (name, groups.experiment[name], name in groups.neighbours, name in groups.foreign)
        digest.update(f"{facts}\n".encode())
    return digest.hexdigest()
