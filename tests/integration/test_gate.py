"""I3: when a changed value is worth a row in the database."""

from collections.abc import Sequence
from random import Random

import pytest

from custom_components.btr.gate import Band, WriteGate

TENTH = Band(absolute=0.1)


def written(
    gate: WriteGate, values: Sequence[tuple[float, object]], *, urgent: bool = False
) -> list[tuple[float, object]]:
    """Return the (time, value) pairs that the gate lets through."""
    return [(now_s, value) for now_s, value in values if gate.passes(value, now_s, urgent)]


def test_i3_noise_within_the_band_is_not_written() -> None:
    gate = WriteGate(TENTH, 5.0)
    noise = [(index * 0.5, 25.0 + 0.04 * (index % 3)) for index in range(500)]
    assert written(gate, noise) == [(0.0, 25.0)]


def test_i3_noise_of_half_a_band_is_not_written_though_samples_leave_the_band() -> None:
    gate = WriteGate(TENTH, 5.0)
    random = Random(1)
    noise = [(index * 0.5, round(random.gauss(25.0, 0.05), 2)) for index in range(2 * 7200)]
    # Twelve an hour are those of the five minutes
    assert len(written(gate, noise)) <= 2 * 12 + 4


def test_i3_a_lasting_move_of_a_band_is_written_within_the_interval() -> None:
    gate = WriteGate(TENTH, 5.0)
    values = [(index * 0.5, 25.0 if index < 10 else 25.12) for index in range(30)]
    assert [now_s for now_s, _ in written(gate, values)] == [0.0, pytest.approx(7.5, abs=2.0)]


def test_i3_a_jump_of_two_bands_is_written_as_soon_as_the_interval_allows() -> None:
    gate = WriteGate(TENTH, 5.0)
    values = [(index * 0.5, 25.0 if index < 20 else 25.3) for index in range(30)]
    assert written(gate, values) == [(0.0, 25.0), (10.0, 25.3)]


def test_i3_a_counter_reaches_its_next_number() -> None:
    gate = WriteGate(Band(absolute=1.0), 5.0)
    values = [(index * 0.5, 3 if index < 10 else 4) for index in range(40)]
    assert [value for _, value in written(gate, values)] == [3, 4]


def test_i3_a_number_is_written_at_most_once_per_interval() -> None:
    gate = WriteGate(TENTH, 5.0)
    rising = [(index * 0.5, 25.0 + index) for index in range(21)]
    assert [now_s for now_s, _ in written(gate, rising)] == [0.0, 5.0, 10.0]


def test_i3_a_small_move_is_written_after_five_minutes() -> None:
    gate = WriteGate(TENTH, 5.0)
    drift = [(0.0, 25.0), (299.5, 25.05), (300.0, 25.05), (300.5, 25.06)]
    assert written(gate, drift) == [(0.0, 25.0), (300.0, 25.05)]


def test_i3_every_change_is_written_while_in_alarm() -> None:
    gate = WriteGate(TENTH, 5.0)
    values: list[tuple[float, object]] = [(0.0, 25.0), (0.5, 25.01), (1.0, 25.02), (1.5, 25.02)]
    assert written(gate, values, urgent=True) == values[:3]


def test_i3_what_is_no_number_is_written_at_once() -> None:
    gate = WriteGate(None, 5.0)
    assert written(gate, [(0.0, "normal"), (0.5, "danger"), (1.0, "danger"), (1.5, None)]) == [
        (0.0, "normal"),
        (0.5, "danger"),
        (1.5, None),
    ]


def test_i3_a_number_that_is_lost_and_returns_is_written_at_once() -> None:
    gate = WriteGate(TENTH, 5.0)
    assert written(gate, [(0.0, 25.0), (0.5, None), (1.0, 25.0)]) == [(0.0, 25.0), (0.5, None), (1.0, 25.0)]


def test_a_held_back_value_is_not_settled() -> None:
    gate = WriteGate(TENTH, 5.0)
    assert gate.passes(25.0, 0.0, urgent=False)
    assert gate.is_settled(25.0)
    assert not gate.passes(26.0, 1.0, urgent=False)
    assert not gate.is_settled(26.0)


@pytest.mark.parametrize(
    ("written_value", "value", "left"),
    [(10.0, 10.9, False), (10.0, 11.0, True), (100.0, 101.9, False), (100.0, 102.0, True), (0.0, 1.0, True)],
)
def test_a_gas_band_is_two_percent_of_the_reading_but_one_at_least(
    written_value: float, value: float, left: bool
) -> None:
    assert Band(absolute=1.0, relative=0.02).is_left(written_value, value) is left
