"""Recordings: reading, checking, resampling and writing the ``Time,Temperature`` format.

Time is in seconds, temperature in degC, one file per sensor; ``_exception`` at the end of the name says that the cell
ran away or stood beside one that did. Loggers burst at 10 kHz, pause, and restart their clock; every reading keeps
what it can and says what it did. This module needs numpy only, so that a replay can use it without the training
environment.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from btr_core.plausibility import INTERNAL
from btr_core.recording import as_csv
from btr_core.series import Sample

from .csv_table import read_table
from .errors import DataError

INTERVAL_S: Final = 0.5
# From the first to the last of the 60 samples that a model sees at a time.
WINDOW_S: Final = 29.5
# What a temperature of a cell can be; the run time believes nothing beyond (btr_core.plausibility.INTERNAL).
LOWEST_C: Final = INTERNAL.low
HIGHEST_C: Final = INTERNAL.high
MAX_GAP_S: Final = 120.0
# A sample this share of an interval early already stands for its grid point, as in btr_core.window.
EARLY_SHARE: Final = 0.1
# More clock restarts than this share of the rows: the rows were written in another order than that of time.
UNORDERED_SHARE: Final = 0.1
# Where a healthy cell does not begin: hotter than any test chamber, hotter than a person would keep a room.
KELVIN_ABOVE_C: Final = 200.0
FAHRENHEIT_ABOVE_C: Final = 65.0
EXCEPTION_SUFFIX: Final = "_exception"

# A note for each of so many gaps, then a number: some loggers write only changes.
MOST_NOTES: Final = 5

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One sensor of one file, as logged.

    ``segments`` are (time_s, temp_c) pairs with strictly rising time; more than one when the clock jumped back or
    paused for more than two minutes. ``notes`` say what the loader did.
    """

    name: str
    runaway: bool
    segments: tuple[tuple[FloatArray, FloatArray], ...]
    sha256: str
    notes: tuple[str, ...]

    @property
    def duration_s(self) -> float:
        """Seconds covered by all segments together."""
        return float(sum(time_s[-1] - time_s[0] for time_s, _ in self.segments))


Segments = Sequence[tuple[FloatArray, FloatArray]]


def read_recording(path: Path) -> Recording:
    """Read one CSV file; raise DataError with file, line and remedy when it is not the format."""
    try:
        content = path.read_bytes()
    except OSError as error:
        remedy = "Give a readable file, or move it out of the folder"
        raise DataError(path, None, f"cannot be read ({error.strerror})", remedy) from error
    time_s, temp_c = read_table(path, content)
    notes = [f"{len(time_s)} rows"]
    segments = []
    for stretch_s, stretch_c in _stretches(time_s, temp_c, notes):
        segments += _without_gaps(*_merge_duplicates(stretch_s, stretch_c, notes), notes)
    if not segments:
        raise _too_sparse(path, time_s)
    notes += [note for describe in (_burst, _short, _sparse, _beyond_range, _other_unit) for note in describe(segments)]
    name = path.stem.removeprefix("temp_data_")
    runaway = name.casefold().endswith(EXCEPTION_SUFFIX)
    digest = hashlib.sha256(content).hexdigest()
    return Recording(
        name[: -len(EXCEPTION_SUFFIX)] if runaway else name, runaway, tuple(segments), digest, tuple(notes)
    )


def read_folder(folder: Path) -> tuple[Recording, ...]:
    """Read every ``*.csv`` of a folder in the order of their names.

    Raises:
        DataError: there is none, one is not the format, or two are one recording by their names.
    """
    if not folder.is_dir():
        raise DataError(folder, None, "there is no such folder", "Give the folder that holds the recordings")
    # A hidden file is no recording but what an operating system keeps beside it.
    paths = sorted(
        path for path in folder.iterdir() if path.suffix.casefold() == ".csv" and not path.name.startswith(".")
    )
    if not paths:
        raise DataError(folder, None, "no .csv file in this folder", "Give the folder that holds the recordings")
    recordings: dict[str, Recording] = {}
    for path in paths:
        recording = read_recording(path)
        if recording.name in recordings:
            raise DataError(path, None, f"there is another recording {recording.name}", "Rename or remove one of them")
        recordings[recording.name] = recording
    return tuple(recordings.values())


