"""Abused cells: two thermal nodes, decomposition heat, internal short, and what the sensor on the surface sees.

A cell is a hot zone (where the nail or the crush goes in, or the side of the heater) and the rest of the cell that
carries the sensor. Both decompose (``kinetics``); above the melting point of the separator the stored electric energy
is released as well (X. Feng et al., Energy Storage Materials 10 (2018) 246, sections 2 and 4). All cells advance
together, explicit Euler. A cell that vents cools for a moment, because part of its electrolyte evaporates (P. T. Coman
et al., J. Power Sources 307 (2016) 56); a neighbour that burns sends its hot gas in several gusts.
"""

from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .kinetics import KELVIN, Extents

FloatArray = NDArray[np.float64]

STEP_S: Final = 0.05
STEPS_PER_SAMPLE: Final = 10
HEAT_CAPACITY_J_PER_KG_K: Final = 1000.0
SEPARATOR_MELTS_K: Final = 135.0 + KELVIN
EMISSIVITY_AREA_W_PER_KG_K4: Final = 5.67e-8 * 0.8 * 0.09
GUSTS: Final = 3


class Abuse(IntEnum):
    """What is done to the cell."""

    NAIL = 0
    CRUSH = 1
    HEATER = 2
    OVERCHARGE = 3
    NEIGHBOUR = 4


@dataclass(frozen=True, slots=True)
class CellBatch:
    """Parameters of many cells, one value per cell in each array.

    ``hot_fraction``: share of the mass that is the hot zone. ``exchange_w_per_kg_k``: conduction between the nodes.
    ``cooling_w_per_kg_k``: loss to the surroundings. ``trigger_s``: start of the abuse. ``short_w_per_kg`` and
    ``short_j_per_kg``: power and energy of the short in the hot zone (nail, crush). ``heater_k_per_s``: heater as
    adiabatic rate, ``heater_stop_c``: cell temperature that switches it off. ``overcharge_k_per_s``,
    ``overcharge_growth_s``: side reactions that grow by e per growth time. ``neighbour_c``, ``neighbour_w_per_kg_k``,
    ``neighbour_decay_s``: a cell beside it that burns at the trigger. ``gust_at_s``, ``gust_k`` (cells, gusts): when
    its hot gas reaches the sensor, counted from the trigger, and how hot it is; ``gust_rise_s``, ``gust_decay_s``.
    ``near_hot``: weight of the hot zone in what the sensor touches. ``vent_c``, ``vent_j_per_kg``, ``vent_s``: mean
    temperature at which the cell opens, heat that the evaporating electrolyte takes, and how fast.
    ``electric_j_per_kg``, ``electric_s``: stored energy and how fast a molten separator lets it go.
    ``cathode_scale``: heat of the cathode against LiCoO2. ``ambient_c``: temperature of start and surroundings.
    """

    abuse: NDArray[np.int64]
    ambient_c: FloatArray
    hot_fraction: FloatArray
    exchange_w_per_kg_k: FloatArray
    cooling_w_per_kg_k: FloatArray
    trigger_s: FloatArray
    short_w_per_kg: FloatArray
    short_j_per_kg: FloatArray
    heater_k_per_s: FloatArray
    heater_stop_c: FloatArray
    overcharge_k_per_s: FloatArray
    overcharge_growth_s: FloatArray
    neighbour_c: FloatArray
    neighbour_w_per_kg_k: FloatArray
    neighbour_decay_s: FloatArray
    gust_at_s: FloatArray
    gust_k: FloatArray
    gust_rise_s: FloatArray
    gust_decay_s: FloatArray
    near_hot: FloatArray
    vent_c: FloatArray
    vent_j_per_kg: FloatArray
    vent_s: FloatArray
    electric_j_per_kg: FloatArray
    electric_s: FloatArray
    cathode_scale: FloatArray

    def __len__(self) -> int:
        """Return the number of cells."""
        return len(self.abuse)

    def take(self, index: NDArray[np.int64]) -> "CellBatch":
        """Return the chosen cells."""
        return CellBatch(**{part.name: getattr(self, part.name)[index] for part in fields(self)})


