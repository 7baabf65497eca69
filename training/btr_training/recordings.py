"""A folder of recordings, ready for windows: read, grouped by experiment, on the grid, and with a word on each file."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .data import Recording, data_hash, read_folder
from .groups import Groups, groups_for
from .windows import POSITIVE, Trace, label_windows, trace_recording

GROUPS_NOTE = "groups"


@dataclass(frozen=True, slots=True)
class Recorded:
    """Traces of all recordings that are temperatures of cells, the SHA-256 of all files, and notes by recording.

    The notes under ``groups`` are about the grouping.
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
    return Recorded(flat, data_hash(recordings), {GROUPS_NOTE: groups.notes} | notes)


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
