"""The simulator: physics that can be checked, and the same samples for the same seed."""

import inspect
from dataclasses import replace

import numpy as np
import pytest

from btr_training import nuisance, nuisance_scene, simulate
from btr_training.cells import (
    EMISSIVITY_AREA_W_PER_KG_K4,
    HEAT_CAPACITY_J_PER_KG_K,
    Abuse,
    sample_cells,
    simulate_cells,
)
from btr_training.kinetics import ANODE, CATHODE, ELECTROLYTE, KELVIN, SEI, Extents
from btr_training.nuisance import KINDS, nuisance_trace
from btr_training.sensors import POWER_ON_C, add_interference, add_restarts, add_silence, hold, lag, quantise
from btr_training.simulate import DEMO_CELL, demo_recording, simulate_abuse, simulate_benign


@pytest.mark.parametrize("reaction", [SEI, ANODE, CATHODE, ELECTROLYTE])
def test_rates_grow_with_temperature_and_never_overflow(reaction):
    rates = reaction.rate_per_s(np.linspace(200.0, 3000.0, 400))
    assert np.isfinite(rates).all()
    assert (np.diff(rates) >= 0).all()
    assert rates[0] < 1e-9


def test_a_cell_at_room_temperature_hardly_ages_and_one_at_250_degc_burns_out():
    cold, hot = Extents.fresh(1), Extents.fresh(1)
    before = hot.stored_j_per_kg()
    for _ in range(600):
        cold.react(np.array([25.0 + KELVIN]), 1.0)
    released = sum(hot.react(np.array([250.0 + KELVIN]), 1.0) for _ in range(600))
    assert before - cold.stored_j_per_kg() < 0.001 * before
    assert released == pytest.approx(before - hot.stored_j_per_kg())
    assert released > 0.5 * before


def test_no_step_releases_more_than_is_left():
    extents = Extents.fresh(1)
    stored = extents.stored_j_per_kg()
    assert 0 <= extents.react(np.array([2000.0 + KELVIN]), 1e6) <= stored
    assert extents.stored_j_per_kg() >= 0


def test_energy_is_conserved_but_for_the_losses():
    """Given a heated cell without cooling; what it gained is what went in less what it radiated."""
    cells = replace(DEMO_CELL, cooling_w_per_kg_k=np.zeros(1), overcharge_growth_s=np.array([1e9]))
    cells = replace(cells, overcharge_k_per_s=np.array([0.2]), electric_j_per_kg=np.zeros(1), trigger_s=np.zeros(1))
    traces = simulate_cells(cells, 300.0)
    hot_share = float(cells.hot_fraction[0])
    gained = hot_share * traces.hot_c[-1, 0] + (1 - hot_share) * traces.bulk_c[-1, 0] - 24.0
    kelvin, ambient_k = traces.bulk_c[:, 0] + KELVIN, 24.0 + KELVIN
    radiated = EMISSIVITY_AREA_W_PER_KG_K4 * np.sum(kelvin**4 - ambient_k**4) * 0.5 / HEAT_CAPACITY_J_PER_KG_K
    assert traces.bulk_c[-1, 0] < 90.0, "below the onset of the reactions"
    assert gained == pytest.approx(300 * 0.2 - radiated, rel=0.02)


def test_self_heating_begins_where_calorimeters_find_it():
    """Accelerating-rate calorimetry of charged cells: 0.02 K/min near 85 degC, 1 K/s between 130 and 250 degC."""
    temp_c = np.arange(40.0, 260.0)
    rate_k_per_s = Extents.fresh(len(temp_c)).react(temp_c + KELVIN, 1.0) / HEAT_CAPACITY_J_PER_KG_K
    assert 75.0 < temp_c[np.argmax(rate_k_per_s > 0.02 / 60)] < 95.0
    assert 130.0 < temp_c[np.argmax(rate_k_per_s > 1.0)] < 250.0


def test_every_abuse_can_run_away_and_a_cell_left_alone_does_not():
    cells = sample_cells(np.random.default_rng(1), 60)
    peaks = simulate_cells(cells, 1200.0).bulk_c.max(axis=0)
    for abuse in Abuse:
        assert peaks[cells.abuse == abuse].max() > 180.0, abuse
    quiet = simulate_cells(replace(cells, trigger_s=np.full(60, 1e9)), 1200.0).bulk_c
    assert np.ptp(quiet, axis=0).max() < 0.5


def test_a_cell_that_vents_cools_before_it_runs_away():
    """Given two equal cells of which one opens at 90 degC; only its temperature falls on the way up."""
    cells = replace(DEMO_CELL, vent_c=np.array([90.0]))
    closed, opened = (
        simulate_cells(replace(cells, vent_j_per_kg=np.array([heat])), 800.0).bulk_c[:, 0] for heat in (0.0, 2e4)
    )
    before = np.argmax(closed > 90.0)
    assert np.allclose(closed[: before - 20], opened[: before - 20])
    after = slice(before, before + 60)
    assert (closed - opened)[after].max() > 5.0
    assert opened.max() > 200.0, "and yet it runs away"


