"""Whether a bath is there, and what its silence means."""

from btr_core.messages import Level
from btr_core.state import BathCause
from tests.core.bath_story import BathStory


def test_i1_a_bath_is_offline_after_two_and_a_half_intervals_of_silence() -> None:
    story = BathStory()
    story.take_events()
    story.passes(149)
    assert story.state.online
    story.passes(2)
    assert not story.state.online
    assert story.take_events() == ["went_offline"]
    story.passes(600)
    assert story.take_events() == []


def test_i1_the_interval_comes_from_the_settings_of_the_bath() -> None:
    story = BathStory()
    story.registers({"post_interval": 5000})
    story.passes(13)
    assert not story.state.online


def test_i1_the_last_will_counts_at_once_and_one_message_brings_it_back() -> None:
    story = BathStory()
    story.hears("availability", "offline")
    assert not story.state.online
    story.passes(5)
    story.hears("availability", "online")
    story.says()
    assert story.state.online
    assert story.take_events() == ["came_online", "went_offline", "came_online"]


def test_silence_while_the_heater_was_on_is_an_alarm() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    story.passes(151)
    assert story.state.silent_heater
    assert story.take_events() == ["came_online", "went_offline", "raised"]
    assert (story.state.alarm.level, story.state.alarm.cause) == (Level.DANGER, BathCause.SILENT_HEATER)
    story.says(Heater=1)
    assert not story.state.silent_heater
    assert story.state.alarm.active, "nobody has seen it"


def test_silence_with_the_heater_off_is_only_silence() -> None:
    story = BathStory()
    story.passes(151)
    assert not story.state.silent_heater
