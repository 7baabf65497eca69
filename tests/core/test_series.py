"""Series of temperatures: what a user may type, and what a database of changes stands for."""

from datetime import UTC, datetime
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.errors import SeriesError
from btr_core.series import Sample, held, read_series

LONGEST_S = 60.0

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["time", "temperature", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def test_numbers_are_one_interval_apart():
    assert read_series([20, "21.5", 23.25], 0.5, LONGEST_S) == ((0.0, 20.0), (0.5, 21.5), (1.0, 23.25))


@pytest.mark.parametrize(
    "times",
    [
        (100, 101.5),
        ("100", "101.5"),
        ("2026-11-22T12:00:00+00:00", "2026-11-22T12:00:01.5Z"),
        ("2026-11-22 12:00:00", datetime(2026, 11, 22, 12, 0, 1, 500_000, UTC)),
    ],
)
def test_times_may_be_seconds_or_dates_and_count_from_the_first(times):
    rows = [{"time": time, "temperature": 20 + place} for place, time in enumerate(times)]

    assert read_series(rows, 0.5, LONGEST_S) == ((0.0, 20.0), (1.5, 21.0))


@pytest.mark.parametrize(
    ("raw", "reason", "placeholders"),
    [
        ([], "series_empty", {}),
        ([20, "hot"], "series_bad_temperature", {"place": "2", "value": "hot"}),
        ([20, nan], "series_bad_temperature", {"place": "2", "value": "nan"}),
        ([inf], "series_bad_temperature", {"place": "1", "value": "inf"}),
        ([True], "series_bad_temperature", {"place": "1", "value": "True"}),
        ([10**400], "series_bad_temperature", {"place": "1", "value": str(10**400)[:40]}),
        ([-274], "series_bad_temperature", {"place": "1", "value": "-274"}),
        ([20, {"time": 1, "temperature": 20}], "series_bad_temperature", None),
        ([20] * 122, "series_too_long", {"minutes": "1"}),
        ([{"time": 0}], "series_bad_row", {"place": "1", "value": "{'time': 0}"}),
        ([{"time": 0, "temperature": 20}, 21], "series_bad_row", {"place": "2", "value": "21"}),
        ([{"time": "noon", "temperature": 20}], "series_bad_time", {"place": "1", "value": "noon"}),
        ([{"time": None, "temperature": 20}], "series_bad_time", {"place": "1", "value": "None"}),
        ([{"time": 0, "temperature": 20}] * 2, "series_not_rising", {"place": "2", "value": "0"}),
        ([{"time": 0, "temperature": 20}, {"time": 61, "temperature": 20}], "series_too_long", {"minutes": "1"}),
        ([{"time": n / 1000, "temperature": 20} for n in range(122)], "series_too_long", {"minutes": "1"}),
    ],
)
def test_what_is_no_series_is_refused_with_its_place(raw, reason, placeholders):
    with pytest.raises(SeriesError) as refused:
        read_series(raw, 0.5, LONGEST_S)

    assert refused.value.reason == reason
    assert placeholders in (None, refused.value.placeholders)


@given(st.lists(anything, max_size=5))
def test_any_list_is_a_series_or_a_typed_error(raw):
    try:
        samples = read_series(raw, 0.5, LONGEST_S)
    except SeriesError as error:
        assert error.reason.startswith("series_")  # noqa: PT017
    else:
        times_s = [time_s for time_s, _ in samples]
        assert times_s == sorted(set(times_s))
        assert 0 == times_s[0] <= times_s[-1] <= LONGEST_S


def test_a_value_stands_until_the_next_row():
    rows = [(0.0, 25.0), (12.0, 25.2)]

    assert held(rows, 5.0, 300.0, 18.0) == ((0, 25), (5, 25), (10, 25), (12, 25.2), (17, 25.2))


def test_the_value_from_before_the_start_stands_at_the_start():
    assert held([(-7.0, 25.0)], 5.0, 300.0, 10.0) == ((3, 25), (8, 25))


def test_a_value_that_nothing_confirms_does_not_stand_for_ever():
    assert held([(0.0, 25.0), (900.0, 26.0)], 5.0, 10.0, 901.0) == ((0, 25), (5, 25), (900, 26))


def test_an_absent_value_is_a_gap():
    assert held([(0.0, 25.0), (3.0, None), (60.0, 26.0)], 5.0, 300.0, 61.0) == ((0, 25), (60, 26))


@given(st.lists(st.tuples(st.floats(-100, 1000), st.none() | st.floats(-50, 200)), max_size=20), st.floats(1, 1000))
def test_held_samples_lie_in_the_period_rise_and_carry_only_written_values(rows, end_s):
    samples = held(rows, 5.0, 300.0, end_s)

    times_s = [sample.time_s for sample in samples]
    assert times_s == sorted(times_s)
    assert all(0 <= time_s <= end_s for time_s in times_s)
    assert {sample.temp_c for sample in samples} <= {temp_c for _, temp_c in rows}


def test_a_sample_is_seconds_and_degrees():
    assert Sample(1.0, 20.0) == (1.0, 20.0)
