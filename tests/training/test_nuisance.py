"""The nuisance suite: physics that can be checked, every kind that is promised, and nothing that is a runaway."""

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

import btr_training
from btr_training import nuisance
from btr_training.config import EvaluationConfig
from btr_training.nuisance import BROKEN_C, KINDS, POWER_ON_C, nuisance_trace
from btr_training.nuisance_scene import FINGER_C, SAMPLES, Body, in_air, in_water, integrate, make_scene, mixed, ramp

PACKAGE = Path(btr_training.__file__).parent
PROMISED = {
    "hot_50", "hot_70", "cold", "ambient_steps", "load_steps", "fast_charge", "thermostat", "spikes",
    "open_thermocouple", "disconnects", "offsets", "noise", "quantised", "held_1_hz", "touch", "drift",
}  # fmt: skip
BAD_SENSORS = {"spikes", "interference", "resets", "open_thermocouple", "offsets", "noise", "quantised"}
BODY = Body(cell_s=1000.0, pad_s=8.0, air_share=0.2, finger_s=20.0)


def hours(kind, count=3):
    return [nuisance_trace(kind, 5, number) for number in range(count)]


def smooth(temp_c):
    """A running median over 2.5 s, as labels are made from."""
    return np.median(sliding_window_view(temp_c, 5), axis=1)


def test_every_promised_kind_is_there_for_at_least_five_hours():
    assert set(KINDS) >= PROMISED
    assert EvaluationConfig().nuisance_hours * SAMPLES * 0.5 / 3600 >= 5.0


@pytest.mark.parametrize("kind", KINDS)
def test_a_trace_is_one_hour_and_the_same_every_time(kind):
    first = nuisance_trace(kind, 5, 0)
    assert first.shape == (7200,)
    assert np.array_equal(first, nuisance_trace(kind, 5, 0), equal_nan=True)
    for other in (nuisance_trace(kind, 5, 1), nuisance_trace(kind, 6, 0)):
        assert not np.array_equal(first, other, equal_nan=True)


def test_kinds_draw_from_streams_of_their_own_so_that_one_more_changes_none(monkeypatch):
    before = nuisance_trace("drift", 5, 0)
    monkeypatch.setattr(nuisance, "KINDS", {"another": KINDS["drift"], **KINDS})
    assert np.array_equal(before, nuisance_trace("drift", 5, 0))
    assert not np.array_equal(before, nuisance_trace("another", 5, 0))


@pytest.mark.parametrize("kind", sorted(set(KINDS) - BAD_SENSORS))
def test_no_true_temperature_rises_as_a_runaway_does(kind):
    for temp_c in hours(kind):
        known = smooth(temp_c[np.isfinite(temp_c)])
        window = sliding_window_view(known, 41)
        assert (window.max(axis=1) - window[:, 0]).max() < 5.0
        assert known.max() < (75.0 if kind == "hot_70" else 60.0)


def test_hot_and_cold_are_where_they_say():
    assert all(46.0 < np.quantile(temp_c, 0.9) < 54.0 for temp_c in hours("hot_50"))
    assert all(67.0 < temp_c.min() < temp_c.max() < 73.0 for temp_c in hours("hot_70"))
    assert all(temp_c.min() < -4.0 for temp_c in hours("cold"))


def test_bad_sensors_do_what_bad_sensors_do():
    for temp_c in hours("spikes"):
        assert (np.abs(temp_c[2:-2] - smooth(temp_c)) > 2.5).sum() >= 40
    for temp_c in hours("resets"):
        shown = temp_c == POWER_ON_C
        assert 12 <= shown.sum() <= 24
        assert not (shown[:-2] & shown[1:-1] & shown[2:]).any()
    for temp_c in hours("open_thermocouple"):
        assert np.isin(temp_c, BROKEN_C).sum() > 100
    for temp_c in hours("disconnects"):
        assert 0.05 < np.isnan(temp_c).mean() < 0.5
    for temp_c in hours("offsets"):
        assert (np.abs(np.diff(temp_c)) > 0.3).sum() >= 8
    for temp_c in hours("noise"):
        assert 0.05 < np.std(np.diff(temp_c)) / np.sqrt(2.0) < 0.5
    for temp_c in hours("held_1_hz"):
        assert np.array_equal(temp_c[::2], temp_c[1::2])
    for temp_c in hours("quantised"):
        assert any(np.allclose(temp_c / step_k, np.round(temp_c / step_k)) for step_k in (0.25, 0.5, 1.0))
    for temp_c in hours("interference"):
        rough = np.abs(np.diff(temp_c))
        assert np.quantile(rough, 0.5) < 0.2 < np.quantile(rough, 0.98)


