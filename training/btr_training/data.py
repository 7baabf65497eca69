"""Recordings: reading, checking, resampling and writing the ``Time,Temperature`` format.

Time is in seconds, temperature in degC, one file per sensor; ``_exception`` at the end of the name says that the cell
ran away or stood beside one that did. Loggers burst at 10 kHz, pause, and restart their clock; every reading keeps
what it can and says what it did. This module needs numpy only, so that a replay can use it without the training
environment.
"""

import hashlib
import io
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

INTERVAL_S: Final = 0.5
MAX_GAP_S: Final = 120.0
# A sample this share of an interval early already stands for its grid point, as in btr_core.window.
EARLY_SHARE: Final = 0.1
EXCEPTION_SUFFIX: Final = "_exception"
COLUMNS: Final = ("Time", "Temperature")
FORMAT_REMEDY: Final = "Write a header line 'Time,Temperature' and then one 'seconds,degC' pair per line"

FloatArray = NDArray[np.float64]


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


def read_recording(path: Path) -> Recording:
    """Read one CSV file; raise DataError with file, line and remedy when it is not the format."""
    content = path.read_bytes()
    time_s, temp_c = _parse(path, content)
    notes = [f"{len(time_s)} rows"]
    segments = []
    for start, stop in _runs(time_s, notes):
        part_s, part_c = _merge_duplicates(time_s[start:stop], temp_c[start:stop], notes)
        _note_burst(part_s, notes)
        segments.append((part_s, part_c))
    name = path.stem.removeprefix("temp_data_")
    runaway = name.endswith(EXCEPTION_SUFFIX)
    digest = hashlib.sha256(content).hexdigest()
    return Recording(name.removesuffix(EXCEPTION_SUFFIX), runaway, tuple(segments), digest, tuple(notes))


def read_folder(folder: Path) -> tuple[Recording, ...]:
    """Read every ``*.csv`` of a folder in the order of their names; DataError when there is none."""
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise DataError(folder, None, "no .csv file in this folder", "Give the folder that holds the recordings")
    return tuple(read_recording(path) for path in paths)


def data_hash(recordings: tuple[Recording, ...]) -> str:
    """SHA-256 over names and contents, independent of where the files lie."""
    digest = hashlib.sha256()
    for recording in sorted(recordings, key=lambda one: (one.name, one.sha256)):
        digest.update(f"{recording.name} {recording.runaway} {recording.sha256}\n".encode())
    return digest.hexdigest()


def write_recording(path: Path, time_s: FloatArray, temp_c: FloatArray) -> None:
    """Write the same format, with milliseconds and 0.01 degC; parents of ``path`` must exist."""
    rows = [",".join(COLUMNS)]
    rows += [f"{second:.3f},{degree:.2f}" for second, degree in zip(time_s, temp_c, strict=True)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


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


def _parse(path: Path, content: bytes) -> tuple[FloatArray, FloatArray]:
    """Return the two columns as they stand, all finite."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(path, line, "the file is not UTF-8 text", "Save it again as 'CSV UTF-8'") from error
    header, _, body = text.partition("\n")
    if not header.strip():
        raise DataError(path, 1, "the file is empty", FORMAT_REMEDY)
    names = [name.strip().strip('"').casefold() for name in header.split(",")]
    missing = [column for column in COLUMNS if column.casefold() not in names]
    if missing:
        raise DataError(path, 1, f"the header has no column {' or '.join(missing)}", FORMAT_REMEDY)
    if not body.strip():
        raise DataError(path, 2, "there is a header but no sample", "Record at least two samples")
    columns = tuple(names.index(column.casefold()) for column in COLUMNS)
    try:
        table = np.loadtxt(io.StringIO(body), delimiter=",", usecols=columns, ndmin=2, comments=None)
    except ValueError:
        table = None
    if table is None or not np.isfinite(table).all():
        raise _find_bad_line(path, body, columns)
    if len(table) < 2:
        raise DataError(path, 2, "a single sample is not a recording", "Record at least two samples")
    return table[:, 0].copy(), table[:, 1].copy()


def _find_bad_line(path: Path, body: str, columns: tuple[int, ...]) -> DataError:
    """Return the error for the first line that does not hold two finite numbers."""
    for number, line in enumerate(body.splitlines(), start=2):
        if not line.strip():
            continue
        cells = line.split(",")
        for label, column in zip(COLUMNS, columns, strict=True):
            if column >= len(cells):
                return DataError(path, number, f"{label} is missing", FORMAT_REMEDY)
            try:
                finite = np.isfinite(float(cells[column]))
            except ValueError:
                finite = False
            if not finite:
                problem = f"{label} is {cells[column].strip()[:40]!r}, not a finite number"
                return DataError(path, number, problem, "Delete the line or repair the value")
    return DataError(path, None, "the file cannot be read as a table", FORMAT_REMEDY)


def _runs(time_s: FloatArray, notes: list[str]) -> list[tuple[int, int]]:
    """Return [start, stop) of the stretches without a backward jump or a long gap, at least two samples each."""
    steps = np.diff(time_s)
    back, gap = np.flatnonzero(steps < 0), np.flatnonzero(steps > MAX_GAP_S)
    notes += [f"split: time jumps back {-steps[index]:.1f} s after {time_s[index]:.1f} s" for index in back]
    notes += [f"split: gap of {steps[index]:.1f} s after {time_s[index]:.1f} s" for index in gap]
    cuts = [0, *sorted([*(back + 1).tolist(), *(gap + 1).tolist()]), len(time_s)]
    runs = [(start, stop) for start, stop in pairwise(cuts) if stop - start >= 2]
    if len(runs) < len(cuts) - 1:
        notes.append("dropped: single samples between two splits")
    return runs


def _merge_duplicates(time_s: FloatArray, temp_c: FloatArray, notes: list[str]) -> tuple[FloatArray, FloatArray]:
    """Average samples that carry the same time."""
    unique_s, first, counts = np.unique(time_s, return_index=True, return_counts=True)
    if len(unique_s) == len(time_s):
        return time_s, temp_c
    notes.append(f"averaged: {len(time_s) - len(unique_s)} samples with a repeated time")
    return unique_s, np.add.reduceat(temp_c, first) / counts


def _note_burst(time_s: FloatArray, notes: list[str]) -> None:
    """Say so when the logger ran faster than the grid, because those samples are averaged on it."""
    steps = np.diff(time_s)
    fast = steps < INTERVAL_S / 2
    if fast.any():
        notes.append(f"burst: {steps[fast].sum():.1f} s at up to {1 / steps[fast].min():.0f} Hz, averaged on the grid")
