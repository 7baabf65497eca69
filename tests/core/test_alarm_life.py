"""I8: one alarm per event, reminded of until somebody has seen it, never more than once a minute."""

from datetime import timedelta

import pytest

from btr_core.alarm_life import RULES
from btr_core.errors import CommandRefusedError
from btr_core.messages import Level
from btr_core.state import NO_ALARM, BathCause, Cause
from tests.core.alarm_story import FORETOLD, HOT, SMOKE, START, STEEP, WARM, Guard, finding

# --- one alarm per event


def test_i8_a_warning_that_becomes_danger_is_one_alarm():
    guard = Guard()
    guard.sees(WARM, seconds=5)
    record = guard.sees(HOT, seconds=5)
    assert guard.kinds == ["raised", "escalated"]
    assert [data["level"] for data in guard.data] == ["warning", "danger"]
    assert record.raised_at == START + timedelta(seconds=0.5)


def test_i8_chatter_around_a_limit_is_one_alarm():
    guard = Guard(reminder_s=None)
    for _ in range(50):
        guard.sees(HOT, seconds=3)
        guard.sees(seconds=15)
    assert guard.kinds == ["raised"]


def test_i8_a_warning_that_swings_around_its_limit_is_one_alarm_and_ends_by_itself():
    guard = Guard(reminder_s=None)
    for _ in range(10):
        guard.sees(WARM, seconds=60)
        guard.sees(seconds=300)
    assert guard.kinds == ["raised"]
    guard.sees(seconds=301)
    assert guard.kinds == ["raised", "cleared"]
    guard.sees(WARM)
    assert guard.kinds == ["raised", "cleared", "raised"]


@pytest.mark.parametrize("cause", [Cause.SENSOR_FAULT, Cause.LOCAL_STATUS])
def test_a_broken_sensor_or_an_uncalibrated_count_wakes_nobody(cause):
    guard = Guard()
    guard.sees(finding(cause, Level.WARNING), seconds=3600)
    assert guard.kinds == []
    guard.sees(finding(Cause.LOCAL_STATUS))
    assert guard.kinds == ["raised"], "danger always does"


def test_every_cause_has_its_rule():
    assert RULES.keys() == {*Cause, *BathCause}


def test_danger_clears_only_when_it_was_seen_and_normal_for_thirty_seconds():
    guard = Guard(reminder_s=None)
    guard.sees(HOT)
    guard.sees(seconds=3600)
    assert guard.kinds == ["raised"]
    assert guard.acknowledges() is NO_ALARM
    assert guard.kinds == ["raised", "acknowledged", "cleared"]


def test_while_nothing_is_known_no_alarm_ends():
    guard = Guard(reminder_s=None)
    guard.sees(WARM)
    guard.sees(known=False, seconds=3600)
    assert guard.kinds == ["raised"]


# --- reminders


def test_i8_a_reminder_every_five_minutes_until_it_is_acknowledged():
    guard = Guard()
    guard.sees(HOT, seconds=1000)
    assert guard.when("reminder") == [300.5, 600.5, 900.5]
    guard.acknowledges()
    guard.sees(HOT, seconds=3600)
    assert len(guard.when("reminder")) == 3


def test_i8_reminders_can_be_turned_off_and_changed_at_any_time():
    guard = Guard(reminder_s=None)
    guard.sees(HOT, seconds=3600)
    assert guard.when("reminder") == []
    guard.keeper.reminder_s = 60.0
    guard.sees(HOT, seconds=150)
    assert guard.when("reminder") == [3600.5, 3660.5, 3720.5]


def test_a_warning_whose_cause_is_gone_is_not_reminded_of():
    guard = Guard(reminder_s=120.0)
    guard.sees(WARM, seconds=130)
    assert len(guard.when("reminder")) == 1
    guard.sees(seconds=590)
    assert len(guard.when("reminder")) == 1


# --- snooze


def test_i8_a_snooze_ends_and_the_reminder_comes_then():
    guard = Guard(reminder_s=60.0)
    guard.sees(HOT, seconds=30)
    guard.snoozes(10)
    assert guard.data[-1]["until"] == (START + timedelta(seconds=630)).isoformat()
    guard.sees(HOT, seconds=599.5)
    assert guard.kinds == ["raised", "snoozed"]
    record = guard.sees(HOT, seconds=0.5)
    assert guard.when("reminder") == [630.0]
    assert record.snoozed_until is None


@pytest.mark.parametrize("reminder_s", [None, 3600.0])
def test_i8_a_snooze_has_an_end_also_where_reminders_are_off(reminder_s):
    guard = Guard(reminder_s)
    guard.sees(HOT, seconds=30)
    guard.snoozes(10)
    guard.sees(HOT, seconds=3000)
    assert guard.when("reminder") == [630.0], "once, and no more"


def test_i8_news_after_a_snooze_owe_no_reminder():
    guard = Guard(reminder_s=None)
    guard.sees(WARM)
    guard.snoozes(10)
    guard.sees(seconds=500)
    guard.sees(WARM, seconds=1)
    guard.sees(seconds=150)
    guard.sees(HOT, seconds=120)
    assert guard.kinds == ["raised", "snoozed", "escalated"], "the snooze ended while there was nothing to remind of"


