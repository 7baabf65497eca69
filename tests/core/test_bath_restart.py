"""A restart of the program: what was seen before it is not forgotten, and nothing is taken for granted."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.kept import seen_as_plain, seen_from_plain
from btr_core.state import BathCause, LastSeen
from tests.core.bath_story import BathStory


def restarted(before: BathStory) -> BathStory:
    """The program starts again with what it wrote down."""
    kept = json.loads(json.dumps(seen_as_plain(before.bath.last_seen)))
    seen = seen_from_plain(kept)
    assert seen is not None
    after = BathStory(running=False)
    after.bath.restore(seen, after.now_s)
    return after


def test_silence_after_our_restart_is_an_alarm_when_the_heater_was_on_before() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    story = restarted(story)
    story.passes(149)
    assert not story.state.silent_heater, "it may still be on its way"
    story.passes(2)
    assert story.state.alarm.cause is BathCause.SILENT_HEATER
    assert story.take_events() == ["raised"], "it was offline already"
    story.says(Heater=1)
    assert not story.state.silent_heater


def test_a_last_will_that_waits_for_us_is_an_alarm_at_once() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    story = restarted(story)
    story.hears("availability", "offline", retained=True)
    story.step()
    assert story.state.silent_heater


def test_a_bath_that_was_off_before_our_restart_may_stay_away() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    story.passes(60)
    story.says(Heater=0)
    story = restarted(story)
    story.passes(600)
    assert not story.state.silent_heater


def test_a_bath_that_was_silent_before_our_restart_is_not_forgiven() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    story.passes(600)
    story = restarted(story)
    story.passes(160)
    assert story.state.silent_heater


@pytest.mark.parametrize("heater", [None, "ERR"])
def test_a_heater_that_is_not_told_is_what_it_was(heater: str | None) -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    story.passes(60)
    story.says(Heater=heater)
    story.passes(160)
    assert story.state.silent_heater


def test_i12_a_stop_of_somebody_else_outlives_a_power_cut_of_all() -> None:
    """The mains fail: the bath forgets its stop and boots before we do, so that nobody hears its register."""
    story = BathStory()
    story.passes(60, EmergencyState=1)
    story = restarted(story)
    story.says(EmergencyState=0)
    assert story.commands == [("emergency", "on")]
    assert story.state.emergency_wanted


def test_i12_a_stop_that_still_stands_after_our_restart_stays_whose_it_is() -> None:
    story = BathStory()
    story.passes(60, EmergencyState=1)
    story = restarted(story)
    story.says(EmergencyState=1)
    story.passes(60, EmergencyState=0)
    assert story.commands == []
    assert not story.state.emergency_wanted


def test_i12_a_stop_that_cannot_be_read_after_our_restart_is_engaged_again() -> None:
    story = BathStory()
    story.passes(60, EmergencyState=1)
    story = restarted(story)
    story.says(EmergencyState="?")
    assert story.commands == [("emergency", "on")]


def test_a_stop_that_was_released_before_our_restart_is_not_engaged_again() -> None:
    story = BathStory()
    story.passes(60, EmergencyState=1)
    story.passes(60, EmergencyState=0)
    story = restarted(story)
    story.says(EmergencyState=0)
    story.registers()
    assert story.commands == []


@given(st.one_of(st.none(), st.dictionaries(st.sampled_from(["heater_on", "stopped", "x"]), st.integers() | st.none())))
def test_a_damaged_note_is_no_note_or_a_harmless_one(kept: Any) -> None:
    seen = seen_from_plain(kept)
    assert seen is None or seen == LastSeen()
