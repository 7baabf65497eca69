"""The original authors' convention, on recordings that can be counted by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from btr_training.data import Recording
from btr_training.upstream import random_split, upstream_windows


def recording(temp_c, runaway=True, *, time_s=None):
    temp_c = np.asarray(temp_c, dtype=np.float64)
    time_s = np.arange(len(temp_c)) * 0.5 if time_s is None else time_s
    return Recording("x", runaway, ((time_s, temp_c),), "", ())


FLAT_THEN_HOT = np.concatenate([np.full(120, 25.0), 25.0 + np.arange(1, 41)])


def test_a_window_is_positive_when_the_next_40_samples_exceed_its_last_by_more_than_5_k():
    made = upstream_windows([recording(FLAT_THEN_HOT)])
    assert made.windows.shape == (160 - 100 + 1, 60)
    assert made.windows.dtype == np.float32
    # The window that ends at sample e looks at e + 1 .. e + 40; sample 120 + 5 is the first above 30 degC.
    expected = [int(59 + row + 40 >= 125) for row in range(61)]
    assert made.labels.tolist() == expected
    assert np.array_equal(made.windows[3], FLAT_THEN_HOT[3:63])


def test_a_rise_of_exactly_5_k_is_not_enough():
    made = upstream_windows([recording([*np.full(100, 25.0), *np.full(40, 30.0)])])
    assert not made.labels.any()


def test_the_same_rise_is_negative_in_a_file_that_is_called_normal():
    made = upstream_windows([recording(FLAT_THEN_HOT, runaway=False)], quiet_stride=1)
    assert len(made.labels) == 61
    assert not made.labels.any()


def test_a_file_without_40_samples_behind_a_window_has_none():
    assert len(upstream_windows([recording(np.full(99, 25.0))]).labels) == 0
    assert upstream_windows([recording(np.full(100, 25.0))]).labels.tolist() == [0]
    assert len(upstream_windows([]).windows) == 0


def test_quiet_files_are_thinned_and_every_window_knows_its_file():
    made = upstream_windows([recording(np.full(180, 20.0), runaway=False), recording(FLAT_THEN_HOT)], quiet_stride=20)
    assert made.files.tolist() == [0] * 5 + [1] * 61
    assert made.windows[:5].tolist() == np.full((5, 60), 20.0).tolist()


def test_a_broken_sensor_counts_as_heat_there():
    made = upstream_windows([recording([*np.full(120, 150.0), *np.full(40, 1354.0)])])
    assert made.labels.any()


def test_samples_are_placed_by_time_and_not_by_row():
    time_s = np.concatenate([np.arange(10_000) / 1000.0, np.arange(10.0, 61.0)])
    made = upstream_windows([recording(np.full(len(time_s), 25.0), time_s=time_s)])
    assert len(made.labels) == 121 - 99


@given(st.integers(0, 500), st.integers(0, 2**32 - 1))
def test_the_random_split_takes_every_window_once_and_a_fifth_for_the_test(count, seed):
    training, test = random_split(count, seed)
    assert sorted([*training.tolist(), *test.tolist()]) == list(range(count))
    assert len(test) == round(count * 0.2)
    again, _ = random_split(count, seed)
    assert np.array_equal(training, again)
