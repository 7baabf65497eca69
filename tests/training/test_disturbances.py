"""The disturbances: what each does to a trace that is known, and that none does anything else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

from btr_training.disturbances import DISTURBANCES

BY_NAME = {disturbance.name: disturbance.apply for disturbance in DISTURBANCES}
SAMPLES = 600
RAMP = (25.0 + 0.01 * np.arange(SAMPLES)).astype(np.float32)


def test_a_model_may_lose_nothing_to_levels_noise_steps_holding_and_single_losses():
    held = {disturbance.name for disturbance in DISTURBANCES if disturbance.must_hold}
    assert held == {"shift_-30_K", "shift_+20_K", "noise_0.2_K", "steps_0.25_K", "held_1_Hz", "dropout_10_percent"}


def test_the_suite_has_what_the_evaluation_promises():
    assert len(BY_NAME) == len(DISTURBANCES) == 14
    assert {"shift_-30_K", "shift_+20_K", "noise_0.2_K", "steps_0.25_K", "held_1_Hz", "dropout_10_percent"} <= set(
        BY_NAME
    )


@pytest.mark.parametrize("name", BY_NAME)
def test_a_disturbance_is_the_same_every_time_and_leaves_its_input_alone(name):
    before = RAMP.copy()
    first, second = BY_NAME[name](RAMP), BY_NAME[name](RAMP)
    assert np.array_equal(first, second, equal_nan=True)
    assert np.array_equal(RAMP, before)
    assert not np.array_equal(first, RAMP)


@pytest.mark.parametrize("name", BY_NAME)
@given(
    st_numpy.arrays(np.float32, st.integers(1, 90), elements=st.one_of(st.floats(-40, 1300, width=32), st.just(np.nan)))
)
@settings(max_examples=20, deadline=None)
def test_any_trace_keeps_its_length_and_type_and_stays_free_of_infinities(name, temp_c):
    spoiled = BY_NAME[name](temp_c)
    assert spoiled.shape == temp_c.shape
    assert spoiled.dtype == np.float32
    assert not np.isinf(spoiled).any()


def test_shifts_drift_and_noise_change_values_as_they_say():
    assert np.allclose(BY_NAME["shift_-30_K"](RAMP) - RAMP, -30.0, atol=1e-4)
    assert np.allclose(BY_NAME["shift_+20_K"](RAMP) - RAMP, 20.0, atol=1e-4)
    drift = BY_NAME["hot_ambient_+15_K"](RAMP) - RAMP
    assert drift[0] == 0.0
    assert drift[-1] == pytest.approx(15.0, abs=1e-4)
    assert (np.diff(drift) > 0).all()
    assert (BY_NAME["noise_0.2_K"](RAMP) - RAMP).std() == pytest.approx(0.2, rel=0.1)


def test_coarse_and_slow_converters():
    assert set((BY_NAME["steps_0.25_K"](RAMP) % 0.25).tolist()) == {0.0}
    held = BY_NAME["held_1_Hz"](RAMP)
    assert np.array_equal(held[::2], RAMP[::2])
    assert np.array_equal(held[1::2], RAMP[::2])


def test_spikes_come_every_20_s_in_turns_and_last_one_sample():
    off = BY_NAME["spikes_8_K"](RAMP) - RAMP
    where = np.flatnonzero(np.abs(off) > 1.0)
    assert np.diff(where).tolist() == [40] * (len(where) - 1)
    assert len(where) == SAMPLES // 40
    assert np.round(off[where[:4]]).tolist() == [8.0, -8.0, 8.0, -8.0]


def test_silence_lasts_10_s_of_every_minute():
    lost = np.isnan(BY_NAME["silent_10_s_per_min"](RAMP)).reshape(-1, 120)
    assert (lost == (np.arange(120) >= 100)).all()


def test_a_loose_contact_reads_3_k_more_half_of_the_time():
    off = np.round(BY_NAME["loose_contact_3_K"](RAMP) - RAMP, 3)
    assert off[:90].tolist() == [0.0] * 90
    assert off[90:180].tolist() == [3.0] * 90
    assert off[180] == 0.0


def test_dropout_loses_a_tenth():
    assert np.isnan(BY_NAME["dropout_10_percent"](RAMP)).mean() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize(("name", "every"), [("sampled_1_Hz", 2), ("sampled_0.2_Hz", 10)])
def test_slow_sampling_keeps_true_samples_only(name, every):
    spoiled = BY_NAME[name](RAMP)
    assert np.array_equal(spoiled[::every], RAMP[::every])
    assert np.isfinite(spoiled).sum() == SAMPLES // every


def test_fast_sampling_is_averaged_by_the_run_times_grid():
    off = BY_NAME["sampled_5_Hz"](RAMP)[:-1] - RAMP[:-1]
    assert np.isfinite(off).all()
    assert 0.0 < off.std() < 0.05, "the mean of two or three samples is quieter than one"
    assert np.abs(off).max() < 0.2


def test_a_jittering_clock_makes_a_steep_ramp_uneven_and_loses_nothing():
    steep = (25.0 + 2.0 * np.arange(SAMPLES)).astype(np.float32)
    seen = BY_NAME["clock_jitter_0.2_s"](steep)[1:-1]
    assert np.isfinite(seen).all()
    off = seen - steep[1:-1]
    assert 0.2 < off.std() < 1.0
    assert np.abs(off).max() < 4.0 * 0.4


def test_what_was_silent_stays_silent_on_the_grid_or_becomes_a_line_of_at_most_10_s():
    gap = RAMP.copy()
    gap[100:110], gap[300:340] = np.nan, np.nan
    for name in ("sampled_5_Hz", "clock_jitter_0.2_s"):
        spoiled = BY_NAME[name](gap)
        assert np.isfinite(spoiled[100:110]).all()
        assert np.isnan(spoiled[302:338]).all()