def test_a_body_in_equilibrium_stays_there():
    assert np.allclose(integrate(BODY, make_scene(20.0)), 20.0)


def test_heat_ends_where_it_says_and_the_pad_sees_the_air_too():
    quick = Body(cell_s=100.0, pad_s=8.0, air_share=0.2, finger_s=20.0)
    pad_c = integrate(quick, make_scene(20.0, heat_k=10.0))
    assert pad_c[-1] == pytest.approx(20.0 + 10.0 * 0.8, abs=1e-3)
    assert pad_c[200] == pytest.approx(20.0 + 8.0 * (1.0 - np.exp(-1.0)), abs=0.6), (
        "after one time constant of the cell"
    )


def test_a_firm_finger_warms_the_pad_towards_its_own_temperature_by_its_share():
    pad_c = integrate(Body(1e9, 8.0, 0.2, 20.0), make_scene(20.0, grip=1.0))
    assert pad_c[-1] == pytest.approx((20.0 / 8.0 + FINGER_C / 20.0) / (1.0 / 8.0 + 1.0 / 20.0), abs=1e-3)


def test_a_loose_pad_reads_the_air():
    pad_c = integrate(Body(1e9, 8.0, 0.2, 20.0), make_scene(np.where(np.arange(SAMPLES) < 10, 30.0, 20.0), loose=1.0))
    assert pad_c[5] == pytest.approx(30.0)
    assert pad_c[-1] == pytest.approx(20.0, abs=1e-3)


@given(st.integers(0, 2**32 - 1), st.sampled_from([in_air, in_water]), st.floats(-30.0, 50.0), st.floats(0.0, 40.0))
@settings(max_examples=15, deadline=None)
def test_no_pad_is_ever_hotter_or_colder_than_what_acts_on_it(seed, make, air_c, heat_k):
    rng = np.random.default_rng(seed)
    acting = (air_c + rng.uniform(-5.0, 5.0, SAMPLES), heat_k * rng.integers(0, 2, SAMPLES), rng.random(SAMPLES))
    pad_c = integrate(make(rng), make_scene(*acting, loose=rng.random(SAMPLES)))
    assert pad_c.min() >= min(air_c - 5.0, FINGER_C) - 1e-6
    assert pad_c.max() <= max(air_c + 5.0 + heat_k, FINGER_C) + 1e-6


def test_air_mixes_and_programmes_keep_to_their_rate():
    step = np.where(np.arange(SAMPLES) < 1000, 0.0, 1.0)
    mixed_k = mixed(step, 10.0)
    assert (mixed_k[:1000] == 0.0).all()
    assert mixed_k[1020] == pytest.approx(1.0 - np.exp(-1.0), abs=0.03)
    assert mixed_k[-1] == pytest.approx(1.0)
    for seed in range(5):
        programme_c = ramp(np.random.default_rng(seed), 20.0, 50.0, 2.0)
        assert np.abs(np.diff(programme_c)).max() <= 2.0 / 120.0 + 1e-9
        assert programme_c[0] == 20.0
        assert programme_c.max() == pytest.approx(50.0)


def test_the_suite_shares_no_code_with_what_models_are_trained_on():
    for name in ("nuisance", "nuisance_scene"):
        tree = ast.parse((PACKAGE / f"{name}.py").read_text("utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level}
        assert imported <= {"nuisance_scene"}
