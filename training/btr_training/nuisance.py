"""Benign traces for judging, written apart from the generator that models are trained on (``benign``).

Where that one adds exponentials, this one integrates a small network: a cell, the air, a hand, and a sensor pad
between them, each kind driven by its cause (a fan that turns, a charger that ramps down, a finger that lets go). No
constant is shared with ``benign`` or ``sensors``. A model that only knows the shapes of its own training set fails
here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

STEP_S: Final = 0.5
TRACE_S: Final = 3600.0
SAMPLES: Final = round(TRACE_S / STEP_S)
FINGER_C: Final = 33.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What acts on the pad, each float64 (7200,): air in degC, heat of the cell in K/s, grip of a finger 0..1."""

    air_c: FloatArray
    heat_k_per_s: FloatArray
    grip: FloatArray


def integrate(rng: np.random.Generator, scene: Scene) -> FloatArray:
    """Return the pad's temperature in degC: explicit Euler on cell and pad."""
    cell_s = rng.uniform(400.0, 1600.0)
    pad_s = rng.uniform(4.0, 12.0)
    air_share = rng.uniform(0.05, 0.25)
    finger_s = rng.uniform(15.0, 40.0)
    cell = pad = float(scene.air_c[0])
    pads = np.empty(SAMPLES)
    inputs = zip(scene.air_c.tolist(), scene.heat_k_per_s.tolist(), scene.grip.tolist(), strict=True)
    for index, (air, heat, grip) in enumerate(inputs):
        pads[index] = pad
        rest = cell + air_share * (air - cell)
        cell += STEP_S * (heat + (air - cell) / cell_s)
        pad += STEP_S * ((rest - pad) / pad_s + grip * (FINGER_C - pad) / finger_s)
    return pads


def _still(rng: np.random.Generator, air_c: float) -> Scene:
    """Return a scene where nothing happens but slow weather."""
    minutes = np.arange(SAMPLES) * STEP_S / 60.0
    air = air_c + rng.uniform(0.1, 0.8) * np.sin(2.0 * np.pi * minutes / rng.uniform(15.0, 90.0))
    return Scene(air, np.zeros(SAMPLES), np.zeros(SAMPLES))


def _switched(rng: np.random.Generator, on_s: tuple[float, float], off_s: tuple[float, float]) -> FloatArray:
    """Return a 0/1 signal with random on and off times."""
    signal = np.zeros(SAMPLES)
    at_s = rng.uniform(*off_s)
    while at_s < TRACE_S:
        last_s = rng.uniform(*on_s)
        signal[int(at_s / STEP_S) : int((at_s + last_s) / STEP_S)] = 1.0
        at_s += last_s + rng.uniform(*off_s)
    return signal


def _noisy(rng: np.random.Generator, pad_c: FloatArray) -> FloatArray:
    return np.round(pad_c + rng.normal(0.0, 0.03, SAMPLES), 2)


def _room(rng: np.random.Generator) -> Scene:
    return _still(rng, rng.uniform(15.0, 30.0))


def _hot_50(rng: np.random.Generator) -> FloatArray:
    return _noisy(rng, integrate(rng, _still(rng, rng.uniform(48.0, 52.0))))


def _hot_70(rng: np.random.Generator) -> FloatArray:
    return _noisy(rng, integrate(rng, _still(rng, rng.uniform(68.0, 72.0))))


def _cold(rng: np.random.Generator) -> FloatArray:
    return _noisy(rng, integrate(rng, _still(rng, rng.uniform(-30.0, -5.0))))


def _ambient_steps(rng: np.random.Generator) -> FloatArray:
    scene = _room(rng)
    door = _switched(rng, (60.0, 900.0), (120.0, 900.0)) * rng.uniform(8.0, 25.0) * rng.choice([-1.0, 1.0])
    return _noisy(rng, integrate(rng, Scene(scene.air_c + door, scene.heat_k_per_s, scene.grip)))


def _load_steps(rng: np.random.Generator) -> FloatArray:
    scene = _room(rng)
    heat = _switched(rng, (20.0, 300.0), (60.0, 400.0)) * rng.uniform(0.01, 0.06)
    return _noisy(rng, integrate(rng, Scene(scene.air_c, heat, scene.grip)))


def _fast_charge(rng: np.random.Generator) -> FloatArray:
    scene = _room(rng)
    since_s = np.maximum(np.arange(SAMPLES) * STEP_S - rng.uniform(60.0, 600.0), 0.0)
    current = np.where(since_s > 0.0, np.minimum(1.0, np.exp(-(since_s - rng.uniform(600.0, 1500.0)) / 500.0)), 0.0)
    return _noisy(rng, integrate(rng, Scene(scene.air_c, current**2 * rng.uniform(0.02, 0.05), scene.grip)))


