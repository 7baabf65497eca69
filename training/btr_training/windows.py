"""From traces to labelled windows.

A window is 60 samples at 0.5 s, raw degC, oldest first. It is positive when the clean temperature rises more than 5 K
above its last sample within the next 20 s, in a trace that ran away. In a trace that was merely heated by a neighbour
or by abuse without runaway, such windows are left out: they are neither. Windows that the run time would never make
(over range, after a long gap) are left out too.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .data import HIGHEST_C, INTERVAL_S, LOWEST_C, Recording, to_grid
from .groups import Groups
from .simulate import SimulatedTrace

LENGTH: Final = 60
HORIZON_S: Final = 20.0
RISE_K: Final = 5.0
# A sensor that reads more, after windows that end below 200 degC, broke or sits in a flame: that is no rise of a cell.
BROKEN_ABOVE_C: Final = 400.0
MAX_GAP_SAMPLES: Final = 20
MEDIAN_SAMPLES: Final = 5
# 5, 10, 20 and 40 s.
AHEAD: Final = (10, 20, 40, 80)

UNUSED: Final = -1
NEGATIVE: Final = 0
POSITIVE: Final = 1

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One continuous stretch of one sensor on the 0.5 s grid.

    ``experiment`` is the unit of splitting. ``kind`` is ``runaway``, ``heated`` or ``benign``. ``temp_c`` is measured
    (NaN: nothing plausible), ``clean_c`` without noise. ``start_s`` is the time of the first sample in its recording.
    """

    name: str
    experiment: str
    kind: str
    start_s: float
    temp_c: Float32Array
    clean_c: Float32Array

    @property
    def hours(self) -> float:
        """Duration in hours."""
        return len(self.temp_c) / 7200.0


def trace_recording(recording: Recording, groups: Groups) -> tuple[Trace, ...]:
    """Return a trace for each segment of a recording; the clean temperature is a running median over 2.5 s.

    A foreign channel gives none: what is not the temperature of a cell is neither trained on nor a quiet hour.
    """
    if recording.name in groups.foreign:
        return ()
    kind = "runaway" if recording.runaway else "heated" if recording.name in groups.neighbours else "benign"
    experiment = groups.experiment[recording.name]
    traces = []
    for time_s, temp_c in recording.segments:
        grid_s, grid_c = to_grid(time_s, temp_c)
        measured = grid_c.astype(np.float32)
        traces.append(Trace(recording.name, experiment, kind, float(grid_s[0]), measured, _running_median(measured)))
    return tuple(traces)


def trace_simulated(trace: SimulatedTrace) -> Trace:
    """Return a simulated trace; each is an experiment of its own."""
    return Trace(
        trace.name, trace.name, trace.kind, 0.0, trace.temp_c.astype(np.float32), trace.clean_c.astype(np.float32)
    )


def plausible(temp_c: Float32Array) -> Float32Array:
    """Return what the run time's window sees: over range is missing, gaps to 10 s are lines, longer ones stay NaN."""
    with np.errstate(invalid="ignore"):
        good = np.isfinite(temp_c) & (temp_c >= LOWEST_C) & (temp_c <= HIGHEST_C)
    if good.all() or not good.any():
        return np.where(good, temp_c, np.nan).astype(np.float32)
    index = np.arange(len(temp_c))
    filled = np.interp(index, index[good], temp_c[good]).astype(np.float32)
    before = np.maximum.accumulate(np.where(good, index, -MAX_GAP_SAMPLES * 2))
    after = np.minimum.accumulate(np.where(good, index, len(temp_c) * 2 + MAX_GAP_SAMPLES * 2)[::-1])[::-1]
    filled[~good & ((after - before) > MAX_GAP_SAMPLES)] = np.nan
    return filled


def complete_windows(seen: Float32Array) -> NDArray[np.int64]:
    """Return the indices at which a window of finite samples ends."""
    run = np.concatenate([[0], np.cumsum(np.isfinite(seen))])
    return np.flatnonzero(run[LENGTH:] - run[:-LENGTH] == LENGTH) + LENGTH - 1


def windows_ending_at(seen: Float32Array, ends: NDArray[np.int64]) -> Float32Array:
    """Return the windows float32 (N, 60), oldest sample first, that end at ``ends``."""
    return np.asarray(seen[ends[:, None] + np.arange(1 - LENGTH, 1)])


def label_windows(trace: Trace, horizon_s: float = HORIZON_S) -> NDArray[np.int8]:
    """Return POSITIVE, NEGATIVE or UNUSED for the window that *ends* at each sample.

    ``horizon_s`` is how far ahead the rise may come.
    """
    horizon = round(horizon_s / INTERVAL_S)
    labels = np.full(len(trace.temp_c), UNUSED, dtype=np.int8)
    if len(trace.temp_c) < LENGTH:
        return labels
    complete = np.zeros(len(labels), dtype=np.bool_)
    complete[complete_windows(plausible(trace.temp_c))] = True
    sane_c = np.where(trace.clean_c > BROKEN_ABOVE_C, -np.inf, trace.clean_c)
    padded = np.concatenate([sane_c[1:], np.full(horizon, -np.inf, np.float32)])
    ahead_c = np.lib.stride_tricks.sliding_window_view(padded, horizon).max(axis=1)
    rising = ahead_c - trace.clean_c > RISE_K
    known = np.arange(len(labels)) < len(labels) - horizon
    if trace.kind == "benign":
        labels[complete] = NEGATIVE
    else:
        labels[complete & known & ~rising] = NEGATIVE
        labels[complete & rising] = POSITIVE if trace.kind == "runaway" else UNUSED
    return labels


