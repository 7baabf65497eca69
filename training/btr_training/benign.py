"""A cell's ordinary life: the hard negatives that recordings of abuse tests do not hold.

Every excursion is a small linear system driven by an event: a step of the surroundings, of the load, of a hand. The
table ``EXCURSIONS`` says how large, how quick, how long and how often; a trace is a slow background plus a random
choice of kinds.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .data import INTERVAL_S

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Excursion:
    """One kind of event.

    ``size_k``: final change in K of an event that lasts; negative is cooling. ``rise_s``: time constant in,
    ``fall_s``: out. ``last_s``: how long the cause lasts. ``every_s``: mean time between events. ``both_ways``: the
    sign is random.
    """

    kind: str
    size_k: tuple[float, float]
    rise_s: tuple[float, float]
    fall_s: tuple[float, float]
    last_s: tuple[float, float]
    every_s: float
    both_ways: bool = False


EXCURSIONS: Final = (
    Excursion("charging", (2.0, 18.0), (250.0, 1500.0), (300.0, 1800.0), (600.0, 3600.0), 1800.0),
    Excursion("fast_charge", (8.0, 30.0), (150.0, 500.0), (200.0, 900.0), (300.0, 1500.0), 1500.0),
    Excursion("load_step", (1.0, 12.0), (50.0, 400.0), (60.0, 500.0), (20.0, 600.0), 500.0),
    Excursion("sun", (3.0, 20.0), (90.0, 900.0), (90.0, 900.0), (120.0, 2400.0), 900.0),
    Excursion("door", (3.0, 20.0), (70.0, 400.0), (70.0, 500.0), (20.0, 900.0), 800.0, both_ways=True),
    Excursion("draught", (0.5, 5.0), (20.0, 120.0), (20.0, 120.0), (5.0, 120.0), 400.0, both_ways=True),
    Excursion("touch", (0.5, 8.0), (5.0, 40.0), (10.0, 80.0), (2.0, 60.0), 120.0),
    Excursion("firm_touch", (2.0, 10.0), (7.0, 25.0), (10.0, 60.0), (4.0, 90.0), 200.0),
    Excursion("cold_gust", (-12.0, -1.0), (2.0, 20.0), (20.0, 120.0), (2.0, 30.0), 300.0),
    Excursion("thermostat", (0.5, 6.0), (30.0, 300.0), (30.0, 300.0), (30.0, 240.0), 300.0),
    Excursion("warm_air", (3.0, 12.0), (40.0, 150.0), (40.0, 200.0), (20.0, 300.0), 700.0),
    Excursion("moved_sensor", (1.0, 8.0), (20.0, 80.0), (20.0, 80.0), (30.0, 900.0), 700.0, both_ways=True),
    Excursion("hot_cup", (2.0, 10.0), (35.0, 120.0), (40.0, 300.0), (20.0, 400.0), 900.0),
)

# Chance that a trace starts cold, and that its cell is damaged without running away.
RARE_CHANCE: Final = 0.08


def excursion(rng: np.random.Generator, samples: int, kind: Excursion) -> FloatArray:
    """Return the change in K that random events of one kind make on a cell in equilibrium."""
    change = np.zeros(samples)
    start_s = float(rng.exponential(kind.every_s))
    end_s = samples * INTERVAL_S
    while start_s < end_s:
        size_k = rng.uniform(*kind.size_k) * (rng.choice([-1.0, 1.0]) if kind.both_ways else 1.0)
        rise_s, fall_s, last_s = (
            float(np.exp(rng.uniform(*np.log(span)))) for span in (kind.rise_s, kind.fall_s, kind.last_s)
        )
        since_s = np.arange(samples) * INTERVAL_S - start_s
        reached = 1.0 - np.exp(-np.clip(since_s, 0.0, last_s) / rise_s)
        change += size_k * reached * np.exp(-np.maximum(since_s - last_s, 0.0) / fall_s)
        start_s += last_s + float(rng.exponential(kind.every_s))
    return change


def excursions(rng: np.random.Generator, samples: int) -> FloatArray:
    """Return the change in K that one to three kinds of event make."""
    change = np.zeros(samples)
    for index in rng.choice(len(EXCURSIONS), int(rng.integers(1, 4)), replace=False):
        change = change + excursion(rng, samples, EXCURSIONS[index])
    return change


def everyday(rng: np.random.Generator, samples: int) -> FloatArray:
    """Return what else happens to a cell that is abused, in K: drift, weather and excursions."""
    drift = rng.uniform(-6.0, 6.0) * np.arange(samples) * INTERVAL_S / 3600.0
    return drift + weather(rng, samples) + excursions(rng, samples)


def weather(rng: np.random.Generator, samples: int) -> FloatArray:
    """Return a random change in K around zero with a new value every two minutes."""
    knots = np.linspace(0.0, samples - 1.0, max(2, samples // 240))
    return np.asarray(np.interp(np.arange(samples), knots, rng.normal(0.0, rng.uniform(0.02, 0.4), len(knots))))


def background(rng: np.random.Generator, samples: int) -> FloatArray:
    """Return a slow day in degC: level of cold store to hot roof, weather, and a random walk that returns."""
    hours = np.arange(samples) * INTERVAL_S / 3600.0
    level_c = rng.uniform(-20.0, 70.0)
    day = rng.uniform(0.0, 6.0) * np.sin(2.0 * np.pi * (hours / 24.0 + rng.random()))
    slope = rng.uniform(-6.0, 6.0) * hours
    return np.asarray(level_c + day + slope + weather(rng, samples))


def cold_start(rng: np.random.Generator, samples: int) -> FloatArray:
    """Return the warming, in K, of a cell that was carried from the cold into a room."""
    depth_k, warming_s = rng.uniform(5.0, 40.0), rng.uniform(200.0, 2500.0)
    return np.asarray(-depth_k * np.exp(-np.arange(samples) * INTERVAL_S / warming_s))


def failed_abuse(rng: np.random.Generator, samples: int) -> FloatArray:
    """Return the heating, in K, of a damaged cell that does not run away: a weak short that dies out."""
    since_s = np.maximum(np.arange(samples) * INTERVAL_S - rng.uniform(0.1, 0.6) * samples * INTERVAL_S, 0.0)
    rise_s, fall_s = rng.uniform(60.0, 600.0), rng.uniform(900.0, 4000.0)
    return np.asarray(rng.uniform(3.0, 25.0) * (1.0 - np.exp(-since_s / rise_s)) * np.exp(-since_s / fall_s))


def benign_life(rng: np.random.Generator, samples: int) -> FloatArray:
    """Return one true temperature in degC of a healthy cell: background, excursions, rarely a cold start."""
    temp_c = background(rng, samples) + excursions(rng, samples)
    for change in (cold_start, failed_abuse):
        if rng.random() < RARE_CHANCE:
            temp_c = temp_c + change(rng, samples)
    return temp_c