def data_hash(recordings: Sequence[Recording]) -> str:
    """SHA-256 over names and contents, independent of where the files lie."""
    digest = hashlib.sha256()
    for recording in sorted(recordings, key=lambda one: (one.name, one.sha256)):
        digest.update(f"{recording.name} {recording.runaway} {recording.sha256}\n".encode())
    return digest.hexdigest()


def write_recording(path: Path, time_s: FloatArray, temp_c: FloatArray) -> None:
    """Write the same format, with milliseconds and 0.01 degC; NaN is no sample. Parents of ``path`` must exist."""
    rows = zip(time_s.tolist(), temp_c.tolist(), strict=True)
    path.write_text(as_csv(Sample(second, degree) for second, degree in rows if isfinite(degree)), encoding="utf-8")


def to_grid(time_s: FloatArray, temp_c: FloatArray, interval_s: float = INTERVAL_S) -> tuple[FloatArray, FloatArray]:
    """Return (grid times, temperatures) every ``interval_s`` from the first sample on, as btr_core resamples.

    The samples of a cell are averaged when there are several (a 10 kHz burst weighs no more than its seconds), else
    the grid point lies on the line between its neighbours. ``time_s`` must rise strictly; pauses are bridged, so
    split long ones before.
    """
    place = (time_s - time_s[0]) / interval_s
    reached = np.floor(place + EARLY_SHARE).astype(np.int64)
    completes = np.diff(reached, prepend=-1) > 0
    cell = np.where(completes & (place - reached <= EARLY_SHARE), reached, reached + 1)
    points = np.arange(reached[-1] + 1)
    counts = np.bincount(cell, minlength=len(points))[: len(points)]
    sums = np.bincount(cell, weights=temp_c, minlength=len(points))[: len(points)]
    after = np.searchsorted(reached, points)
    ahead_s = (place[after] - points) * interval_s
    before = np.maximum(after - 1, 0)
    span_s = np.where(after > before, time_s[after] - time_s[before], 1.0)
    slope = (temp_c[after] - temp_c[before]) / span_s
    single = temp_c[after] - slope * np.maximum(ahead_s, 0.0)
    return time_s[0] + points * interval_s, np.where(counts > 1, sums / np.maximum(counts, 1), single)


def _stretches(time_s: FloatArray, temp_c: FloatArray, notes: list[str]) -> list[tuple[FloatArray, FloatArray]]:
    """Return what lies between two restarts of the clock, each in the order of time.

    A few rows in a wrong place are put in the right one. When the clock seems to restart all the time, the rows were
    written in another order (newest first, by value), and all of them are sorted.
    """
    back = np.flatnonzero(np.diff(time_s) < 0)
    restarts = back[~_misplaced(time_s, back)]
    if len(restarts) > 1 and len(restarts) > UNORDERED_SHARE * len(time_s):
        restarts = restarts[:0]
    steps = time_s[restarts] - time_s[restarts + 1]
    notes += [
        f"split: time jumps back {step:.1f} s after {time_s[index]:.1f} s"
        for index, step in zip(restarts, steps, strict=True)
    ]
    stretches = list(zip(np.split(time_s, restarts + 1), np.split(temp_c, restarts + 1), strict=True))
    if len(back) == len(restarts):
        return stretches
    notes.append(f"sorted: time went back {len(back) - len(restarts)} times")
    orders = [np.argsort(part_s, kind="stable") for part_s, _ in stretches]
    return [(part_s[order], part_c[order]) for (part_s, part_c), order in zip(stretches, orders, strict=True)]


def _misplaced(time_s: FloatArray, back: IndexArray) -> BoolArray:
    """Return where a step back is one row in a wrong place: without it, or without the row before, time goes on."""
    padded = np.concatenate([[np.inf], time_s, [-np.inf]])
    return np.asarray((padded[back + 2] > padded[back]) | (padded[back + 3] > padded[back + 1]))


