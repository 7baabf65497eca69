"""Irregular samples become complete windows on a regular grid, causally and exactly once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.window import GridWindow, Resampler


def line(time_s: float) -> float:
    return 20.0 + 0.25 * time_s


def filled(window: GridWindow, seconds: float, start_s: float = 0.0, step_s: float = 0.5) -> GridWindow:
    for index in range(round(seconds / step_s) + 1):
        time_s = start_s + index * step_s
        window.add(time_s, line(time_s))
    return window


def test_nothing_is_complete_before_sixty_points():
    window = filled(GridWindow(), 29.0)
    assert window.pending == 0
    times_s, windows = window.take()
    assert times_s.shape == (0,)
    assert windows.shape == (0, 60)


def test_every_window_comes_once_with_the_time_of_its_last_point():
    window = filled(GridWindow(), 31.0)
    times_s, windows = window.take()
    assert times_s.tolist() == [29.5, 30.0, 30.5, 31.0]
    assert windows.dtype == np.float32
    np.testing.assert_allclose(windows[:, -1], [line(time_s) for time_s in times_s])
    np.testing.assert_allclose(windows[0], [line(0.5 * index) for index in range(60)])
    assert len(window.take()[0]) == 0


def test_one_window_per_sample_when_taken_at_every_sample():
    window = filled(GridWindow(), 29.5)
    window.take()
    window.add(30.0, line(30.0))
    times_s, windows = window.take()
    assert times_s.tolist() == [30.0]
    np.testing.assert_allclose(windows[0], [line(0.5 + 0.5 * index) for index in range(60)])


def test_what_was_taken_does_not_change_afterwards():
    window = filled(GridWindow(), 29.5)
    _, windows = window.take()
    before = windows.copy()
    filled(window, 40.0, start_s=30.0)
    np.testing.assert_array_equal(windows, before)


def test_beyond_the_backlog_the_oldest_are_dropped():
    times_s, windows = filled(GridWindow(backlog=4), 40.0).take()
    assert times_s.tolist() == [38.5, 39.0, 39.5, 40.0]
    assert windows[-1, -1] == line(40.0)


def test_one_hertz_samples_are_interpolated_in_between():
    window = filled(GridWindow(), 40.0, step_s=1.0)
    times_s, windows = window.take()
    np.testing.assert_allclose(windows[-1], [line(times_s[-1] - 29.5 + 0.5 * index) for index in range(60)], atol=1e-5)


def test_a_burst_of_ten_kilohertz_is_averaged_by_time():
    window = GridWindow(length=4)
    for index in range(15_001):
        window.add(index / 10_000, 30.0 + (0.5 if index % 2 else -0.5))
    _, windows = window.take()
    np.testing.assert_allclose(windows[-1][1:], 30.0, atol=0.01)


def test_a_gap_starts_the_window_again_and_keeps_what_was_complete():
    window = filled(GridWindow(), 30.0)
    filled(window, 29.0, start_s=60.0)
    times_s, _ = window.take()
    assert times_s.tolist() == [29.5, 30.0]
    window.add(89.5, line(89.5))
    times_s, windows = window.take()
    assert times_s.tolist() == [89.5]
    np.testing.assert_allclose(windows[0, 0], line(60.0))


def test_missing_values_are_a_gap_like_missing_samples():
    window = filled(GridWindow(), 30.0)
    window.take()
    for index in range(30):
        assert window.add(30.5 + index * 0.5, None if index % 2 else float("nan")) == 0
    filled(window, 29.0, start_s=46.0)
    assert window.pending == 0


def test_memory_stays_bounded_when_nobody_takes_and_the_node_reboots_for_ever():
    window = GridWindow(length=3, backlog=4)
    for boot in range(50):
        window.reset()
        filled(window, 3.0, start_s=10.0 * boot)
    assert len(window._finished) <= 4
    times_s, _ = window.take()
    assert len(times_s) == 4
    assert times_s[-1] == 493.0


def test_a_reboot_starts_the_window_again():
    window = filled(GridWindow(), 20.0)
    window.reset()
    filled(window, 29.0, start_s=20.5)
    assert window.pending == 0
    window.add(50.0, 1.0)
    assert window.pending == 1


def test_old_and_repeated_samples_change_nothing():
    window = filled(GridWindow(), 29.5)
    assert window.add(29.5, 500.0) == 0
    assert window.add(3.0, 500.0) == 0
    assert window.take()[1].max() < 30.0


def test_a_point_that_is_due_is_not_held_back_by_milliseconds():
    window = GridWindow(length=3)
    for time_s in (0.0, 0.497, 0.995):
        window.add(time_s, line(time_s))
    assert window.take()[0].tolist() == [1.0]


def test_impossible_shapes_are_refused():
    with pytest.raises(ValueError, match="interval_s"):
        Resampler(0.0)
    with pytest.raises(ValueError, match="length"):
        GridWindow(length=1)


@given(
    st.lists(st.floats(0.01, 9.0), min_size=1, max_size=60),
    st.lists(st.floats(-40, 200), min_size=61, max_size=61),
)
def test_grid_values_stay_between_the_samples_and_points_come_in_step(steps_s, values):
    grid, time_s, count = Resampler(), 0.0, 1
    grid.add(0.0, values[0])
    for index, step_s in enumerate(steps_s):
        time_s += step_s
        for point in grid.add(time_s, values[index + 1]) or ():
            count += 1
            assert min(values) - 1e-6 <= point <= max(values) + 1e-6
    assert grid.restarts == 0
    assert count == round(grid.time_s / 0.5) + 1
    assert grid.time_s <= time_s + 0.05 + 1e-9
    assert grid.time_s > time_s - 0.5 - 1e-9


@given(st.lists(st.tuples(st.floats(-5, 30), st.none() | st.floats(allow_nan=True)), max_size=200))
def test_windows_are_finite_and_in_order_whatever_comes(samples):
    window, time_s = GridWindow(length=4, backlog=8), 0.0
    last_s = float("-inf")
    for step_s, value in samples:
        time_s += step_s
        window.add(time_s, value if value is None or abs(value) < 1e6 else None)
        if len(samples) % 3 == 0:
            times_s, windows = window.take()
            assert np.isfinite(windows).all()
            assert all(np.diff(times_s) > 0)
            if len(times_s):
                assert times_s[0] > last_s
                last_s = times_s[-1]
    assert len(window.take()[0]) <= 8