def sample_cells(rng: np.random.Generator, count: int) -> CellBatch:
    """Draw ``count`` cells from 18650 to large pouch, every abuse about equally often.

    Ranges are those of published nail, crush, oven, overcharge and propagation tests, widened; none is fitted to a
    recording.
    """

    def log_uniform(low: float, high: float) -> FloatArray:
        return np.exp(rng.uniform(np.log(low), np.log(high), count))

    abuse = rng.integers(0, len(Abuse), count)
    mechanical = (abuse == Abuse.NAIL) | (abuse == Abuse.CRUSH)
    crush = abuse == Abuse.CRUSH
    short_w = log_uniform(60.0, 4000.0) * np.where(crush, 0.4, 1.0)
    # Not each gust reaches the sensor.
    gusty = (abuse == Abuse.NEIGHBOUR)[:, None] & (rng.random((count, GUSTS)) < 0.5)
    return CellBatch(
        abuse=abuse,
        ambient_c=rng.normal(24.0, 10.0, count).clip(-20.0, 50.0),
        hot_fraction=log_uniform(0.03, 0.4),
        exchange_w_per_kg_k=log_uniform(8.0, 120.0),
        cooling_w_per_kg_k=log_uniform(0.3, 8.0),
        trigger_s=rng.uniform(60.0, 240.0, count),
        short_w_per_kg=np.where(mechanical, short_w, 0.0),
        short_j_per_kg=np.where(mechanical, log_uniform(3e4, 5e5), 0.0),
        heater_k_per_s=np.where(abuse == Abuse.HEATER, log_uniform(0.06, 2.0), 0.0),
        heater_stop_c=rng.uniform(100.0, 220.0, count),
        overcharge_k_per_s=np.where(abuse == Abuse.OVERCHARGE, log_uniform(0.004, 0.05), 0.0),
        overcharge_growth_s=log_uniform(40.0, 250.0),
        neighbour_c=rng.uniform(350.0, 900.0, count),
        neighbour_w_per_kg_k=np.where(abuse == Abuse.NEIGHBOUR, log_uniform(0.6, 12.0), 0.0),
        neighbour_decay_s=log_uniform(200.0, 1500.0),
        gust_at_s=np.where(np.arange(GUSTS) == 0, 0.0, rng.uniform(5.0, 700.0, (count, GUSTS))),
        gust_k=np.where(gusty, np.exp(rng.uniform(np.log(4.0), np.log(80.0), (count, GUSTS))), 0.0),
        gust_rise_s=log_uniform(0.5, 6.0),
        gust_decay_s=log_uniform(4.0, 60.0),
        near_hot=np.where(mechanical & (rng.random(count) < 0.4), rng.uniform(0.0, 0.6, count), 0.0),
        vent_c=rng.uniform(85.0, 150.0, count),
        vent_j_per_kg=np.where(rng.random(count) < 0.7, log_uniform(2e3, 2e4), 0.0),
        vent_s=log_uniform(3.0, 25.0),
        electric_j_per_kg=log_uniform(1e5, 6e5),
        electric_s=log_uniform(3.0, 60.0),
        cathode_scale=rng.choice([0.25, 0.6, 1.0, 1.4], count),
    )


@dataclass(frozen=True, slots=True, eq=False)
class CellTraces:
    """Temperatures in degC on a 0.5 s grid, shape (samples, cells): hot zone, bulk, surface with gas jet."""

    hot_c: FloatArray
    bulk_c: FloatArray
    surface_c: FloatArray


