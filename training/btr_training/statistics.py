"""Statistics of windows for trees: one table, computed in numpy for training and drawn as nodes for the file.

A tree compares a statistic with a threshold, so a difference in the last bit can send a window down another branch.
Here there is none. Temperatures are counted in steps of 1/1024 K; every sum, difference and square of them is a whole
number below 2**53, which float64 holds exactly in whatever order it is summed; and the root and the scale at the end
are single operations that IEEE 754 rounds alike everywhere.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from .data import HIGHEST_C, INTERVAL_S, LOWEST_C
from .graph import Graph
from .windows import LENGTH, Float32Array

STEPS_PER_K: Final = 1024.0
BATCH: Final = 8192
# What a median of three leaves of a window.
FILTERED: Final = LENGTH - 2

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reduction:
    """From a series (N, k) of whole numbers to one number (N, 1), in numpy and as nodes."""

    numpy: Callable[[Series], Series]
    nodes: Callable[[Graph, str, str], str]


@dataclass(frozen=True, slots=True, eq=False)
class Statistic:
    """``scale`` times the reduction of ``temperatures @ taps``; taps are whole numbers (length, k).

    The name ends in the unit, ``k`` or ``k_per_s``, unless it is a share.
    """

    name: str
    taps: Series
    reduction: Reduction
    scale: float


@dataclass(frozen=True, slots=True)
class StatisticsTable:
    """Statistics of one kind of model, on raw temperatures or on their median of three."""

    statistics: tuple[Statistic, ...]
    median: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the order of the columns."""
        return tuple(statistic.name for statistic in self.statistics)

    def of_windows(self, windows: Float32Array) -> Float32Array:
        """Return float32 (N, number of statistics) of raw windows float32 (N, 60), degC, oldest first, finite."""
        parts = [self._of_batch(windows[row : row + BATCH]) for row in range(0, len(windows), BATCH)]
        return np.concatenate(parts) if parts else np.empty((0, len(self.statistics)), dtype=np.float32)

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add the same as nodes; return the name of the float32 (N, number of statistics)."""
        lowest, highest = graph.scalar("lowest_c", LOWEST_C), graph.scalar("highest_c", HIGHEST_C)
        clipped = graph.add("Clip", windows, lowest, highest, name="clipped")
        scaled = graph.add("Mul", clipped, graph.scalar("steps_per_k", STEPS_PER_K), name="unrounded_steps")
        steps = graph.add("Round", scaled, name="steps")
        if self.median:
            steps = _add_median(graph, steps)
        exact = graph.add("Cast", steps, name="exact_steps", to=TensorProto.DOUBLE)
        series = graph.add("MatMul", exact, graph.weight("taps", self._taps()), name="series")
        split = graph.add_many(
            "Split",
            series,
            graph.integers("series.widths", *self._widths()),
            outputs=[f"{name}.series" for name in self.names],
            axis=1,
        )
        columns = [
            statistic.reduction.nodes(graph, part, statistic.name)
            for statistic, part in zip(self.statistics, split, strict=True)
        ]
        unscaled = graph.add("Concat", *columns, name="unscaled_statistics", axis=1)
        exact = graph.add("Mul", unscaled, graph.weight("scales", self._scales()), name="exact_statistics")
        return graph.add("Cast", exact, name="statistics", to=TensorProto.FLOAT)

    def _of_batch(self, windows: Float32Array) -> Float32Array:
        steps = np.rint(np.clip(windows, LOWEST_C, HIGHEST_C) * np.float32(STEPS_PER_K))
        if self.median:
            first, second, third = steps[:, :-2], steps[:, 1:-1], steps[:, 2:]
            steps = np.maximum(np.minimum(first, second), np.minimum(np.maximum(first, second), third))
        series = steps.astype(np.float64) @ self._taps()
        split = np.split(series, np.cumsum(self._widths())[:-1], axis=1)
        columns = [statistic.reduction.numpy(part) for statistic, part in zip(self.statistics, split, strict=True)]
        return (np.concatenate(columns, axis=1) * self._scales()).astype(np.float32)

    def _taps(self) -> Series:
        return np.concatenate([statistic.taps for statistic in self.statistics], axis=1)

    def _widths(self) -> list[int]:
        return [statistic.taps.shape[1] for statistic in self.statistics]

    def _scales(self) -> Series:
        return np.array([statistic.scale for statistic in self.statistics])


def _add_median(graph: Graph, samples: str) -> str:
    first, second, third = (graph.cut(samples, f"sample{shift}", 1, shift, shift + FILTERED) for shift in range(3))
    higher = graph.add("Max", first, second, name="higher")
    lower = graph.add("Min", first, second, name="lower")
    return graph.add("Max", lower, graph.add("Min", higher, third, name="middle"), name="median")


def _add_range(graph: Graph, series: str, name: str) -> str:
    greatest = graph.add("ReduceMax", series, name=f"{name}.greatest", axes=[1])
    least = graph.add("ReduceMin", series, name=f"{name}.least", axes=[1])
    return graph.add("Sub", greatest, least, name=name)


def _add_total(graph: Graph, series: str, name: str) -> str:
    return graph.add("ReduceSum", series, graph.integers(f"{name}.axis", 1), name=name)


def _spread(series: Series) -> Series:
    """Return k times the standard deviation: the root of a whole number."""
    total = series.sum(axis=1, keepdims=True)
    squares = (series * series).sum(axis=1, keepdims=True)
    return np.asarray(np.sqrt(squares * series.shape[1] - total * total))


def _add_spread(count: int) -> Callable[[Graph, str, str], str]:
    def add(graph: Graph, series: str, name: str) -> str:
        total = _add_total(graph, series, f"{name}.total")
        squares = _add_total(graph, graph.add("Mul", series, series, name=f"{name}.square"), f"{name}.squares")
        number = graph.weight(f"{name}.count", np.array(float(count)))
        grown = graph.add("Mul", squares, number, name=f"{name}.squares_grown")
        squared = graph.add("Mul", total, total, name=f"{name}.total_squared")
        return graph.add("Sqrt", graph.add("Sub", grown, squared, name=f"{name}.squared"), name=name)

    return add


VALUE: Final = Reduction(lambda series: series, lambda _graph, series, _name: series)
GREATEST: Final = Reduction(
    lambda series: series.max(axis=1, keepdims=True),
    lambda graph, series, name: graph.add("ReduceMax", series, name=name, axes=[1]),
)
LEAST: Final = Reduction(
    lambda series: series.min(axis=1, keepdims=True),
    lambda graph, series, name: graph.add("ReduceMin", series, name=name, axes=[1]),
)
RANGE: Final = Reduction(
    lambda series: series.max(axis=1, keepdims=True) - series.min(axis=1, keepdims=True), _add_range
)
# Sum of the sizes, sum of the signs.
SIZES: Final = Reduction(
    lambda series: np.abs(series).sum(axis=1, keepdims=True),
    lambda graph, series, name: _add_total(graph, graph.add("Abs", series, name=f"{name}.sizes"), name),
)
SIGNS: Final = Reduction(
    lambda series: np.sign(series).sum(axis=1, keepdims=True),
    lambda graph, series, name: _add_total(graph, graph.add("Sign", series, name=f"{name}.signs"), name),
)


def _samples(length: int) -> Series:
    """Return taps of every sample."""
    return np.eye(length)


def _changes(length: int, lag_s: float, span_s: float | None = None) -> Series:
    """Return taps of the changes over ``lag_s`` that end within the last ``span_s``, or anywhere in the window."""
    lag = round(lag_s / INTERVAL_S)
    first = lag if span_s is None else length - 1 - round(span_s / INTERVAL_S)
    ends = np.arange(first, length)
    taps = np.zeros((length, len(ends)))
    taps[ends, np.arange(len(ends))] = 1.0
    taps[ends - lag, np.arange(len(ends))] = -1.0
    return taps


def _line(length: int, count: int, end: int) -> Series:
    """Return taps of the slope of the least-squares line through the ``count`` samples before ``end``, unscaled."""
    taps = np.zeros((length, 1))
    taps[end - count : end, 0] = 2.0 * np.arange(count) - (count - 1)
    return taps


def _line_scale(count: int) -> float:
    """Return what makes the result of :func:`_line` K/s."""
    weights = 2.0 * np.arange(count) - (count - 1)
    return float(2.0 / (weights @ weights) / INTERVAL_S / STEPS_PER_K)


def _rises(length: int) -> Series:
    """Return taps of the last sample minus each before it."""
    taps = -np.eye(length)[:, :-1]
    taps[-1, :] = 1.0
    return taps


def _change(length: int, lag_s: float) -> Statistic:
    return Statistic(f"change_{_told(lag_s)}_s_k", _changes(length, lag_s, 0.0), VALUE, 1.0 / STEPS_PER_K)


def _slope(length: int, count: int) -> Statistic:
    name = f"slope_{_told(count * INTERVAL_S)}_s_k_per_s"
    return Statistic(name, _line(length, count, length), VALUE, _line_scale(count))


def _bend(length: int, count: int) -> Statistic:
    """Return the slope of the last ``count`` samples minus that of as many before them."""
    taps = _line(length, count, length) - _line(length, count, length - count)
    return Statistic(f"bend_{_told(count * INTERVAL_S)}_s_k_per_s", taps, VALUE, _line_scale(count))


def _rate(name: str, length: int, reduction: Reduction, span_s: float | None = None) -> Statistic:
    """Return the least or greatest of the 2-s rates, which the rate rule looks at too."""
    lag_s = 2.0
    return Statistic(f"{name}_k_per_s", _changes(length, lag_s, span_s), reduction, 1.0 / STEPS_PER_K / lag_s)


def _of_series(name: str, taps: Series, reduction: Reduction, unit: float = 1.0 / STEPS_PER_K) -> Statistic:
    """Return a mean of sizes or signs."""
    return Statistic(name, taps, reduction, unit / taps.shape[1])


def _spread_of(name: str, taps: Series) -> Statistic:
    count = taps.shape[1]
    return _of_series(name, taps, Reduction(_spread, _add_spread(count)))


def _told(seconds: float) -> str:
    return f"{seconds:g}".replace(".", "_")


def _absolute() -> tuple[Statistic, ...]:
    steps = _changes(LENGTH, INTERVAL_S)
    unit = 1.0 / STEPS_PER_K
    return (
        Statistic("mean_c", np.ones((LENGTH, 1)), VALUE, unit / LENGTH),
        Statistic("first_c", np.eye(LENGTH)[:, :1], VALUE, unit),
        Statistic("last_c", np.eye(LENGTH)[:, -1:], VALUE, unit),
        Statistic("change_k", _changes(LENGTH, (LENGTH - 1) * INTERVAL_S), VALUE, unit),
        Statistic("slope_k_per_s", _line(LENGTH, LENGTH, LENGTH), VALUE, _line_scale(LENGTH)),
        _spread_of("spread_k", _samples(LENGTH)),
        Statistic("least_c", _samples(LENGTH), LEAST, unit),
        Statistic("greatest_c", _samples(LENGTH), GREATEST, unit),
        Statistic("range_k", _samples(LENGTH), RANGE, unit),
        _spread_of("step_spread_k", steps),
        Statistic("greatest_step_k", steps, GREATEST, unit),
        Statistic("least_step_k", steps, LEAST, unit),
        _of_series("step_size_k", steps, SIZES),
    )


def _relative() -> tuple[Statistic, ...]:
    length = FILTERED
    steps = _changes(length, INTERVAL_S)
    unit = 1.0 / STEPS_PER_K
    return (
        *(_change(length, lag_s) for lag_s in (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 25.0)),
        *(_slope(length, count) for count in (6, 10, 20, length)),
        *(_bend(length, count) for count in (6, 10, 20)),
        _rate("least_rate_of_3_s", length, LEAST, 3.0),
        _rate("least_rate_of_6_s", length, LEAST, 6.0),
        _rate("least_rate", length, LEAST),
        _rate("greatest_rate", length, GREATEST),
        Statistic("above_least_k", _rises(length), GREATEST, unit),
        Statistic("below_greatest_k", _rises(length), LEAST, unit),
        _spread_of("spread_k", _samples(length)),
        _spread_of("step_spread_k", steps),
        _of_series("rising_share", steps, SIGNS, 1.0),
        _of_series("rising_share_of_10_s", _changes(length, INTERVAL_S, 9.5), SIGNS, 1.0),
        _of_series("step_size_k", steps, SIZES),
        _of_series("noise_k", np.diff(steps, axis=1), SIZES),
    )


# What the originals' forest sees: level and spread of the raw window and of its steps.
ABSOLUTE: Final = StatisticsTable(_absolute(), median=False)
# Nothing that changes when all temperatures move by the same amount.
RELATIVE: Final = StatisticsTable(_relative(), median=True)
