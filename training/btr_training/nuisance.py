"""Benign traces for judging, written apart from the generator that models are trained on (``benign``).

Where that one adds exponentials, this one integrates a small network: a cell, what surrounds it, a hand, and a sensor
pad between them, each kind driven by its cause (a door that opens, a charger that ramps down, a finger that lets go).
No constant is shared with ``benign`` or ``sensors``. A model that only knows the shapes of its own training set fails
here.

Orders of magnitude, for a cell of 50 g (45 J/K, 42 cm2): free convection of 10 W/(m2 K) makes a time constant of about
1 000 s and 24 K per watt; full sun puts about 1 W on it; a flat-out discharge 1 to 2 W. Nothing here rises by more than
5 K within 20 s, which is what a model is to predict, unless a hand or the sensor itself is to blame.
"""

from collections.abc import Callable
from typing import Final
from zlib import crc32

import numpy as np

from .nuisance_scene import (
    MINUTES,
    SAMPLES,
    Body,
    FloatArray,
    Scene,
    in_air,
    in_water,
    integrate,
    make_scene,
    mixed,
    ramp,
    switched,
    weather,
)

# What converters report for an open, shorted or missing element.
BROKEN_C: Final = (988.79, -242.02, 1372.0, 2048.0, -127.0)
# What a DS18B20 reports after a brown-out until its first conversion is done; a believable temperature.
POWER_ON_C: Final = 85.0


def _room(rng: np.random.Generator) -> FloatArray:
    return weather(rng, rng.uniform(15.0, 30.0))


def _measured(rng: np.random.Generator, pad_c: FloatArray) -> FloatArray:
    """Return a good sensor's reading."""
    return np.asarray(np.round(pad_c + rng.normal(0.0, rng.uniform(0.01, 0.06), SAMPLES), 2))


def _read(rng: np.random.Generator, scene: Scene) -> FloatArray:
    return _measured(rng, integrate(in_air(rng), scene))


def _load(rng: np.random.Generator) -> FloatArray:
    """Return loads that come and go, in K."""
    return switched(rng, (20.0, 300.0), (60.0, 400.0)) * rng.uniform(10.0, 40.0)


def _door(rng: np.random.Generator, size_k: float) -> FloatArray:
    return mixed(switched(rng, (60.0, 900.0), (120.0, 900.0)), rng.uniform(5.0, 20.0)) * size_k


def _fan(rng: np.random.Generator) -> FloatArray:
    return mixed(switched(rng, (40.0, 200.0), (60.0, 400.0)), rng.uniform(3.0, 10.0)) * rng.uniform(2.0, 12.0)


def _hot_50(rng: np.random.Generator) -> FloatArray:
    """A hot store whose door is opened."""
    return _read(rng, make_scene(weather(rng, rng.uniform(48.0, 52.0)) + _door(rng, rng.uniform(-15.0, -4.0))))


def _hot_70(rng: np.random.Generator) -> FloatArray:
    """An ageing test at 70 degC: BTR's limit of 60 degC is meant to speak here, nothing else."""
    return _read(rng, make_scene(weather(rng, rng.uniform(68.0, 72.0))))


def _cold(rng: np.random.Generator) -> FloatArray:
    """A frozen cell that warms itself at work."""
    return _read(rng, make_scene(weather(rng, rng.uniform(-30.0, -5.0)), heat_k=0.5 * _load(rng)))


def _ambient_steps(rng: np.random.Generator) -> FloatArray:
    """Doors and windows, to the warm and to the cold."""
    return _read(rng, make_scene(_room(rng) + _door(rng, rng.uniform(8.0, 25.0) * rng.choice([-1.0, 1.0]))))


def _load_steps(rng: np.random.Generator) -> FloatArray:
    return _read(rng, make_scene(_room(rng), heat_k=_load(rng)))


def _terminal(rng: np.random.Generator) -> FloatArray:
    """A pad on a terminal, which is light and warms up quickly under a pulsed load."""
    body = Body(rng.uniform(60.0, 150.0), rng.uniform(3.0, 8.0), rng.uniform(0.05, 0.2), rng.uniform(15.0, 40.0))
    heat_k = switched(rng, (5.0, 120.0), (20.0, 300.0)) * rng.uniform(5.0, 15.0)
    return _measured(rng, integrate(body, make_scene(_room(rng), heat_k=heat_k)))


