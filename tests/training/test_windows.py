"""Windows and labels, and that bulk windows are those of the run time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btr_core.plausibility import INTERNAL, PlausibilityFilter
from btr_core.window import GridWindow
from btr_training.data import Recording
from btr_training.groups import Groups
from btr_training.replay import seen_by_windows
from btr_training.windows import (
    LENGTH,
    NEGATIVE,
    POSITIVE,
    UNUSED,
    Quota,
    Trace,
    build_pool,
    change_ahead,
    complete_windows,
    label_windows,
    merge_pools,
    trace_recording,
    windows_ending_at,
)


def trace(temp_c, kind="runaway", experiment="one"):
    temp_c = np.asarray(temp_c, dtype=np.float32)
    return Trace("t", experiment, kind, 0.0, temp_c, temp_c)


@given(st.integers(0, 2**32 - 1), st.integers(60, 400))
@settings(max_examples=40, deadline=None)
def test_bulk_windows_equal_the_grid_window_sample_by_sample(seed, length):
    rng = np.random.default_rng(seed)
    temp_c = (25 + rng.normal(0, 0.5, length).cumsum()).astype(np.float32)
    for _ in range(4):
        start = rng.integers(0, length)
        temp_c[start : start + rng.integers(1, 40)] = rng.choice([np.nan, 988.79, -242.0, 120.0])
    belief, window, reference = PlausibilityFilter(INTERNAL), GridWindow(LENGTH, 0.5), {}
    for index, value in enumerate(temp_c.tolist()):
        jumps = belief.relocated
        believed = belief.check(index * 0.5, value)
        if belief.relocated != jumps:
            window.reset()
        if believed is not None:
            window.add(index * 0.5, believed)
        for time_s, values in zip(*window.take(), strict=True):
            reference[round(time_s * 2)] = values
    bulk = {}
    for first, seen in seen_by_windows(temp_c):
        ends = complete_windows(seen)
        bulk |= dict(zip((first + ends).tolist(), windows_ending_at(seen, ends), strict=True))
    assert bulk.keys() == reference.keys()
    for end, values in bulk.items():
        assert np.allclose(values, reference[end], atol=1e-4)


def test_a_window_is_positive_from_20_s_before_it_has_risen_5_k():
    flat, ramp = np.full(200, 25.0), 25.0 + np.arange(1, 101) * 0.5
    labels = label_windows(trace([*flat, *ramp]))
    positive = np.flatnonzero(labels == POSITIVE)
    # 5 K is exceeded at the 11th sample of the ramp, 40 samples after the first positive window.
    assert positive[0] == 200 + 10 - 40
    assert (labels[: LENGTH - 1] == UNUSED).all()


def test_a_longer_horizon_sees_the_same_rise_earlier():
    risen = trace([*np.full(300, 25.0), *(25.0 + np.arange(1, 101) * 0.5)])
    first = [np.flatnonzero(label_windows(risen, horizon_s) == POSITIVE)[0] for horizon_s in (10.0, 20.0, 60.0)]
    assert first == [310 - 20, 310 - 40, 310 - 120]
    pool = build_pool(np.random.default_rng(1), (risen,), Quota(1000, 0), horizon_s=60.0)
    assert pool.labels.sum() == (label_windows(risen, 60.0) == POSITIVE).sum()


@pytest.mark.parametrize("broken_c", [1354.0, 611.0])
def test_a_sensor_that_breaks_is_no_rise_to_predict(broken_c):
    warm = np.full(300, 150.0)
    labels = label_windows(trace([*warm, *np.full(100, broken_c)]))
    assert POSITIVE not in labels
    rising = [*warm, *(150.0 + np.arange(1, 41) * 1.0), *np.full(60, broken_c)]
    assert (label_windows(trace(rising))[300:320] == POSITIVE).all(), "a true rise before the break still counts"


def test_a_recording_becomes_a_trace_per_segment_and_a_foreign_channel_none():
    time_s = np.arange(100.0)
    parts = ((time_s, np.full(100, 25.0)), (time_s + 5000.0, np.full(100, 26.0)))
    recording = Recording("a", False, parts, "", ())
    traces = trace_recording(recording, Groups({"a": "x"}))
    assert [(one.experiment, one.kind, one.start_s, len(one.temp_c)) for one in traces] == [
        ("x", "benign", 0.0, 199),
        ("x", "benign", 5000.0, 199),
    ]
    assert trace_recording(recording, Groups({"a": "x"}, neighbours=frozenset("a")))[0].kind == "heated"
    assert trace_recording(recording, Groups({"a": "x"}, foreign=frozenset("a"))) == ()


def test_the_same_rise_is_negative_where_nothing_ran_away_and_left_out_where_a_neighbour_did():
    temp_c = [*np.full(200, 25.0), *(25.0 + np.arange(1, 21) * 0.5), *np.full(100, 35.0)]
    assert POSITIVE not in label_windows(trace(temp_c, "benign"))
    assert label_windows(trace(temp_c, "benign"))[180] == NEGATIVE
    heated = label_windows(trace(temp_c, "heated"))
    assert POSITIVE not in heated
    assert heated[180] == UNUSED
    assert heated[100] == NEGATIVE


def test_windows_over_range_and_after_long_gaps_are_left_out():
    temp_c = np.full(400, 25.0)
    temp_c[100:103] = 988.79
    temp_c[200:230] = np.nan
    labels = label_windows(trace(temp_c, "benign"))
    assert labels[101] == NEGATIVE, "a gap of 1.5 s is bridged"
    assert (labels[200 : 230 + LENGTH - 1] == UNUSED).all()
    assert labels[230 + LENGTH - 1] == NEGATIVE


def test_a_pool_holds_the_windows_it_names():
    rng = np.random.default_rng(1)
    first = trace(25 + rng.normal(0, 1, 300).cumsum(), "benign", "a")
    second = trace([*np.full(200, 20.0), *(20.0 + np.arange(150))], "runaway", "b")
    pool = merge_pools((build_pool(rng, (first,), Quota(50, 50)), build_pool(rng, (second,), Quota(50, 50, 3.0))))
    assert set(pool.experiments) == {"a", "b"}
    for place in range(len(pool)):
        source = first if pool.experiments[place] == "a" else second
        window = pool.flat[pool.starts[place] : pool.starts[place] + LENGTH]
        offset = pool.starts[place] - (0 if source is first else 300)
        assert np.array_equal(window, source.temp_c[offset : offset + LENGTH])
        assert pool.labels[place] == (label_windows(source)[offset + LENGTH - 1] == POSITIVE)
    assert set(pool.weights[pool.experiments == "b"]) == {3.0}


def test_what_comes_after_a_window_is_known_up_to_the_end_of_its_trace():
    clean_c = (20.0 + 0.1 * np.arange(100)).astype(np.float32)
    ahead_k = change_ahead(clean_c, np.array([59, 70, 95]))
    assert ahead_k[0] == pytest.approx([1.0, 2.0, 4.0, np.nan], nan_ok=True, abs=1e-4)
    assert ahead_k[1] == pytest.approx([1.0, 2.0, np.nan, np.nan], nan_ok=True, abs=1e-4)
    assert np.isnan(ahead_k[2]).all()


@pytest.mark.parametrize("length", [0, 1, LENGTH - 1])
def test_a_trace_shorter_than_a_window_has_none(length):
    short = trace(np.full(length, 25.0))
    assert (label_windows(short) == UNUSED).all()
    assert len(complete_windows(short.temp_c)) == 0
