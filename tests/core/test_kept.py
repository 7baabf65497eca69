"""What outlives a restart: written as JSON, read back as it was, and never believed when it is damaged or old."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.alarm import AlarmSettings
from btr_core.bath_watch import HeaterCount
from btr_core.gas import GasMonitor
from btr_core.kept import (
    Baseline,
    GasBaselines,
    alarm_as_plain,
    alarm_from_plain,
    baselines_as_plain,
    baselines_from_plain,
    heater_as_plain,
    heater_from_plain,
)
from btr_core.messages import Level
from btr_core.state import NO_ALARM, AlarmRecord, BathCause, Cause, ClearCondition, Finding
from tests.core.battery_story import Story

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR_S = 3600.0
QUIET_PPM = {"mq2_ppm": 20.0, "mq4_ppm": 12.0, "mq7_ppm": 22.0, "mq8_ppm": 8.0}

MOMENTS = st.datetimes(min_value=datetime(2020, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - see timezones
TIMES = st.none() | MOMENTS
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
CAUSES = st.sampled_from([*Cause, *BathCause])
RECORDS = st.builds(
    AlarmRecord,
    st.sampled_from([Level.WARNING, Level.DANGER]),
    st.builds(
        Finding, CAUSES, st.sampled_from(Level), st.text(max_size=20), NUMBERS, NUMBERS, st.sampled_from(ClearCondition)
    ),
    st.frozensets(CAUSES),
    MOMENTS,
    st.booleans(),
    TIMES,
)
ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(RECORDS)
def test_i8_an_alarm_is_read_as_it_was_written(record):
    assert alarm_from_plain(json.loads(json.dumps(alarm_as_plain(record))), START) == record


def test_no_alarm_is_read_as_none():
    assert alarm_from_plain(alarm_as_plain(NO_ALARM), START) is None


@given(RECORDS, st.sampled_from(sorted(alarm_as_plain(NO_ALARM))), ANY)
def test_i8_a_damaged_alarm_is_an_alarm_nevertheless(record, key, damage):
    kept = {**alarm_as_plain(record), key: damage}
    read = alarm_from_plain(kept, START)
    assert (read is None) == (key == "peak" and damage in {"normal", "unknown"} if isinstance(damage, str) else False)
    del kept[key]
    lost = {"peak": Level.DANGER, "reason": None, "told": frozenset(), "raised_at": START}
    lost |= {"acknowledged": False, "snoozed_until": None}
    assert alarm_from_plain(kept, START) == replace(record, **{key: lost[key]})


@pytest.mark.parametrize("rubbish", [[1], "alarm", 1.0, {"peak": "of a later version"}])
def test_i8_rubbish_in_place_of_an_alarm_is_a_danger_that_nobody_has_seen(rubbish):
    assert alarm_from_plain(rubbish, START) == AlarmRecord(Level.DANGER, raised_at=START)


@given(ANY)
def test_anything_else_is_no_baseline_and_no_error(kept):
    if isinstance(kept, dict):
        assert baselines_from_plain(kept) is None
    assert baselines_from_plain({"learned_at": "2026-01-01T00:00:00+00:00", "channels": {"mq2_ppm": kept}}) is None


def test_baselines_are_read_as_they_were_written():
    learned = GasBaselines(START, {"mq2_ppm": Baseline(20.0, 1800.0)})
    assert baselines_from_plain(json.loads(json.dumps(baselines_as_plain(learned)))) == learned


def test_a_baseline_from_before_anchors_were_kept_is_its_own_anchor():
    kept = {"learned_at": "2026-01-01T00:00:00+00:00", "channels": {"mq2_ppm": {"mean": 20.0, "learned_s": 1800.0}}}
    assert baselines_from_plain(kept).channels == {"mq2_ppm": Baseline(20.0, 1800.0)}
    nose = Nose()
    nose.monitor.restore(baselines_from_plain(kept).channels, 0.0)
    assert nose.monitor.baselines["mq2_ppm"].anchor == 20.0


def test_restarts_do_not_let_a_slow_leak_become_usual():
    kept = {"mq2_ppm": Baseline(40.0, 3600.0, 20.0)}
    nose = Nose()
    nose.monitor.restore(kept, 60.0)
    nose.smells(3600, mq2_ppm=75.0)
    assert nose.monitor.baselines["mq2_ppm"].mean == pytest.approx(40.0)
    assert nose.smells(10, mq2_ppm=125.0) is True


COUNTS = st.builds(
    HeaterCount, st.floats(0, allow_infinity=False), st.integers(0, 2**53), st.floats(0, allow_infinity=False)
)


@given(COUNTS)
def test_what_a_heater_did_is_read_as_it_was_written(count):
    assert heater_from_plain(json.loads(json.dumps(heater_as_plain(count)))) == count


@given(COUNTS, st.sampled_from(sorted(heater_as_plain(HeaterCount()))), ANY)
def test_a_damaged_count_is_none_or_a_count_but_no_error(count, key, damage):
    kept = {**heater_as_plain(count), key: damage}
    read = heater_from_plain(kept)
    assert read is None or min(read.on_s, read.cycles, read.energy_wh) >= 0
    del kept[key]
    assert heater_from_plain(kept) is None


@pytest.mark.parametrize("damage", [float("nan"), float("inf"), -1.0, "many", None])
def test_a_count_that_cannot_be_is_none(damage):
    for key in heater_as_plain(HeaterCount()):
        assert heater_from_plain({**heater_as_plain(HeaterCount()), key: damage}) is None


class Nose:
    """A gas monitor that smells twice a second, long after its warm-up."""

    def __init__(self) -> None:
        self.monitor = GasMonitor(AlarmSettings())
        self.time_s = 1000.0

    def smells(self, seconds: float, **ppm: float) -> bool | None:
        for _ in range(round(seconds * 2)):
            self.time_s += 0.5
            self.monitor.update(self.time_s, {**QUIET_PPM, **ppm}, up_s=None, ready=None, may_learn=True)
        return self.monitor.has_gas


def test_h5_a_leak_that_is_there_right_after_a_restart_is_found_by_the_baseline_from_before():
    nose, fresh, old = Nose(), Nose(), Nose()
    nose.smells(600)
    learned = nose.monitor.baselines
    assert learned["mq2_ppm"].mean == pytest.approx(20.0)
    fresh.monitor.restore(learned, 60.0)
    assert fresh.smells(10, mq2_ppm=200.0) is True
    assert old.smells(10, mq2_ppm=200.0) is None, "without it the leak would be learned as quiet"


@pytest.mark.parametrize(("age_s", "is_known"), [(23 * HOUR_S, True), (24 * HOUR_S, False), (-5.0, True)])
def test_a_baseline_is_trusted_for_a_day(age_s, is_known):
    nose = Nose()
    nose.monitor.restore({"mq2_ppm": Baseline(20.0, 3600.0), "unheard_of": Baseline(1.0, 1.0)}, age_s)
    assert nose.monitor.is_judged("mq2_ppm") is is_known


def test_an_old_baseline_gives_way_faster():
    means = []
    for age_s in (0.0, 23 * HOUR_S):
        nose = Nose()
        nose.monitor.restore({"mq2_ppm": Baseline(20.0, 3600.0)}, age_s)
        nose.smells(300, mq2_ppm=40.0)
        means.append(nose.monitor.baselines["mq2_ppm"].mean)
    assert means[0] < 23.0
    assert means[1] > 30.0


def test_a_node_hands_its_baselines_to_its_next_life():
    story = Story()
    assert story.monitor.baselines() is None
    story.says(60)
    learned = story.monitor.baselines()
    assert learned.channels["mq7_ppm"].mean == pytest.approx(22.0)
    other = Story()
    other.monitor.restore_baselines(learned, learned.learned_at + timedelta(hours=1))
    assert other.says(8, mq7_ppm=300.0).gas is True