def _fast_charge(rng: np.random.Generator) -> FloatArray:
    """Constant current, then constant voltage."""
    since_s = MINUTES * 60.0 - rng.uniform(60.0, 600.0)
    current = np.where(since_s > 0.0, np.minimum(1.0, np.exp(-(since_s - rng.uniform(600.0, 1500.0)) / 500.0)), 0.0)
    return _read(rng, make_scene(_room(rng), heat_k=current**2 * rng.uniform(10.0, 28.0)))


def _thermostat(rng: np.random.Generator) -> FloatArray:
    """A fan heater that switches."""
    return _read(rng, make_scene(_room(rng) + _fan(rng)))


def _touch(rng: np.random.Generator) -> FloatArray:
    """Fingers on the sensor."""
    return _read(rng, make_scene(_room(rng), grip=switched(rng, (2.0, 45.0), (40.0, 300.0)) * rng.uniform(0.4, 1.0)))


def _sun(rng: np.random.Generator) -> FloatArray:
    """Sun between clouds, on the cell and in the room."""
    sun = mixed(switched(rng, (60.0, 900.0), (30.0, 600.0)), rng.uniform(5.0, 20.0))
    return _read(rng, make_scene(_room(rng) + 5.0 * mixed(sun, 120.0), heat_k=sun * rng.uniform(5.0, 20.0)))


def _chamber(rng: np.random.Generator) -> FloatArray:
    """A climate chamber on its way to 40 .. 56 degC and back."""
    to_c, k_per_min = rng.uniform(40.0, 56.0), rng.uniform(1.0, 4.0)
    return _read(rng, make_scene(ramp(rng, rng.uniform(15.0, 30.0), to_c, k_per_min)))


def _bath(rng: np.random.Generator) -> FloatArray:
    """A water bath that heats up, and the ripple of its controller."""
    water_c = ramp(rng, rng.uniform(15.0, 25.0), rng.uniform(30.0, 56.0), rng.uniform(0.5, 3.0))
    ripple_k = rng.uniform(0.05, 0.4) * np.sin(2.0 * np.pi * MINUTES / rng.uniform(0.5, 3.0))
    return _measured(rng, integrate(in_water(rng), make_scene(water_c + ripple_k)))


def _brought_in(rng: np.random.Generator) -> FloatArray:
    """A cell that is carried from the cold into a room, and out again."""
    indoors = mixed(switched(rng, (900.0, 1500.0), (300.0, 900.0)), rng.uniform(20.0, 60.0))
    outdoors_c = rng.uniform(-10.0, 8.0)
    return _read(rng, make_scene(weather(rng, outdoors_c) + indoors * (rng.uniform(18.0, 26.0) - outdoors_c)))


def _moved_sensor(rng: np.random.Generator) -> FloatArray:
    """A pad that comes off a warm cell and is pressed on again, by someone in no hurry."""
    off = mixed(switched(rng, (20.0, 300.0), (120.0, 500.0)), rng.uniform(3.0, 8.0))
    return _read(rng, make_scene(_room(rng), heat_k=rng.uniform(2.0, 6.0), loose=off * rng.uniform(0.3, 0.9)))


def _busy(rng: np.random.Generator) -> FloatArray:
    """A workshop: load, door, fan and fingers at once."""
    grip = switched(rng, (2.0, 10.0), (100.0, 600.0)) * rng.uniform(0.2, 0.6)
    air_c = _room(rng) + _door(rng, rng.uniform(-10.0, -3.0)) + 0.5 * _fan(rng)
    return _read(rng, make_scene(air_c, heat_k=0.6 * _load(rng), grip=grip))


def _spikes(rng: np.random.Generator) -> FloatArray:
    """Single samples that are off."""
    pad_c = _load_steps(rng)
    pad_c[rng.integers(0, SAMPLES, 60)] += rng.choice([-20.0, -8.0, -3.0, 3.0, 8.0, 20.0], 60)
    return pad_c


def _interference(rng: np.random.Generator) -> FloatArray:
    """An inverter that runs now and then: noise of 0.3 to 1.5 K while it does."""
    running = switched(rng, (5.0, 60.0), (60.0, 300.0))
    return np.asarray(np.round(_load_steps(rng) + running * rng.normal(0.0, rng.uniform(0.3, 1.5), SAMPLES), 2))