@pytest.mark.parametrize("seconds", [59.0, 3601.0])
def test_a_snooze_lasts_a_minute_to_an_hour(seconds):
    guard = Guard()
    guard.sees(HOT)
    with pytest.raises(ValueError, match="60 s to 3600 s"):
        guard.keeper.snooze(guard.now_s, guard.at, seconds)


def test_there_must_be_something_to_snooze():
    guard = Guard()
    with pytest.raises(CommandRefusedError) as refused:
        guard.snoozes()
    assert refused.value.reason == "no_alarm_to_snooze"
    guard.sees(HOT)
    guard.acknowledges()
    with pytest.raises(CommandRefusedError):
        guard.snoozes()


def test_i8_a_higher_level_breaks_through_a_snooze():
    guard = Guard()
    guard.sees(WARM)
    guard.snoozes()
    record = guard.sees(HOT)
    assert guard.kinds == ["raised", "snoozed", "escalated"]
    assert record.snoozed_until is None
    guard.sees(HOT, seconds=301)
    assert guard.kinds[3:] == ["reminder"], "what broke through has ended the snooze"


def test_i8_a_new_hard_cause_breaks_through_a_snooze_and_an_acknowledgement():
    guard = Guard()
    guard.sees(HOT)
    guard.snoozes()
    guard.sees(HOT, SMOKE, seconds=5)
    assert guard.kinds == ["raised", "snoozed", "escalated"]
    assert guard.data[-1]["cause"] == "smoke"
    guard.acknowledges()
    guard.sees(HOT, SMOKE, finding(Cause.GAS), STEEP, seconds=60)
    assert guard.kinds[3:] == ["acknowledged"], "gas comes with smoke, and what is too hot has risen"


def test_a_cause_that_was_told_is_no_news_when_it_is_back():
    guard = Guard()
    for seen in ((HOT,), (SMOKE,), (HOT, SMOKE), (SMOKE,), (HOT,)):
        guard.sees(*seen, seconds=5)
    assert guard.kinds == ["raised", "escalated"]


def test_what_is_no_hard_cause_does_not_break_through():
    guard = Guard()
    guard.sees(HOT)
    guard.acknowledges()
    guard.sees(HOT, FORETOLD, finding(Cause.SILENCE), seconds=60)
    assert guard.kinds == ["raised", "acknowledged"]


def test_danger_that_had_died_down_has_to_be_seen_again():
    guard = Guard()
    guard.sees(HOT)
    guard.acknowledges()
    guard.sees(WARM, seconds=30)
    guard.sees(HOT, seconds=5)
    assert guard.kinds == ["raised", "acknowledged"]
    guard.sees(WARM, seconds=60)
    assert not guard.sees(HOT).acknowledged
    assert guard.kinds == ["raised", "acknowledged", "escalated"]


# --- restarts


@pytest.mark.parametrize("away_s", [20, 7200])
def test_i8_after_a_restart_reminders_go_on_after_a_minute_and_nothing_is_raised_twice(away_s):
    guard = Guard()
    guard.sees(HOT, seconds=200)
    guard = guard.restarts(away_s)
    restarted_s = guard.now_s
    guard.sees(known=False, seconds=30)
    guard.sees(HOT, seconds=400)
    assert guard.kinds == ["raised", "reminder", "reminder"]
    assert guard.when("reminder") == [restarted_s + 60, restarted_s + 360]


@pytest.mark.parametrize("reminder_s", [None, 3600.0])
def test_i8_what_a_crash_may_have_swallowed_is_told_once_more_however_rare_reminders_are(reminder_s):
    guard = Guard(reminder_s)
    guard.sees(HOT)
    guard = guard.restarts(away_s=30)
    restarted_s = guard.now_s
    guard.sees(HOT, seconds=3600)
    assert guard.when("reminder") == [restarted_s + 60]


def test_i8_an_acknowledgement_survives_a_restart():
    guard = Guard()
    guard.sees(HOT, seconds=10)
    guard.acknowledges()
    guard = guard.restarts(away_s=600)
    guard.sees(known=False, seconds=120)
    guard.sees(HOT, seconds=1200)
    assert guard.kinds == ["raised", "acknowledged"]
    guard.sees(seconds=30.5)
    assert guard.kinds[-1] == "cleared"


def test_i8_the_end_of_a_snooze_survives_a_restart():
    guard = Guard(reminder_s=60.0)
    guard.sees(HOT, seconds=10)
    guard.snoozes(30)
    guard = guard.restarts(away_s=300)
    guard.sees(HOT, seconds=1499)
    assert guard.when("reminder") == []
    guard.sees(HOT, seconds=2)
    assert guard.when("reminder") == [1810.0]


def test_a_wall_clock_that_was_years_behind_neither_prolongs_a_snooze_nor_holds_up_reminders():
    guard = Guard()
    guard.sees(HOT, seconds=10)
    guard.snoozes(10)
    record = guard.keeper.record
    late = Guard(kept=record)
    late.keeper.restore(record, late.now_s, START - timedelta(days=900))
    late.sees(HOT, seconds=3700)
    assert late.when("reminder")[0] == 3600