def test_each_gust_of_a_neighbour_heats_the_sensor_and_not_the_cell():
    gusts = replace(DEMO_CELL, trigger_s=np.array([60.0]), overcharge_k_per_s=np.zeros(1))
    gusts = replace(gusts, gust_at_s=np.array([[0.0, 100.0, 200.0]]), gust_k=np.array([[30.0, 0.0, 60.0]]))
    traces = simulate_cells(replace(gusts, gust_decay_s=np.array([10.0])), 400.0)
    felt_k = (traces.surface_c - traces.bulk_c)[:, 0]
    assert felt_k[:120].max() == 0.0
    assert felt_k[120:200].max() > 15.0
    assert felt_k[300:520].max() < 0.1, "the second does not reach it"
    assert felt_k[520:].max() > 30.0
    assert np.ptp(traces.bulk_c) < 0.5


def test_everyday_life_beside_an_abuse_is_measured_but_is_no_part_of_the_event(abused):
    """The labels come from the clean temperature; a hand on the cell before its runaway must not make one."""
    before = [slice(0, 120)]
    assert all(np.ptp(trace.clean_c[part]) < 0.5 for trace in abused for part in before), "no abuse in the first minute"
    assert max(np.ptp(trace.temp_c[part]) for trace in abused for part in before) > 1.0


def test_the_same_seed_gives_the_same_samples_and_more_traces_change_none(abused, benign):
    again = simulate_abuse(3, 5)
    assert all(np.array_equal(one.temp_c, two.temp_c) for one, two in zip(again, abused, strict=False))
    more = simulate_benign(3, 3)
    assert all(np.array_equal(one.temp_c, two.temp_c, equal_nan=True) for one, two in zip(more, benign, strict=False))
    other = simulate_benign(4, 1)[0]
    assert not np.array_equal(other.temp_c, benign[0].temp_c, equal_nan=True)


def test_parts_of_a_simulation_are_the_whole(monkeypatch):
    monkeypatch.setattr(simulate, "BATCH", 4)
    monkeypatch.setattr(simulate, "ABUSE_SECONDS", 120.0)
    for make in (simulate_abuse, simulate_benign):
        whole, parts = make(3, 6), make(3, 4) + make(3, 2, 4)
        assert [one.name for one in parts] == [one.name for one in whole]
        assert all(
            np.array_equal(one.temp_c, two.temp_c, equal_nan=True) for one, two in zip(parts, whole, strict=True)
        )


def test_benign_life_stays_away_from_runaway(benign):
    for trace in benign:
        assert -70 < trace.clean_c.min() < trace.clean_c.max() < 130
        assert np.max(trace.clean_c[6:] - trace.clean_c[:-6]) < 3.0, "1 K/s over 3 s"


def test_the_demo_is_twelve_minutes_with_the_heating_two_thirds_in():
    time_s, temp_c = demo_recording(1)
    assert 600 <= time_s[-1] <= 900
    assert temp_c[-1] > 150
    heating = time_s[np.argmax(temp_c > temp_c[0] + 5.0)]
    assert 0.6 < heating / time_s[-1] < 0.85
    assert np.array_equal(temp_c, demo_recording(1)[1])
    assert np.diff(time_s).min() == np.diff(time_s).max() == 0.5


def test_a_lagging_sensor_reaches_63_percent_after_its_time_constant():
    step = np.concatenate([np.zeros(1), np.ones(200)])
    assert lag(step, 5.0)[10] == pytest.approx(1 - np.exp(-1.0), abs=1e-9)
    assert np.array_equal(lag(step, 0.0), step)


def test_steps_and_holding_are_those_of_the_converter():
    values = np.array([20.03, 20.11, 20.24, 20.4])
    assert quantise(values, 0.25).tolist() == [20.0, 20.0, 20.25, 20.5]
    assert hold(values, 2).tolist() == [20.03, 20.03, 20.24, 20.24]


def test_silence_leaves_holes_and_nothing_else():
    temp_c = np.full(7200, 20.0)
    silent = add_silence(np.random.default_rng(1), temp_c, 20.0)
    assert np.isnan(silent).any()
    assert (silent[np.isfinite(silent)] == 20.0).all()


def test_a_restart_is_silence_and_a_few_readings_that_mean_nothing():
    temp_c = np.full(7200, 20.0)
    restarted = add_restarts(np.random.default_rng(1), temp_c, 20.0)
    false = np.flatnonzero(np.isfinite(restarted) & (restarted != 20.0))
    starts = false[np.diff(false, prepend=-10) > 1]
    assert len(starts) > 5
    assert np.isnan(restarted[starts - 1]).all()
    assert POWER_ON_C in restarted
    assert np.array_equal(temp_c, np.full(7200, 20.0)), "the truth is not touched"


def test_interference_is_noise_for_a_while_and_then_nothing():
    disturbed = add_interference(np.random.default_rng(1), np.full(7200, 20.0), 20.0)
    assert 0.01 < np.mean(disturbed != 20.0) < 0.5
    assert abs(disturbed.mean() - 20.0) < 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_a_nuisance_is_an_hour_without_runaway(kind):
    first, again = nuisance_trace(kind, 5, 0), nuisance_trace(kind, 5, 0)
    assert len(first) == 7200
    assert np.array_equal(first, again, equal_nan=True)
    readable = first[np.isfinite(first) & (first > -100) & (first < 300)]
    assert len(readable) > 3600
    assert readable.max() < 100


def test_the_nuisance_suite_shares_no_code_with_the_training_generator():
    """A suite made of the training generator would judge nothing."""
    for module in (nuisance, nuisance_scene):
        imports = [line for line in inspect.getsource(module).splitlines() if line.startswith(("import ", "from "))]
        assert imports
        own = [line for line in imports if "btr_training" in line or line.startswith("from .")]
        assert all(line.startswith("from .nuisance_scene import") for line in own)