def _resets(rng: np.random.Generator) -> FloatArray:
    """A DS18B20 on a weak supply: nothing for up to 3 s, 85 degC for one conversion, and on it goes."""
    pad_c = np.round(_load_steps(rng) * 16.0) / 16.0
    for start in rng.integers(0, SAMPLES - 10, 12).tolist():
        silent, shown = int(rng.integers(0, 7)), int(rng.integers(1, 3))
        pad_c[start : start + silent] = np.nan
        pad_c[start + silent : start + silent + shown] = POWER_ON_C
    return pad_c


def _open_thermocouple(rng: np.random.Generator) -> FloatArray:
    """A break for up to 200 s, with a sample or two on the way there and back that are neither here nor there."""
    pad_c = _load_steps(rng)
    for start in rng.integers(1, SAMPLES - 402, 8).tolist():
        last, broken_c = int(rng.integers(1, 400)), float(rng.choice(BROKEN_C))
        pad_c[start : start + last] = broken_c
        for edge in (start, start + last):
            if rng.random() < 0.5:
                pad_c[edge] += rng.uniform(0.0, 1.0) * (broken_c - pad_c[edge])
    return np.asarray(np.round(pad_c, 2))


def _disconnects(rng: np.random.Generator) -> FloatArray:
    """A node that is away for up to 100 s while its cell works."""
    pad_c = _load_steps(rng)
    for start in rng.integers(0, SAMPLES - 200, 15).tolist():
        pad_c[start : start + int(rng.integers(1, 200))] = np.nan
    return pad_c


def _offsets(rng: np.random.Generator) -> FloatArray:
    """A terminal that changes its resistance for good, twelve times."""
    pad_c = _read(rng, make_scene(_room(rng)))
    for start in rng.integers(0, SAMPLES, 12).tolist():
        pad_c[start:] += rng.uniform(0.5, 4.0) * rng.choice([-1.0, 1.0])
    return np.asarray(np.round(pad_c, 2))


def _noise(rng: np.random.Generator) -> FloatArray:
    return integrate(in_air(rng), make_scene(_room(rng))) + rng.normal(0.0, rng.uniform(0.1, 0.4), SAMPLES)


def _quantised(rng: np.random.Generator) -> FloatArray:
    """A coarse converter, with the noise that makes it hop between two steps."""
    pad_c = integrate(in_air(rng), make_scene(_room(rng), heat_k=_load(rng)))
    step_k = float(rng.choice([0.25, 0.5, 1.0]))
    return np.asarray(np.round((pad_c + rng.normal(0.0, 0.05, SAMPLES)) / step_k) * step_k)


def _held_1_hz(rng: np.random.Generator) -> FloatArray:
    """A converter at 1 Hz that is asked twice."""
    return np.repeat(_read(rng, make_scene(_room(rng) + _fan(rng), heat_k=0.5 * _load(rng)))[::2], 2)


def _drift(rng: np.random.Generator) -> FloatArray:
    """A reference that ages, or a heap of batteries that warms: up to 12 K an hour."""
    slope = rng.uniform(2.0, 12.0) * rng.choice([-1.0, 1.0])
    return _read(rng, make_scene(_room(rng) + slope * MINUTES / 60.0))


KINDS: Final[dict[str, Callable[[np.random.Generator], FloatArray]]] = {
    "hot_50": _hot_50,
    "hot_70": _hot_70,
    "cold": _cold,
    "ambient_steps": _ambient_steps,
    "load_steps": _load_steps,
    "terminal": _terminal,
    "fast_charge": _fast_charge,
    "thermostat": _thermostat,
    "touch": _touch,
    "sun": _sun,
    "chamber": _chamber,
    "bath": _bath,
    "brought_in": _brought_in,
    "moved_sensor": _moved_sensor,
    "busy": _busy,
    "spikes": _spikes,
    "interference": _interference,
    "resets": _resets,
    "open_thermocouple": _open_thermocouple,
    "disconnects": _disconnects,
    "offsets": _offsets,
    "noise": _noise,
    "quantised": _quantised,
    "held_1_hz": _held_1_hz,
    "drift": _drift,
}


def nuisance_trace(kind: str, seed: int, number: int) -> FloatArray:
    """Return one hour of one kind at 2 Hz, as the node sends it: over range included, NaN where it sends none.

    It depends on nothing but the three arguments: other kinds may come and go.
    """
    return KINDS[kind](np.random.default_rng((seed, crc32(kind.encode()), number)))
