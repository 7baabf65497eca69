"""Simulated recordings: what the project ships as data, what a model can be trained on by anyone, and the demo's event.

Needs numpy only. The same seed gives the same samples; each trace has its own random stream, so more traces never
change earlier ones.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .benign import benign_life, everyday
from .cells import GUSTS, Abuse, CellBatch, sample_cells, simulate_cells
from .data import INTERVAL_S
from .sensors import (
    SENSORS,
    add_interference,
    add_offset_steps,
    add_restarts,
    add_silence,
    add_spikes,
    follow,
    measure,
    report,
)

FloatArray = NDArray[np.float64]

RUNAWAY_AT_C: Final = 150.0
HARMLESS_BELOW_C: Final = 60.0
CUT_AFTER_PEAK_S: Final = 30.0
BENIGN_SECONDS: Final = 1800.0
ABUSE_SECONDS: Final = 1200.0
BATCH: Final = 200
FAULTY_SHARE: Final = 0.4
# (fault, how often per hour).
FAULTS: Final = (
    (add_spikes, 40.0),
    (add_interference, 20.0),
    (add_offset_steps, 25.0),
    (add_restarts, 20.0),
    (add_silence, 6.0),
)
# Abused cells that have their everyday life too: half of the recordings of abuse are made in a quiet chamber.
LIVELY_SHARE: Final = 0.6

DEMO_SECONDS: Final = 900.0
# A node's sensor reads up to 200 degC; what is above is a fault and no longer a temperature.
DEMO_ENDS_ABOVE_C: Final = 198.0
# (start s, duration s, size K, time constant s): a hand on the cell, a load.
DEMO_EVENTS: Final = ((90.0, 12.0, 2.0, 15.0), (200.0, 120.0, 3.0, 90.0))


def _one(value: float) -> FloatArray:
    return np.array([value])


DEMO_CELL: Final = CellBatch(
    abuse=np.array([int(Abuse.OVERCHARGE)]),
    ambient_c=_one(24.0),
    hot_fraction=_one(0.3),
    exchange_w_per_kg_k=_one(60.0),
    cooling_w_per_kg_k=_one(1.5),
    trigger_s=_one(380.0),
    short_w_per_kg=_one(0.0),
    short_j_per_kg=_one(0.0),
    heater_k_per_s=_one(0.0),
    heater_stop_c=_one(0.0),
    overcharge_k_per_s=_one(0.012),
    overcharge_growth_s=_one(55.0),
    neighbour_c=_one(24.0),
    neighbour_w_per_kg_k=_one(0.0),
    neighbour_decay_s=_one(1.0),
    gust_at_s=np.zeros((1, GUSTS)),
    gust_k=np.zeros((1, GUSTS)),
    gust_rise_s=_one(1.0),
    gust_decay_s=_one(1.0),
    near_hot=_one(0.0),
    vent_c=_one(150.0),
    vent_j_per_kg=_one(0.0),
    vent_s=_one(1.0),
    electric_j_per_kg=_one(2.5e5),
    electric_s=_one(25.0),
    cathode_scale=_one(0.6),
)


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedTrace:
    """One simulated sensor on the 0.5 s grid.

    ``temp_c`` is what the node reports (NaN: nothing plausible), ``clean_c`` the same sensor without noise, steps,
    faults and, beside an abuse, without everyday life: a hand on the cell is no part of its runaway. ``kind`` is
    ``runaway``, ``heated`` (abused or beside it, hot, yet no runaway) or ``benign``.
    """

    name: str
    kind: str
    temp_c: FloatArray
    clean_c: FloatArray


def simulate_abuse(seed: int, count: int, first: int = 0) -> tuple[SimulatedTrace, ...]:
    """Return ``count`` abused cells, each by one sensor; half of the runaways end soon after the peak.

    They are those from number ``first`` on, a multiple of 200, of the endless row that the seed stands for.
    """
    traces: list[SimulatedTrace] = []
    for start in range(first, first + count, BATCH):
        rng = np.random.default_rng((seed, 1, start // BATCH))
        # All parameters are drawn, whatever the count, so that more traces never change earlier ones.
        numbers = np.arange(min(BATCH, first + count - start))
        cells = sample_cells(rng, BATCH).take(numbers)
        surface = simulate_cells(cells, ABUSE_SECONDS).surface_c
        traces += [_abused_trace(seed, start + index, cells, index, surface[:, index]) for index in numbers.tolist()]
    return tuple(traces)


def simulate_benign(seed: int, count: int, first: int = 0) -> tuple[SimulatedTrace, ...]:
    """Return ``count`` half hours, from number ``first`` on, of healthy cells with all that sensors and people do."""
    return tuple(_benign_trace(seed, number) for number in range(first, first + count))


def demo_recording(seed: int) -> tuple[FloatArray, FloatArray]:
    """Return (time_s, temp_c) of about twelve minutes at 2 Hz that end in a runaway, the heating two thirds in.

    A quiet cell, a hand on it, a load step, then an overcharge that heats it ever faster: slow enough that the stages
    of the alarm can be watched. It ends where the sensor of a node does.
    """
    rng = np.random.default_rng((seed, 3))
    surface_c = simulate_cells(DEMO_CELL, DEMO_SECONDS).surface_c[:, 0]
    time_s = np.arange(len(surface_c)) * INTERVAL_S
    for start_s, last_s, size_k, lag_s in DEMO_EVENTS:
        since_s = time_s - start_s
        reached = 1.0 - np.exp(-np.clip(since_s, 0.0, last_s) / lag_s)
        surface_c = surface_c + size_k * reached * np.exp(-np.maximum(since_s - last_s, 0.0) / (3.0 * lag_s))
    _, temp_c = measure(rng, surface_c, SENSORS[0])
    over_range = np.flatnonzero(temp_c > DEMO_ENDS_ABOVE_C)
    end = int(over_range[0]) if len(over_range) else len(temp_c)
    return time_s[:end].astype(np.float64), np.round(temp_c[:end], 2)


def _abused_trace(seed: int, number: int, cells: CellBatch, index: int, surface_c: FloatArray) -> SimulatedTrace:
    """Return one abused cell as its sensor reports it, shifted in contact, half of the runaways cut behind the peak."""
    rng = np.random.default_rng((seed, 2, number))
    contact = rng.uniform(0.4, 1.0)
    surface_c = cells.ambient_c[index] + (surface_c - cells.ambient_c[index]) * contact
    ran_away = surface_c.max() >= RUNAWAY_AT_C
    if ran_away:
        tail_s = rng.choice([CUT_AFTER_PEAK_S, ABUSE_SECONDS])
        surface_c = surface_c[: int(np.argmax(surface_c)) + round(tail_s / INTERVAL_S)]
    sensor = SENSORS[rng.integers(0, len(SENSORS))]
    clean_c = follow(rng, surface_c, sensor)
    lively = rng.random() < LIVELY_SHARE
    temp_c = report(rng, clean_c + everyday(rng, len(clean_c)) if lively else clean_c, sensor)
    kind = "runaway" if ran_away else "heated"
    return SimulatedTrace(f"{kind}_{Abuse(int(cells.abuse[index])).name.lower()}_{number:05d}", kind, temp_c, clean_c)


def _benign_trace(seed: int, number: int) -> SimulatedTrace:
    """Return one half hour of a healthy cell; two of five have a bad sensor."""
    rng = np.random.default_rng((seed, 4, number))
    truth_c = benign_life(rng, round(BENIGN_SECONDS / INTERVAL_S))
    clean_c, temp_c = measure(rng, truth_c, SENSORS[rng.integers(0, len(SENSORS))])
    if rng.random() < FAULTY_SHARE:
        fault, per_hour = FAULTS[rng.integers(0, len(FAULTS))]
        temp_c = fault(rng, temp_c, per_hour)
    return SimulatedTrace(f"benign_{number:05d}", "benign", temp_c, clean_c)