def _merge_duplicates(time_s: FloatArray, temp_c: FloatArray, notes: list[str]) -> tuple[FloatArray, FloatArray]:
    """Average samples that carry the same time."""
    unique_s, first, counts = np.unique(time_s, return_index=True, return_counts=True)
    if len(unique_s) == len(time_s):
        return time_s, temp_c
    notes.append(f"averaged: {len(time_s) - len(unique_s)} samples with a repeated time")
    return unique_s, np.add.reduceat(temp_c, first) / counts


def _without_gaps(time_s: FloatArray, temp_c: FloatArray, notes: list[str]) -> list[tuple[FloatArray, FloatArray]]:
    """Return the parts between long gaps that have at least two samples."""
    steps = np.diff(time_s)
    gaps = np.flatnonzero(steps > MAX_GAP_S)
    notes += [f"split: gap of {steps[index]:.1f} s after {time_s[index]:.1f} s" for index in gaps[:MOST_NOTES]]
    if len(gaps) > MOST_NOTES:
        notes.append(f"split: {len(gaps) - MOST_NOTES} more gaps")
    parts = list(zip(np.split(time_s, gaps + 1), np.split(temp_c, gaps + 1), strict=True))
    kept = [(part_s, part_c) for part_s, part_c in parts if len(part_s) >= 2]
    if len(kept) < len(parts):
        notes.append(f"dropped: {len(parts) - len(kept)} single samples between two splits")
    return kept


def _too_sparse(path: Path, time_s: FloatArray) -> DataError:
    apart_s = float(np.median(np.abs(np.diff(time_s))))
    problem = f"no two samples are within {MAX_GAP_S:g} s, most are {apart_s:g} s apart"
    return DataError(path, None, problem, "Time is in seconds: if it was written in ms, divide it by 1000")


def _burst(segments: Segments) -> list[str]:
    """Say so when the logger ran faster than the grid for a while, because those samples are averaged on it."""
    steps = np.concatenate([np.diff(time_s) for time_s, _ in segments])
    fast = steps[steps < INTERVAL_S / 2]
    if fast.sum() < INTERVAL_S:
        return []
    return [f"burst: {fast.sum():.1f} s at up to {1 / fast.min():.0f} Hz, averaged on the grid"]


def _short(segments: Segments) -> list[str]:
    longest_s = max(time_s[-1] - time_s[0] for time_s, _ in segments)
    return [] if longest_s >= WINDOW_S else [f"too short: {longest_s:.1f} s hold no window of {WINDOW_S:g} s"]


def _sparse(segments: Segments) -> list[str]:
    apart_s = float(np.median(np.concatenate([np.diff(time_s) for time_s, _ in segments])))
    if apart_s <= WINDOW_S:
        return []
    return [f"hint: samples are {apart_s:g} s apart, a window holds hardly one; if Time is in ms, divide it by 1000"]


def _beyond_range(segments: Segments) -> list[str]:
    time_s, temp_c = (np.concatenate(column) for column in zip(*segments, strict=True))
    notes = []
    for side, beyond in (("above", temp_c > HIGHEST_C), ("below", temp_c < LOWEST_C)):
        limit_c = HIGHEST_C if side == "above" else LOWEST_C
        if beyond.any():
            first_s = time_s[np.argmax(beyond)]
            notes.append(
                f"set aside in windows: {beyond.sum()} readings {side} {limit_c:g} degC from {first_s:.1f} s on"
            )
    return notes


def _other_unit(segments: Segments) -> list[str]:
    start_c = float(np.median(segments[0][1][:5]))
    if start_c > KELVIN_ABOVE_C:
        return [f"hint: starts at {start_c:.1f}; if that is kelvin, subtract 273.15"]
    if start_c > FAHRENHEIT_ABOVE_C:
        return [f"hint: starts at {start_c:.1f}; if that is degF, convert it to degC"]
    return []
