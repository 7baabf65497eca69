"""Gas against a learned baseline, and confirmed smoke."""

import pytest

from btr_core.alarm import AlarmSettings
from btr_core.gas import GasMonitor
from btr_core.messages import Level
from btr_core.state import Cause

QUIET = {"mq2_ppm": 120.0, "mq4_ppm": 40.0, "mq7_ppm": 15.0, "mq8_ppm": 60.0, "max30105_smoke": 120.0}


class Room:
    """A node in a room, sampled twice a second."""

    def __init__(self, up_s: float | None = 1000.0) -> None:
        self.monitor = GasMonitor(AlarmSettings())
        self.time_s = 0.0
        self.up_s = up_s

    def sees(self, seconds: float, *, learns: bool = True, ready: bool | None = None, **readings: float | None):
        for _ in range(round(seconds * 2)):
            self.time_s += 0.5
            self.monitor.update(
                self.time_s,
                QUIET | readings,
                up_s=None if self.up_s is None else self.up_s + self.time_s,
                ready=ready,
                may_learn=learns,
            )
        return self.monitor.findings


def causes(findings) -> set[tuple[Cause, Level, str]]:
    return {(found.cause, found.level, found.channel) for found in findings}


def test_h5_a_high_but_steady_reading_is_no_gas():
    room = Room()
    assert room.sees(600, mq2_ppm=480.0, mq7_ppm=600.0) == ()
    assert room.monitor.has_gas is False


def test_one_gas_alone_is_a_warning():
    room = Room()
    room.sees(120)
    assert causes(room.sees(10, mq8_ppm=400.0)) == {(Cause.GAS, Level.WARNING, "mq8_ppm")}


def test_two_gases_together_are_danger():
    room = Room()
    room.sees(120)
    found = room.sees(10, mq8_ppm=400.0, mq7_ppm=200.0)
    assert causes(found) == {(Cause.GAS, Level.DANGER, "mq8_ppm"), (Cause.GAS, Level.DANGER, "mq7_ppm")}
    assert found[0].limit is not None


def test_a_multiple_of_next_to_nothing_is_no_gas():
    room = Room()
    room.sees(120, mq7_ppm=2.0)
    assert room.sees(30, mq7_ppm=40.0) == ()


def test_a_puff_shorter_than_the_hold_is_no_gas():
    room = Room()
    room.sees(120)
    assert room.sees(4, mq8_ppm=900.0) == ()
    assert room.sees(4) == ()


def test_f21_nothing_is_judged_or_learned_before_the_warm_up():
    room = Room(up_s=0.0)
    room.sees(170, mq8_ppm=900.0)
    assert room.monitor.has_gas is None
    room.sees(60)
    assert causes(room.sees(10, mq8_ppm=400.0)), "the cold readings are not part of the baseline"


def test_the_nodes_own_word_that_its_sensors_are_cold_counts():
    room = Room()
    room.sees(300, ready=False, mq8_ppm=900.0)
    assert room.monitor.has_gas is None


def test_the_baseline_is_learned_only_while_nothing_is_wrong():
    room = Room()
    room.sees(300, learns=False)
    assert not room.monitor.is_judged("mq8_ppm")
    assert room.monitor.has_gas is None


def test_a_leak_of_half_an_hour_does_not_become_the_baseline():
    room = Room()
    room.sees(120)
    room.sees(1800, mq8_ppm=400.0, learns=True)
    assert causes(room.monitor.findings) == {(Cause.GAS, Level.WARNING, "mq8_ppm")}


@pytest.mark.parametrize("rise_per_h", [20.0, 40.0, 60.0])
def test_a_leak_that_grows_over_hours_does_not_become_the_baseline(rise_per_h):
    room, ppm = Room(), 20.0
    channels = [name for name in QUIET if name.startswith("mq")]
    room.sees(600, **dict.fromkeys(channels, ppm))
    while not room.monitor.findings and ppm < 500.0:
        ppm += rise_per_h / 60.0
        room.sees(60, **dict.fromkeys(channels, ppm))
    assert causes(room.monitor.findings) == {(Cause.GAS, Level.DANGER, name) for name in channels}
    assert ppm <= 122.0, "three times a baseline that has doubled at most"


def test_gas_clears_well_below_its_limit_and_chatter_does_not_flap():
    room = Room()
    room.sees(120)
    room.sees(10, mq8_ppm=400.0)
    assert room.sees(5, mq8_ppm=150.0), "below the limit of 180, above the clear level"
    assert room.sees(5) == ()


def test_a_missing_reading_does_not_lower_what_was_found():
    room = Room()
    room.sees(120)
    room.sees(10, mq8_ppm=400.0)
    assert room.sees(10, mq8_ppm=None)


def test_f3_confirmed_smoke_alone_is_danger():
    room = Room()
    assert room.sees(1.5, max30105_smoke=900.0) == ()
    assert causes(room.sees(2, max30105_smoke=900.0)) == {(Cause.SMOKE, Level.DANGER, "max30105_smoke")}
    assert room.monitor.has_smoke is True
    assert room.sees(2, max30105_smoke=None)
    assert room.sees(2) == ()


@pytest.mark.parametrize("up_s", [None, 500.0])
def test_a_reboot_keeps_the_baseline_but_not_a_half_confirmed_puff(up_s):
    room = Room(up_s)
    room.sees(120)
    room.sees(4, mq8_ppm=400.0)
    room.monitor.restart()
    assert room.sees(4, mq8_ppm=400.0) == ()
    assert room.sees(4, mq8_ppm=400.0)
