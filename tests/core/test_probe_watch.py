"""Probes that have been bad for minutes, and sensors that repeat themselves."""

from collections.abc import Callable

import pytest

from btr_core.probe_watch import BAD_S, FROZEN_S, GOOD_S, FrozenWatch, ProbeWatch

TANK = frozenset({"tank_c"})
NONE: frozenset[str] = frozenset()


def review(watch: ProbeWatch, from_s: int, until_s: int, bad: frozenset[str]) -> frozenset[str] | None:
    """A review a minute, with the same probes bad."""
    failed = None
    for now_s in range(from_s, until_s + 1, 60):
        failed = watch.update(now_s, bad)
    return failed


def test_a_probe_that_stays_bad_is_told_after_minutes():
    watch = ProbeWatch()
    assert review(watch, 0, round(BAD_S) - 60, TANK) is None

    assert watch.update(BAD_S, TANK) == TANK


def test_a_plug_that_is_pulled_and_put_back_is_nothing():
    watch = ProbeWatch()
    review(watch, 0, 60, TANK)

    assert review(watch, 120, 600, NONE) == NONE


def test_a_loose_contact_is_told_although_it_reads_well_now_and_then():
    watch = ProbeWatch()
    failed = None
    for minute in range(12):
        failed = watch.update(minute * 60, TANK if minute % 2 else NONE)

    assert failed == TANK


def test_a_repaired_probe_is_let_go_of_after_two_good_minutes():
    watch = ProbeWatch()
    review(watch, 0, 600, TANK)

    assert watch.update(660, NONE) == TANK
    assert watch.update(600 + GOOD_S, NONE) == NONE


def test_nothing_is_said_before_the_first_minutes_are_over():
    """After a restart nobody knows yet whether what was told before still holds."""
    watch = ProbeWatch()

    assert review(watch, 0, 60, NONE) is None
    assert watch.update(GOOD_S, NONE) == NONE


# --- frozen


def sampled(minutes: float, sample: Callable[[float], tuple[float | None, ...]], step_s: float = 4.0) -> FrozenWatch:
    """A node that sends what ``sample`` says of every moment."""
    watch = FrozenWatch()
    for count in range(round(minutes * 60 / step_s)):
        watch.hear(count * step_s, *sample(count * step_s))
    return watch


def test_a_thermometer_that_stands_still_while_the_air_warms_is_frozen():
    def warming(now_s: float) -> tuple[float, float, float]:
        return 25.0, 20 + now_s / 300, 45 + now_s / 1000

    assert sampled(31, warming).frozen == {"temp_internal_c"}
    assert sampled(FROZEN_S / 60 - 1, warming).frozen == NONE


def test_a_cell_at_an_even_temperature_may_show_one_value_for_hours():
    """The longest such time in the recordings is 100 minutes."""
    steady = sampled(120, lambda now_s: (25.0, 22 + (now_s % 8) / 10, 45 + (now_s % 12) / 10))

    assert steady.frozen == NONE


def test_air_and_humidity_that_both_stand_still_are_frozen():
    """An original node repeats its last values when its sensor fails; the cell goes on."""
    repeated = sampled(31, lambda now_s: (25 + now_s / 1000, 22.5, 45.2))

    assert repeated.frozen == {"temp_ambient_c", "humidity_percent"}


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_value_that_is_missing_does_not_stand_still(channel):
    def missing(now_s: float) -> tuple[float | None, ...]:
        values: list[float | None] = [25.0, 20 + now_s / 300 if channel == 0 else 22.5, 45.2]
        values[channel] = None
        return tuple(values)

    assert sampled(40, missing).frozen <= NONE


def test_air_that_is_heard_late_has_not_moved():
    watch = FrozenWatch()
    for count in range(500):
        watch.hear(count * 4.0, 25.0, None if count < 250 else 25.0 + (count % 2) / 10, 45.0)

    assert watch.frozen == NONE


def test_it_is_over_with_the_first_value_that_moves():
    watch = sampled(31, lambda now_s: (25.0, 20 + now_s / 300, 45 + now_s / 1000))
    watch.hear(31 * 60.0, 25.04, 26.2, 46.9)

    assert watch.frozen == NONE


def test_nobody_knows_what_happened_in_a_silence():
    watch = sampled(20, lambda now_s: (25.0, 20 + now_s / 300, 45.0 + now_s / 1000))
    watch.hear(3 * 3600.0, 25.0, 30.0, 50.0)

    assert watch.frozen == NONE
