"""Recorded temperatures: read once, with every oddity named, and laid on the node's time grid of 0.5 s.

Loggers write bursts of 10 kHz, gaps, restarted clocks and words. A row that cannot be read is skipped and counted; a
file of which too little is left is refused.
"""

import csv
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .errors import RecordingError

SAMPLE_INTERVAL_S = 0.5
"""The node measures at 2 Hz."""

COLUMNS = ("time", "temperature")
NOTED_GAP_S = 120.0
"""Longer gaps than the slowest known logger leaves (60 s) are worth a word."""
MAX_STEP_S = 86_400.0
MAX_SPAN_S = 31 * 86_400.0
"""Bounds that keep one nonsensical time stamp from asking for a grid of gigabytes."""
MAX_ABS_TEMP_C = 10_000.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Recording:
    """Temperatures of one sensor on a grid of 0.5 s that starts at 0.

    ``temp_c`` is finite, in degC, at least two values. ``remarks`` are sentences about what the file had wrong;
    ``skipped_rows`` counts the rows that could not be used.
    """

    name: str
    temp_c: Floats
    skipped_rows: int = 0
    remarks: tuple[str, ...] = field(default=())

    @property
    def duration_s(self) -> float:
        """Time of the last value, in seconds from the start of the recording."""
        return (len(self.temp_c) - 1) * SAMPLE_INTERVAL_S

    @property
    def peak_s(self) -> float:
        """Time of the (first) hottest value, in seconds from the start of the recording."""
        return int(np.argmax(self.temp_c)) * SAMPLE_INTERVAL_S

    @property
    def peak_c(self) -> float:
        """The hottest value, in degC."""
        return float(self.temp_c.max())

    def temp_at(self, time_s: float) -> float:
        """Temperature in degC at that time; the first value before the start, the last after the end."""
        before, fraction = divmod(min(max(time_s, 0.0), self.duration_s) / SAMPLE_INTERVAL_S, 1.0)
        here = float(self.temp_c[int(before)])
        return here + fraction * (float(self.temp_c[int(before) + 1]) - here) if fraction else here

    def write_even(self, path: Path) -> None:
        """Write what was read as a CSV with a row every 0.5 s, for programs that take nothing else."""
        with path.open("w", encoding="utf-8") as file:
            file.write("Time,Temperature\n")
            file.writelines(f"{index * SAMPLE_INTERVAL_S:.1f},{value:.4f}\n" for index, value in enumerate(self.temp_c))

    def start_for(self, span_s: float) -> float:
        """Where to start so that the hottest moment comes after 60 % of a replay of ``span_s`` recorded seconds."""
        if span_s >= self.duration_s:
            return 0.0
        return max(0.0, self.peak_s - 0.6 * span_s)


def load_recording(path: Path) -> Recording:
    """Read a CSV with the columns ``Time`` (seconds) and ``Temperature`` (degC).

    Raises:
        RecordingError: the file cannot be read, or holds too little that can be used; names file, line and remedy.
    """
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = _Rows(path)
            time_s, temp_c = rows.read(file)
    except OSError as err:
        raise RecordingError(
            f"{path}: cannot be read ({err.strerror}). Give the path of a CSV file with the columns Time,Temperature."
        ) from err
    if len(time_s) < 2 or rows.skipped_count > len(time_s):
        raise RecordingError(
            f"{path}: {len(time_s)} usable rows, {rows.skipped_count} unusable ones{rows.first_fault()}. "
            "A recording needs rows of two numbers, time in seconds and temperature in degC, such as 0.5,25.3."
        )
    return Recording(path.name, _on_grid(path, time_s, temp_c), rows.skipped_count, rows.remarks())


