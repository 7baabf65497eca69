"""Simulated recordings: what the project ships as data, what a model can be trained on by anyone, and the demo's event.

Needs numpy only. The same seed gives the same samples; each trace has its own random stream, so more traces never change earlier ones.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .benign import benign_life
from .cells import Abuse, CellBatch, sample_cells, simulate_cells
from .data import INTERVAL_S
from .sensors import SENSORS, add_offset_steps, add_silence, add_spikes, measure

FloatArray = NDArray[np.float64]

RUNAWAY_AT_C: Final = 150.0
HARMLESS_BELOW_C: Final = 60.0
CUT_AFTER_PEAK_S: Final = 30.0
BENIGN_SECONDS: Final = 1800.0
ABUSE_SECONDS: Final = 1200.0
BATCH: Final = 200


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedTrace:
    """One simulated sensor on the 0.5 s grid.

    ``temp_c`` is what the node reports (NaN: nothing plausible), ``clean_c`` the same sensor without noise, steps and faults. ``kind`` is
    ``runaway``, ``heated`` (abused or beside it, hot, yet no runaway) or ``benign``.
    """

    name: str
    kind: str
    temp_c: FloatArray
    clean_c: FloatArray


def simulate_abuse(seed: int, count: int) -> tuple[SimulatedTrace, ...]:
    """Return ``count`` abused cells, each by one sensor; a runaway is cut soon after its peak, as recordings are."""
    traces = []
    for batch, start in enumerate(range(0, count, BATCH)):
        rng = np.random.default_rng((seed, 1, batch))
        cells = sample_cells(rng, BATCH)
        surface = simulate_cells(cells, ABUSE_SECONDS).surface_c
        for index in range(min(BATCH, count - start)):
            traces.append(_abused_trace(seed, start + index, cells, index, surface[:, index]))
    return tuple(traces)


def simulate_benign(seed: int, count: int) -> tuple[SimulatedTrace, ...]:
    """Return ``count`` half hours of healthy cells with all that sensors and people do to them."""
    return tuple(_benign_trace(seed, index) for index in range(count))


def demo_recording(seed: int) -> tuple[FloatArray, FloatArray]:
    """Return (time_s, temp_c) of about twelve minutes at 2 Hz that end in a runaway, the event about two thirds in.

    A quiet cell, a hand on it, a load step, then a heater that a broken thermostat leaves on: slow heating, so that the stages of the
    alarm can be watched.
    """
    rng = np.random.default_rng((seed, 3))
    cells = sample_cells(rng, 1)
    one = np.ones(1)
    zero = np.zeros(1)
    cells = replace(
        cells,
        abuse=np.array([int(Abuse.HEATER)]),
        ambient_c=24.0 * one,
        hot_fraction=0.3 * one,
        exchange_w_per_kg_k=60.0 * one,
        cooling_w_per_kg_k=1.5 * one,
        trigger_s=400.0 * one,
        short_w_per_kg=zero,
        short_j_per_kg=zero,
        heater_k_per_s=0.75 * one,
        heater_stop_c=400.0 * one,
        overcharge_k_per_s=zero,
        neighbour_w_per_kg_k=zero,
        jet_k=zero,
        electric_j_per_kg=2.5e5 * one,
        electric_s=25.0 * one,
        cathode_scale=0.6 * one,
    )
    surface_c = simulate_cells(cells, 780.0).surface_c[:, 0]
    time_s = np.arange(len(surface_c)) * INTERVAL_S
    for start_s, last_s, size_k, tau_s in ((90.0, 12.0, 2.0, 15.0), (200.0, 120.0, 3.0, 90.0)):
        since_s = time_s - start_s
        shape = (1.0 - np.exp(-np.clip(since_s, 0.0, last_s) / tau_s)) * np.exp(-np.maximum(since_s - last_s, 0.0) / (3.0 * tau_s))
        surface_c = surface_c + size_k * shape
    _, temp_c = measure(rng, surface_c, SENSORS[0])
    end = min(len(temp_c), int(np.argmax(temp_c)) + round(CUT_AFTER_PEAK_S / INTERVAL_S))
    return time_s[:end], np.round(temp_c[:end], 2)


def _abused_trace(seed: int, number: int, cells: CellBatch, index: int, surface_c: FloatArray) -> SimulatedTrace:
    """Return one abused cell as its sensor reports it, shifted in contact and cut behind the peak."""
    rng = np.random.default_rng((seed, 2, number))
    contact = rng.uniform(0.6, 1.0)
    surface_c = cells.ambient_c[index] + (surface_c - cells.ambient_c[index]) * contact
    ran_away = surface_c.max() >= RUNAWAY_AT_C
    if ran_away:
        surface_c = surface_c[: int(np.argmax(surface_c)) + round(CUT_AFTER_PEAK_S / INTERVAL_S)]
    sensor = SENSORS[rng.integers(0, len(SENSORS))]
    clean_c, temp_c = measure(rng, surface_c, sensor)
    kind = "runaway" if ran_away else "heated"
    return SimulatedTrace(f"{kind}_{Abuse(int(cells.abuse[index])).name.lower()}_{number:05d}", kind, temp_c, clean_c)


def _benign_trace(seed: int, number: int) -> SimulatedTrace:
    """Return one half hour of a healthy cell; a quarter of them with a bad sensor."""
    rng = np.random.default_rng((seed, 4, number))
    truth_c = benign_life(rng, round(BENIGN_SECONDS / INTERVAL_S))
    clean_c, temp_c = measure(rng, truth_c, SENSORS[rng.integers(0, len(SENSORS))])
    faults = ((add_spikes, 40.0), (add_offset_steps, 15.0), (add_silence, 6.0))
    if rng.random() < 0.25:
        fault, per_hour = faults[rng.integers(0, len(faults))]
        temp_c = fault(rng, temp_c, per_hour)
    return SimulatedTrace(f"benign_{number:05d}", "benign", temp_c, clean_c)
