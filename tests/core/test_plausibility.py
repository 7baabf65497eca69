"""A reading is believed only if the sensor can mean it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.plausibility import AMBIENT, INTERNAL, Fault, PlausibilityFilter


def after(*readings: float | None) -> tuple[PlausibilityFilter, list[float | None]]:
    channel = PlausibilityFilter(INTERNAL)
    return channel, [channel.check(0.5 * index, reading) for index, reading in enumerate(readings)]


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (None, Fault.MISSING),
        (float("nan"), Fault.MISSING),
        (float("inf"), Fault.OVER_RANGE),
        (988.79, Fault.OVER_RANGE),
        (-242.02, Fault.UNDER_RANGE),
    ],
    ids=["missing", "nan", "inf", "open", "shorted"],
)
def test_what_a_pt100_cannot_mean_is_no_value(reading, fault):
    channel, values = after(25.0, reading)
    assert values == [25.0, None]
    assert channel.fault is fault
    assert channel.last_good == 25.0


def test_the_whole_range_of_a_cell_is_believed():
    channel, values = after(-50.0, -40.0, -20.0, 0.0)
    assert values == [-50.0, -40.0, -20.0, 0.0]
    assert PlausibilityFilter(INTERNAL).check(0.0, 200.0) == 200.0
    assert channel.fault is None


def test_the_fastest_recorded_runaway_is_believed():
    channel = PlausibilityFilter(INTERNAL)
    values = [channel.check(float(second), 30.0 + 28.5 * second) for second in range(6)]
    assert None not in values


def test_a_spike_of_one_sample_is_withheld_and_the_old_level_counts_at_once():
    _, values = after(25.0, 25.1, 140.0, 25.1, 25.2)
    assert values == [25.0, 25.1, None, 25.1, 25.2]


def test_three_agreeing_readings_are_the_new_level_and_no_rate():
    channel, values = after(25.0, 90.0, 90.5, 91.0, 91.2)
    assert values == [25.0, None, None, 91.0, 91.2]
    assert channel.relocated == 1


def test_erratic_readings_are_never_believed():
    channel, values = after(25.0, 90.0, 150.0, 80.0, 180.0, 60.0, 120.0)
    assert values[1:] == [None] * 6
    assert channel.fault is Fault.JUMP


def test_noise_within_a_burst_is_not_steep():
    channel = PlausibilityFilter(INTERNAL)
    assert all(channel.check(index * 1e-4, 25.0 + 0.05 * (index % 2)) for index in range(100))


@pytest.mark.parametrize("shown", [1, 2])
def test_a_converter_that_restarts_is_not_believed_at_its_power_on_value(shown):
    """Given 25 degC and 3 s of silence, 85 degC for a conversion, and 25 degC again."""
    channel, values = after(25.0, 25.0, *[None] * 6, *[85.0] * shown, 25.1, 25.1)
    assert values[8:] == [None] * shown + [25.1, 25.1]
    assert channel.relocated == 0


def test_heat_that_came_during_a_pause_is_believed_after_a_second_and_is_no_jump():
    channel, values = after(25.0, 25.0, *[None] * 6, 95.0, 97.0, 99.0, 101.0)
    assert values[8:] == [None, None, 99.0, 101.0]
    assert channel.relocated == 0


def test_a_contact_that_opens_again_and_again_does_not_put_off_the_heat_behind_a_pause():
    """Given a cell that runs away while its sensor reads once in 1.5 s and is open in between."""
    _, values = after(25.0, 25.0, *[988.79] * 2, 80.0, *[988.79] * 2, 120.0, *[988.79] * 2, 150.0)
    assert values[4:] == [None] * 3 + [120.0, None, None, 150.0]


def test_a_slow_logger_pauses_all_the_time_and_is_believed_at_once():
    """Given a reading every 5 s from a cell that heats at 12 K/s."""
    channel = PlausibilityFilter(INTERNAL)
    values = [channel.check(5.0 * index, reading) for index, reading in enumerate([25.0, 85.0, 145.0, 199.0])]
    assert None not in values


def test_after_a_long_silence_any_level_is_believed():
    channel = PlausibilityFilter(INTERNAL)
    channel.check(0.0, 25.0)
    assert channel.check(60.0, 120.0) == 120.0
    assert channel.relocated == 0


def test_after_a_reboot_nothing_is_compared_with_before():
    channel, _ = after(25.0, 25.0)
    channel.forget()
    assert channel.check(1.5, 80.0) == 80.0


@given(st.lists(st.tuples(st.floats(0, 30), st.none() | st.floats()), max_size=50))
def test_only_values_within_the_range_come_out_and_a_fault_says_why_not(samples):
    channel, time_s = PlausibilityFilter(AMBIENT), 0.0
    for step_s, reading in samples:
        time_s += step_s
        value = channel.check(time_s, reading)
        assert (value is None) is (channel.fault is not None)
        assert value is None or (value == reading and AMBIENT.low <= value <= AMBIENT.high)
