"""Whether a device knows what time it is: wrong, never set, and old messages that only look wrong."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.clock_watch import HOLD_S, ClockWatch

START = datetime(2026, 1, 1, tzinfo=UTC)


def at(now_s: float) -> datetime:
    return START + timedelta(seconds=now_s)


def live(watch: ClockWatch, from_s: float, until_s: float, slow_s: float, step_s: float = 60.0) -> None:
    """A device speaks at its rhythm, its clock slow by so many seconds."""
    now_s = from_s
    while now_s <= until_s:
        watch.hear(at(now_s - slow_s), at(now_s), now_s)
        now_s += step_s


@pytest.mark.parametrize("slow_s", [301.0, 3600.0, -3600.0, 86_400 * 900.0])
@pytest.mark.parametrize("step_s", [0.5, 60.0])
def test_a_clock_that_is_wrong_for_long_is_told(slow_s, step_s):
    watch = ClockWatch()
    live(watch, 0, HOLD_S - 60, slow_s, step_s)
    assert watch.is_wrong(HOLD_S - 60) is None

    live(watch, HOLD_S - 60 + step_s, HOLD_S + 120, slow_s, step_s)

    assert watch.is_wrong(HOLD_S + 120) is True
    assert watch.error_s == slow_s


@pytest.mark.parametrize("slow_s", [0.0, 200.0, -200.0])
def test_a_clock_that_is_about_right_is_right(slow_s):
    watch = ClockWatch()
    live(watch, 0, 1200, slow_s)

    assert watch.is_wrong(1200) is False
    assert watch.is_unset(1200) is False


def test_a_clock_that_is_put_right_is_right_at_once():
    watch = ClockWatch()
    live(watch, 0, 1200, 3600)
    live(watch, 1260, 1380, 0)

    assert watch.is_wrong(1380) is False
    assert watch.error_s is None


def test_between_right_and_wrong_nothing_changes():
    """A clock at the limit must not raise and withdraw an issue in turn."""
    watch = ClockWatch()
    live(watch, 0, 1200, 3600)
    live(watch, 1260, 1380, 270)

    assert watch.is_wrong(1380) is True


def test_a_clock_that_jumps_once_at_boot_is_no_matter():
    watch = ClockWatch()
    live(watch, 0, 120, 3600)
    live(watch, 180, 1200, 0)

    assert watch.is_wrong(1200) is False


def test_a_clock_that_is_never_set_is_told_but_not_in_the_first_minutes():
    watch = ClockWatch()
    for now_s in range(0, 660, 60):
        watch.hear(None, at(now_s), now_s)
        assert watch.is_unset(now_s) is (True if now_s >= HOLD_S else None)
    watch.hear(at(660), at(660), 660)

    assert watch.is_unset(660) is False


def test_a_device_that_tells_no_time_cannot_be_judged():
    assert ClockWatch().is_unset(1e6) is None
    assert ClockWatch().is_wrong(1e6) is None


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=12), st.floats(0.001, 1.9))
def test_messages_of_a_buffer_say_nothing(ages_s, apart_s):
    """Up to twelve kept messages come at once, in any order, between two that are new."""
    watch = ClockWatch()
    live(watch, 0, 300, 0)
    now_s = 5000.0
    for age_s in ages_s:
        now_s += apart_s
        watch.hear(at(now_s - age_s), at(now_s), now_s)
    live(watch, now_s + 60, now_s + 1800, 0)

    assert watch.is_wrong(now_s + 1800) is False


@pytest.mark.parametrize(("apart_s", "step_s"), [(0.1, 1), (5.0, 60)])
def test_a_buffer_is_no_wrong_clock_even_if_nothing_comes_after_it(apart_s, step_s):
    """Emptied at once or one by one: the last that was heard before the network went again was old."""
    watch = ClockWatch()
    live(watch, 0, 300, 0)
    now_s = 5000.0
    for count in range(12):
        now_s += apart_s
        watch.hear(at(1400 + count * step_s), at(now_s), now_s)

    assert watch.is_wrong(now_s + HOLD_S) is False