def activity(temp_c: Float32Array) -> Float32Array:
    """Return the range in K of the window that ends at each sample, 0 where it is incomplete."""
    spread = np.zeros(len(temp_c), dtype=np.float32)
    seen = plausible(temp_c)
    ends = complete_windows(seen)
    if len(ends):
        view = np.lib.stride_tricks.sliding_window_view(seen, LENGTH)[ends - (LENGTH - 1)]
        spread[ends] = view.max(axis=1) - view.min(axis=1)
    return spread


def _running_median(temp_c: Float32Array) -> Float32Array:
    half = MEDIAN_SAMPLES // 2
    padded = np.pad(temp_c, half, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(padded, MEDIAN_SAMPLES), axis=1).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class WindowPool:
    """Chosen windows: ``flat[start : start + 60]`` for each start, with its label and its weight in the loss.

    ``ahead_k`` (windows, 4) is how much the clean temperature will have changed after the times of ``AHEAD``, NaN where
    the trace ends before.
    """

    flat: Float32Array
    starts: NDArray[np.int64]
    labels: Float32Array
    weights: Float32Array
    experiments: NDArray[np.str_]
    ahead_k: Float32Array

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.starts)


@dataclass(frozen=True, slots=True)
class Quota:
    """How many windows one trace gives at most, and their weight."""

    positives: int
    negatives: int
    weight: float = 1.0


def build_pool(
    rng: np.random.Generator, traces: Iterable[Trace], quota: Quota, horizon_s: float = HORIZON_S
) -> WindowPool:
    """Draw windows of every trace: positives and half of the negatives at random, the rest of the liveliest."""
    # Empty first parts: without any trace the pool is empty, and of the right types.
    flats: list[Float32Array] = [np.empty(0, np.float32)]
    starts: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    labels: list[Float32Array] = [np.empty(0, np.float32)]
    experiments: list[NDArray[np.str_]] = [np.empty(0, np.str_)]
    ahead_k: list[Float32Array] = [np.empty((0, len(AHEAD)), np.float32)]
    offset = 0
    for trace in traces:
        seen = plausible(trace.temp_c)
        kinds = label_windows(trace, horizon_s)
        chosen = np.concatenate(
            [
                _draw(rng, np.flatnonzero(kinds == POSITIVE), quota.positives),
                _negatives(rng, trace, kinds, quota.negatives),
            ]
        )
        starts.append(offset + chosen - (LENGTH - 1))
        labels.append((kinds[chosen] == POSITIVE).astype(np.float32))
        experiments.append(np.full(len(chosen), trace.experiment))
        ahead_k.append(change_ahead(trace.clean_c, chosen))
        flats.append(np.nan_to_num(seen, nan=0.0))
        offset += len(seen)
    all_labels = np.concatenate(labels)
    weights = np.full(len(all_labels), quota.weight, dtype=np.float32)
    return WindowPool(
        np.concatenate(flats),
        np.concatenate(starts),
        all_labels,
        weights,
        np.concatenate(experiments),
        np.concatenate(ahead_k),
    )


def merge_pools(pools: tuple[WindowPool, ...]) -> WindowPool:
    """Return all windows of all pools."""
    offsets = np.cumsum([0, *(len(pool.flat) for pool in pools[:-1])])
    return WindowPool(
        np.concatenate([pool.flat for pool in pools]),
        np.concatenate([pool.starts + offset for pool, offset in zip(pools, offsets, strict=True)]),
        np.concatenate([pool.labels for pool in pools]),
        np.concatenate([pool.weights for pool in pools]),
        np.concatenate([pool.experiments for pool in pools]),
        np.concatenate([pool.ahead_k for pool in pools]),
    )


def change_ahead(clean_c: Float32Array, ends: NDArray[np.int64]) -> Float32Array:
    """Return K float32 (N, 4) from each of ``ends`` to the times of ``AHEAD`` after it; NaN beyond the trace."""
    padded = np.concatenate([clean_c, np.full(max(AHEAD), np.nan, np.float32)])
    return np.asarray(padded[ends[:, None] + np.array(AHEAD)] - clean_c[ends, None])


def _draw(rng: np.random.Generator, index: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return index if len(index) <= count else rng.choice(index, count, replace=False)


def _negatives(rng: np.random.Generator, trace: Trace, kinds: NDArray[np.int8], count: int) -> NDArray[np.int64]:
    index = np.flatnonzero(kinds == NEGATIVE)
    if len(index) <= count:
        return index
    lively = index[np.argsort(activity(trace.temp_c)[index], kind="stable")[-max(count // 2, len(index) // 10) :]]
    return np.concatenate([_draw(rng, index, count - count // 2), _draw(rng, lively, count // 2)])