def simulate_cells(cells: CellBatch, duration_s: float) -> CellTraces:
    """Return the traces of all cells over ``duration_s``; energy is conserved but for the losses."""
    samples = round(duration_s / (STEP_S * STEPS_PER_SAMPLE)) + 1
    ambient_k = cells.ambient_c + KELVIN
    hot_k, bulk_k, jet_k = ambient_k.copy(), ambient_k.copy(), np.zeros(len(cells))
    hot, bulk = Extents.fresh(len(cells)), Extents.fresh(len(cells))
    short_left, electric_left = cells.short_j_per_kg.copy(), cells.electric_j_per_kg.copy()
    vent_left, vented = cells.vent_j_per_kg.copy(), np.zeros(len(cells), dtype=np.bool_)
    traces = CellTraces(*(np.empty((samples, len(cells))) for _ in range(3)))
    for step in range((samples - 1) * STEPS_PER_SAMPLE + 1):
        if step % STEPS_PER_SAMPLE == 0:
            row = step // STEPS_PER_SAMPLE
            traces.hot_c[row], traces.bulk_c[row] = hot_k - KELVIN, bulk_k - KELVIN
            traces.surface_c[row] = bulk_k + cells.near_hot * (hot_k - bulk_k) + jet_k - KELVIN
        since_s = step * STEP_S - cells.trigger_s
        started = since_s >= 0.0
        short_j = np.minimum(short_left, np.where(started, cells.short_w_per_kg, 0.0) * STEP_S)
        short_left -= short_j
        molten = np.maximum(hot_k, bulk_k) > SEPARATOR_MELTS_K
        electric_j = np.where(molten, electric_left * -np.expm1(-STEP_S / cells.electric_s), 0.0)
        electric_left -= electric_j
        vented |= cells.hot_fraction * hot_k + (1.0 - cells.hot_fraction) * bulk_k > cells.vent_c + KELVIN
        vent_j = np.where(vented, vent_left * -np.expm1(-STEP_S / cells.vent_s), 0.0)
        vent_left -= vent_j
        outside_w = _outside_w_per_kg(cells, since_s, bulk_k)
        loss_w = cells.cooling_w_per_kg_k * (bulk_k - ambient_k) + EMISSIVITY_AREA_W_PER_KG_K4 * (
            bulk_k**4 - ambient_k**4
        )
        flow_w = cells.exchange_w_per_kg_k * (hot_k - bulk_k)
        reaction_hot = hot.react(hot_k, STEP_S, cells.cathode_scale)
        reaction_bulk = bulk.react(bulk_k, STEP_S, cells.cathode_scale)
        gain_hot = (short_j - flow_w * STEP_S * cells.hot_fraction) / cells.hot_fraction + reaction_hot + electric_j
        bulk_share = 1.0 - cells.hot_fraction
        gain_bulk = (
            ((outside_w - loss_w) + flow_w * cells.hot_fraction) * STEP_S / bulk_share
            + reaction_bulk
            + electric_j
            - vent_j
        )
        hot_k = hot_k + gain_hot / HEAT_CAPACITY_J_PER_KG_K
        bulk_k = bulk_k + gain_bulk / HEAT_CAPACITY_J_PER_KG_K
        blown_s = since_s[:, None] - cells.gust_at_s
        gusts_k = cells.gust_k * np.exp(-np.maximum(blown_s, 0.0) / cells.gust_decay_s[:, None])
        gas_k = np.where(blown_s >= 0.0, gusts_k, 0.0).sum(axis=1)
        jet_k = jet_k + (gas_k - jet_k) * STEP_S / cells.gust_rise_s
    return traces


def _outside_w_per_kg(cells: CellBatch, since_s: FloatArray, bulk_k: FloatArray) -> FloatArray:
    """Return the heat that heater, charger and neighbour bring in, W per kg of cell."""
    active_s = np.maximum(since_s, 0.0)
    heater = np.where(bulk_k < cells.heater_stop_c + KELVIN, cells.heater_k_per_s, 0.0)
    # 2 K/s: no charger delivers more than about 10 C into a cell that still conducts.
    overcharge = np.minimum(
        cells.overcharge_k_per_s * np.exp(np.minimum(active_s / cells.overcharge_growth_s, 50.0)), 2.0
    )
    charging = np.where(cells.overcharge_k_per_s > 0.0, overcharge, 0.0)
    flame_k = (
        cells.ambient_c + KELVIN + (cells.neighbour_c - cells.ambient_c) * np.exp(-active_s / cells.neighbour_decay_s)
    )
    conduction = cells.neighbour_w_per_kg_k * np.maximum(flame_k - bulk_k, 0.0)
    return np.where(since_s >= 0.0, (heater + charging) * HEAT_CAPACITY_J_PER_KG_K + conduction, 0.0)
