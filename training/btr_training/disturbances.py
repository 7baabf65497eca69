"""What a house does to a good trace: the same events again through worse sensors, cables and clocks.

Every disturbance is deterministic and returns as many samples as it got, NaN where none is heard. What is sampled
faster than the 0.5 s grid or irregularly goes through the run time's own grid; what is sampled more slowly leaves the
samples between out, and the replay draws the lines between them as the run time does.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from btr_core.window import Resampler

from .data import INTERVAL_S
from .sensors import hold, quantise
from .windows import Float32Array

SPIKE_K: Final = 8.0
OFFSET_K: Final = 3.0
DRIFT_K: Final = 15.0

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One way to spoil a trace float32 (N,) in degC; deterministic, same length.

    A model on its own ``must_hold`` every event under it, or it loses a contest. Under the others, which can take its
    windows away, what it loses is told, and the rules beside it answer for it.
    """

    name: str
    apply: Callable[[Float32Array], Float32Array]
    must_hold: bool = False


def shift(temp_c: Float32Array, by_k: float) -> Float32Array:
    """Return the event on another level: a cold cellar, a hot roof."""
    return temp_c + np.float32(by_k)


def noise(temp_c: Float32Array, sigma_k: float) -> Float32Array:
    """Add white noise."""
    return temp_c + np.random.default_rng(5).normal(0.0, sigma_k, len(temp_c)).astype(np.float32)


def steps(temp_c: Float32Array, step_k: float) -> Float32Array:
    """Round to what a coarse converter tells."""
    return quantise(temp_c.astype(np.float64), step_k).astype(np.float32)


def held(temp_c: Float32Array, samples: int) -> Float32Array:
    """Repeat every ``samples``-th value, as a slow converter polled too often does."""
    return hold(temp_c.astype(np.float64), samples).astype(np.float32)


def dropout(temp_c: Float32Array, share: float) -> Float32Array:
    """Lose single samples at random."""
    return _without(temp_c, np.random.default_rng(6).random(len(temp_c)) < share)


def spikes(temp_c: Float32Array, every_s: float) -> Float32Array:
    """Add a single sample of +8 K, then -8 K, and so on (a relay beside the cable)."""
    spoiled = temp_c.copy()
    every = round(every_s / INTERVAL_S)
    spoiled[every - 1 :: 2 * every] += np.float32(SPIKE_K)
    spoiled[2 * every - 1 :: 2 * every] -= np.float32(SPIKE_K)
    return spoiled


def silence(temp_c: Float32Array, last_s: float, every_s: float) -> Float32Array:
    """Hear nothing for ``last_s`` in every ``every_s`` (a node that loses its network)."""
    at_s = np.arange(len(temp_c)) * INTERVAL_S
    return _without(temp_c, at_s % every_s >= every_s - last_s)


def loose_contact(temp_c: Float32Array, every_s: float) -> Float32Array:
    """Read 3 K too much and right again in turns (a terminal that changes its resistance)."""
    at_s = np.arange(len(temp_c)) * INTERVAL_S
    return np.where(at_s % (2.0 * every_s) >= every_s, temp_c + np.float32(OFFSET_K), temp_c)


def hot_ambient(temp_c: Float32Array) -> Float32Array:
    """Add a surrounding that becomes 15 K hotter over the recording."""
    return temp_c + np.linspace(0.0, DRIFT_K, len(temp_c), dtype=np.float32)


def slower(temp_c: Float32Array, period_s: float) -> Float32Array:
    """Keep one sample per period of at least 0.5 s; the grid draws the lines between."""
    return _without(temp_c, np.arange(len(temp_c)) % round(period_s / INTERVAL_S) != 0)


def faster(temp_c: Float32Array, period_s: float) -> Float32Array:
    """Sample every ``period_s`` below 0.5 s, with a converter's noise of 0.05 K, and let the grid average."""
    times_s = np.arange(0.0, (len(temp_c) - 1) * INTERVAL_S + period_s / 2.0, period_s)
    noise_k = np.random.default_rng(8).normal(0.0, 0.05, len(times_s))
    return _through_grid(times_s, _between(temp_c, times_s) + noise_k, len(temp_c))


def jitter(temp_c: Float32Array, at_most_s: float) -> Float32Array:
    """Stamp samples up to ``at_most_s`` too early or too late (a busy node): a steady rise becomes an uneven one."""
    off_s = np.random.default_rng(9).uniform(-at_most_s, at_most_s, len(temp_c))
    times_s = np.maximum(np.arange(len(temp_c)) * INTERVAL_S + off_s, 0.0)
    return _through_grid(times_s, temp_c.astype(np.float64), len(temp_c))


DISTURBANCES: Final = (
    Disturbance("shift_-30_K", partial(shift, by_k=-30.0), must_hold=True),
    Disturbance("shift_+20_K", partial(shift, by_k=20.0), must_hold=True),
    Disturbance("noise_0.2_K", partial(noise, sigma_k=0.2), must_hold=True),
    Disturbance("steps_0.25_K", partial(steps, step_k=0.25), must_hold=True),
    Disturbance("held_1_Hz", partial(held, samples=2), must_hold=True),
    Disturbance("dropout_10_percent", partial(dropout, share=0.1), must_hold=True),
    Disturbance("spikes_8_K", partial(spikes, every_s=20.0)),
    Disturbance("silent_10_s_per_min", partial(silence, last_s=10.0, every_s=60.0)),
    Disturbance("loose_contact_3_K", partial(loose_contact, every_s=45.0)),
    Disturbance("hot_ambient_+15_K", hot_ambient),
    Disturbance("sampled_1_Hz", partial(slower, period_s=1.0)),
    Disturbance("sampled_0.2_Hz", partial(slower, period_s=5.0)),
    Disturbance("sampled_5_Hz", partial(faster, period_s=0.2)),
    Disturbance("clock_jitter_0.2_s", partial(jitter, at_most_s=0.2)),
)


def _without(temp_c: Float32Array, lost: NDArray[np.bool_]) -> Float32Array:
    return np.where(lost, np.float32(np.nan), temp_c)


def _between(temp_c: Float32Array, times_s: FloatArray) -> FloatArray:
    """Return the trace at any time up to its end, NaN beside a silent sample."""
    at = times_s / INTERVAL_S
    before = np.minimum(at.astype(np.int64), len(temp_c) - 1)
    after = np.minimum(before + 1, len(temp_c) - 1)
    part = at - before
    return np.asarray(temp_c[before] * (1.0 - part) + temp_c[after] * part)


def _through_grid(times_s: FloatArray, read_c: FloatArray, samples: int) -> Float32Array:
    """Return what the run time's grid makes of readings at any times, NaN not being one, from 0 s on."""
    grid = Resampler(INTERVAL_S)
    seen = np.full(samples, np.nan, dtype=np.float32)
    for time_s, value in zip(times_s.tolist(), read_c.tolist(), strict=True):
        points = grid.add(time_s, value) if np.isfinite(value) else None
        if points:
            last = round(grid.time_s / INTERVAL_S)
            places = np.arange(last - len(points) + 1, last + 1)
            inside = (places >= 0) & (places < samples)
            seen[places[inside]] = np.asarray(points, dtype=np.float32)[inside]
    return seen
