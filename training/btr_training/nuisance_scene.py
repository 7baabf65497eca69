"""The physics behind the nuisance traces: a cell, what surrounds it, a hand, and a sensor pad between them."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

STEP_S: Final = 0.5
TRACE_S: Final = 3600.0
SAMPLES: Final = round(TRACE_S / STEP_S)
MINUTES: Final = np.arange(SAMPLES) * STEP_S / 60.0
FINGER_C: Final = 33.0


@dataclass(frozen=True, slots=True)
class Body:
    """Time constants in s of the cell, of the pad, and of a pad under a finger; share of the air in what it touches."""

    cell_s: float
    pad_s: float
    air_share: float
    finger_s: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What acts on the pad, each float64 (7200,).

    ``air_c``: surroundings in degC. ``heat_k``: heat of the cell as the K above its surroundings where it would end.
    ``grip``: of a finger, 0..1. ``loose``: how much of the pad has left the cell, 0..1.
    """

    air_c: FloatArray
    heat_k: FloatArray
    grip: FloatArray
    loose: FloatArray


def integrate(body: Body, scene: Scene) -> FloatArray:
    """Return the pad's temperature in degC: explicit Euler on cell and pad, both at the surroundings' level first."""
    cell = pad = float(scene.air_c[0])
    pads = np.empty(len(scene.air_c))
    share = body.air_share + (1.0 - body.air_share) * scene.loose
    columns = (column.tolist() for column in (scene.air_c, scene.heat_k, scene.grip, share))
    for index, (air, heat, grip, air_share) in enumerate(zip(*columns, strict=True)):
        pads[index] = pad
        touched = cell + air_share * (air - cell)
        cell += STEP_S * (heat + air - cell) / body.cell_s
        pad += STEP_S * ((touched - pad) / body.pad_s + grip * (FINGER_C - pad) / body.finger_s)
    return pads


def in_air(rng: np.random.Generator) -> Body:
    """Return a cell on a bench with a pad taped to it."""
    return Body(rng.uniform(400.0, 1600.0), rng.uniform(4.0, 12.0), rng.uniform(0.05, 0.25), rng.uniform(15.0, 40.0))


def in_water(rng: np.random.Generator) -> Body:
    """Return a cell in a stirred bath: quicker, and the pad sees the water as much as the cell."""
    return Body(rng.uniform(60.0, 200.0), rng.uniform(3.0, 8.0), rng.uniform(0.3, 0.7), rng.uniform(15.0, 40.0))


def make_scene(air_c: ArrayLike, heat_k: ArrayLike = 0.0, grip: ArrayLike = 0.0, loose: ArrayLike = 0.0) -> Scene:
    """Return a scene of an hour; a single number acts all the time."""
    return Scene(
        *(np.broadcast_to(np.asarray(part, dtype=np.float64), SAMPLES) for part in (air_c, heat_k, grip, loose))
    )


def weather(rng: np.random.Generator, air_c: float) -> FloatArray:
    """Return a level that wanders by a few tenths of a kelvin."""
    return np.asarray(air_c + rng.uniform(0.1, 0.8) * np.sin(2.0 * np.pi * MINUTES / rng.uniform(15.0, 90.0)))


def switched(rng: np.random.Generator, on_s: tuple[float, float], off_s: tuple[float, float]) -> FloatArray:
    """Return a 0/1 signal with random on and off times, off at first."""
    signal = np.zeros(SAMPLES)
    at_s = rng.uniform(*off_s)
    while at_s < TRACE_S:
        last_s = rng.uniform(*on_s)
        signal[int(at_s / STEP_S) : int((at_s + last_s) / STEP_S)] = 1.0
        at_s += last_s + rng.uniform(*off_s)
    return signal


def mixed(signal: FloatArray, lag_s: float) -> FloatArray:
    """Return the signal behind a first-order lag: no air and no water changes at once."""
    kernel = np.exp(-np.arange(round(8.0 * lag_s / STEP_S)) * STEP_S / lag_s)
    return np.asarray(np.convolve(signal, kernel / kernel.sum())[:SAMPLES])


def ramp(rng: np.random.Generator, from_c: float, to_c: float, k_per_min: float) -> FloatArray:
    """Return a programme: wait, go, hold, come back as quickly; what is left after the hour is cut off."""
    takes = abs(to_c - from_c) / k_per_min
    go, hold = rng.uniform(2.0, 8.0), rng.uniform(5.0, 20.0)
    at = np.cumsum([go, takes, hold, takes])
    return np.asarray(np.interp(MINUTES, at, [from_c, to_c, to_c, from_c]))