def _thermostat(rng: np.random.Generator) -> FloatArray:
    scene = _room(rng)
    fan = _switched(rng, (40.0, 200.0), (60.0, 400.0)) * rng.uniform(2.0, 12.0)
    return _noisy(rng, integrate(rng, Scene(scene.air_c + fan, scene.heat_k_per_s, scene.grip)))


def _touch(rng: np.random.Generator) -> FloatArray:
    scene = _room(rng)
    grip = _switched(rng, (2.0, 45.0), (40.0, 300.0)) * rng.uniform(0.4, 1.0)
    return _noisy(rng, integrate(rng, Scene(scene.air_c, scene.heat_k_per_s, grip)))


def _sun(rng: np.random.Generator) -> FloatArray:
    scene = _room(rng)
    clouds = np.convolve(_switched(rng, (60.0, 900.0), (30.0, 600.0)), np.full(80, 1 / 80.0), "same")
    return _noisy(rng, integrate(rng, Scene(scene.air_c + 6.0 * clouds, clouds * rng.uniform(0.005, 0.03), scene.grip)))


def _spikes(rng: np.random.Generator) -> FloatArray:
    pad = _noisy(rng, integrate(rng, _room(rng)))
    where = rng.integers(0, SAMPLES, 60)
    pad[where] += rng.choice([-20.0, -8.0, -3.0, 3.0, 8.0, 20.0], 60)
    return pad


def _open_thermocouple(rng: np.random.Generator) -> FloatArray:
    pad = _noisy(rng, integrate(rng, _room(rng)))
    for _ in range(8):
        start = int(rng.integers(0, SAMPLES - 400))
        pad[start : start + int(rng.integers(1, 400))] = rng.choice([988.79, 1372.0, -242.02, 2048.0])
    return pad


def _disconnects(rng: np.random.Generator) -> FloatArray:
    pad = _noisy(rng, integrate(rng, _room(rng)))
    for _ in range(15):
        start = int(rng.integers(0, SAMPLES - 200))
        pad[start : start + int(rng.integers(1, 200))] = np.nan
    return pad


def _offsets(rng: np.random.Generator) -> FloatArray:
    pad = _noisy(rng, integrate(rng, _room(rng)))
    for _ in range(12):
        pad[int(rng.integers(0, SAMPLES)) :] += rng.uniform(0.5, 4.0) * rng.choice([-1.0, 1.0])
    return pad


def _noise(rng: np.random.Generator) -> FloatArray:
    return integrate(rng, _room(rng)) + rng.normal(0.0, rng.uniform(0.1, 0.4), SAMPLES)


def _quantised(rng: np.random.Generator) -> FloatArray:
    scene = _room(rng)
    heat = _switched(rng, (30.0, 300.0), (60.0, 400.0)) * rng.uniform(0.01, 0.05)
    pad = integrate(rng, Scene(scene.air_c, heat, scene.grip))
    step = float(rng.choice([0.25, 0.5, 1.0]))
    return np.round((pad + rng.normal(0.0, 0.05, SAMPLES)) / step) * step


def _held_1_hz(rng: np.random.Generator) -> FloatArray:
    scene = _room(rng)
    fan = _switched(rng, (40.0, 200.0), (60.0, 400.0)) * rng.uniform(2.0, 12.0)
    pad = _noisy(rng, integrate(rng, Scene(scene.air_c + fan, scene.heat_k_per_s, scene.grip)))
    return np.repeat(pad[::2], 2)


def _drift(rng: np.random.Generator) -> FloatArray:
    slope = rng.uniform(2.0, 12.0) * rng.choice([-1.0, 1.0])
    return _noisy(rng, integrate(rng, _room(rng)) + slope * np.arange(SAMPLES) * STEP_S / 3600.0)


KINDS: Final[dict[str, Callable[[np.random.Generator], FloatArray]]] = {
    "hot_50": _hot_50,
    "hot_70": _hot_70,
    "cold": _cold,
    "ambient_steps": _ambient_steps,
    "load_steps": _load_steps,
    "fast_charge": _fast_charge,
    "thermostat": _thermostat,
    "touch": _touch,
    "sun": _sun,
    "spikes": _spikes,
    "open_thermocouple": _open_thermocouple,
    "disconnects": _disconnects,
    "offsets": _offsets,
    "noise": _noise,
    "quantised": _quantised,
    "held_1_hz": _held_1_hz,
    "drift": _drift,
}


def nuisance_trace(kind: str, seed: int, number: int) -> FloatArray:
    """Return one hour of one kind at 2 Hz, as the node sends it: over range included, NaN where it sends none."""
    return KINDS[kind](np.random.default_rng((seed, list(KINDS).index(kind), number)))