class _Rows:
    """Reads the rows of one file and keeps account of what was wrong with them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._skipped = _Tally()
        self._bridged = _Tally()

    @property
    def skipped_count(self) -> int:
        return self._skipped.total

    def first_fault(self) -> str:
        first = self._skipped.first
        return f" (the first in line {first[0]}: {first[1]})" if first else ""

    def remarks(self) -> tuple[str, ...]:
        return (
            *(f"{self._path}: rows skipped because {line}" for line in self._skipped.lines()),
            *(f"{self._path}: {line}" for line in self._bridged.lines()),
        )

    def read(self, lines: Iterable[str]) -> tuple[Floats, Floats]:
        """The usable rows as seconds from the first one, never falling, and degC."""
        reader = csv.reader(lines)
        try:
            columns = self._columns(next(reader, []))
            values = np.array(list(self._values(reader, columns)), dtype=np.float64).reshape(-1, 2)
        except csv.Error as err:
            raise RecordingError(
                f"{self._path}, line {reader.line_num}: not CSV ({err}). Save it as plain text with commas."
            ) from err
        return values[:, 0], values[:, 1]

    def _columns(self, header: list[str]) -> tuple[int, int]:
        names = [name.strip().lower() for name in header]
        missing = [name.capitalize() for name in COLUMNS if name not in names]
        if missing:
            raise RecordingError(
                f"{self._path}, line 1: no column {' and no column '.join(missing)}. "
                "The first line must name the columns, as in Time,Temperature."
            )
        return names.index(COLUMNS[0]), names.index(COLUMNS[1])

    def _values(self, reader: Iterator[list[str]], columns: tuple[int, int]) -> Iterator[tuple[float, float]]:
        origin_s = previous_s = 0.0
        first = True
        for line, row in enumerate(reader, start=2):
            if not row:
                continue
            fault, stamp_s, temp_c = _parse(row, columns)
            if first and not fault:
                origin_s, previous_s, first = stamp_s, 0.0, False
            time_s = stamp_s - origin_s
            if not fault and time_s - previous_s > MAX_STEP_S:
                fault = "its time is more than a day after the row before"
            if fault:
                self._skipped.add(fault, line)
                continue
            if time_s < previous_s:
                self._bridged.add("the time jumps back; what follows is put behind what came before", line)
                origin_s, time_s = stamp_s - previous_s, previous_s
            elif time_s - previous_s > NOTED_GAP_S:
                self._bridged.add(f"nothing was recorded for over {NOTED_GAP_S:g} s; a straight line bridges it", line)
            previous_s = time_s
            yield time_s, temp_c


class _Tally:
    """Counts what was odd, with the line where each oddity was met first."""

    def __init__(self) -> None:
        self._count: Counter[str] = Counter()
        self._first_line: dict[str, int] = {}

    def add(self, oddity: str, line: int) -> None:
        self._count[oddity] += 1
        self._first_line.setdefault(oddity, line)

    @property
    def total(self) -> int:
        return self._count.total()

    @property
    def first(self) -> tuple[int, str] | None:
        return min(((line, oddity) for oddity, line in self._first_line.items()), default=None)

    def lines(self) -> tuple[str, ...]:
        return tuple(
            f"{oddity} ({count} times, first in line {self._first_line[oddity]})"
            for oddity, count in self._count.items()
        )


def _parse(row: list[str], columns: tuple[int, int]) -> tuple[str | None, float, float]:
    """(what is wrong or None, time, temperature) of one row."""
    if len(row) <= max(columns):
        return "it has too few columns", 0.0, 0.0
    try:
        time_s, temp_c = (float(row[column]) for column in columns)
    except ValueError:
        return "it holds something that is no number", 0.0, 0.0
    if not (math.isfinite(time_s) and math.isfinite(temp_c)):
        return "it holds a value that is not finite", 0.0, 0.0
    if abs(time_s) > 1e11 or abs(temp_c) > MAX_ABS_TEMP_C:
        return "it holds a value that is no time in seconds or no temperature", 0.0, 0.0
    return None, time_s, temp_c


def _on_grid(path: Path, time_s: Floats, temp_c: Floats) -> Floats:
    """The mean of each 0.5 s that has samples (bursts), a straight line between them where it has none."""
    span_s = float(time_s[-1])
    if span_s < SAMPLE_INTERVAL_S or span_s > MAX_SPAN_S:
        raise RecordingError(
            f"{path}: spans {span_s:g} s, where {SAMPLE_INTERVAL_S:g} s to {MAX_SPAN_S:g} s can be replayed. "
            "The column Time must be in seconds."
        )
    cell = np.rint(time_s / SAMPLE_INTERVAL_S).astype(np.int64)
    count = np.bincount(cell)
    used = count > 0
    knot_s = np.bincount(cell, time_s)[used] / count[used]
    knot_c = np.bincount(cell, temp_c)[used] / count[used]
    grid_s = np.arange(cell[-1] + 1) * SAMPLE_INTERVAL_S
    return np.asarray(np.interp(grid_s, knot_s, knot_c), dtype=np.float64)
