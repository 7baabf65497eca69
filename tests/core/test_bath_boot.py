"""A boot, a reconnect, and a restart that we caused: who forgets what."""

import pytest

from btr_core.messages import Output
from btr_core.state import ConfigSync
from tests.core.bath_story import BathStory, OurBathStory, heat


def held_pump(story: BathStory) -> None:
    story.bath.set_output(Output.PUMP, True, story.now_s)
    story.step()


def test_a_reconnect_of_our_bath_ends_no_wish() -> None:
    """Its register comes with every connect; its locks and its stop are still there."""
    story = OurBathStory()
    held_pump(story)
    story.passes(120, Pump=1)
    story.connects()
    story.says(Pump=1)
    story.passes(240, Pump=1)
    assert story.commands == [("pump", "on")] * 2
    assert story.state.manual[Output.PUMP] is True


def test_a_reconnect_of_our_bath_repeats_no_stop() -> None:
    story = OurBathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.says(EmergencyState=1)
    story.passes(60, EmergencyState=1)
    story.connects()
    story.passes(30)
    assert story.commands == [("emergency", "on")]


def test_a_reconnect_counts_the_heater_on() -> None:
    story = OurBathStory()
    story.passes(60, Heater=1)
    story.connects()
    story.passes(60, Heater=1)
    assert story.state.heater_on_s == pytest.approx(60, abs=1)


def test_a_boot_of_our_bath_is_told_by_its_uptime_and_ends_every_wish() -> None:
    story = OurBathStory()
    heat(story)
    story.step()
    story.passes(60, Heater=1)
    story.boots()
    story.passes(5)
    story.connects()
    story.says()
    story.passes(900, Heater=0)
    assert story.commands == [("heater", "on")]
    assert story.state.manual[Output.HEATER] is None


def test_a_boot_that_took_longer_than_the_last_life_is_seen_too() -> None:
    """The uptime is larger than the last one, but not by the time that has passed."""
    story = OurBathStory()
    story.boots()
    story.passes(30)
    story.says()
    held_pump(story)
    story.passes(80)
    story.boots()
    story.passes(60)
    story.says(Pump=1)
    story.passes(600, Pump=1)
    assert story.commands == [("pump", "on")]


def test_a_boot_soon_after_the_last_one_is_told_by_the_count() -> None:
    story = OurBathStory()
    story.boots()
    for _ in range(3):
        story.passes(2)
        story.says()
    held_pump(story)
    story.boots()
    story.passes(20)
    story.says(Pump=1)
    story.passes(600, Pump=1)
    assert story.commands == [("pump", "on")]


def test_a_register_of_an_original_is_a_boot_always() -> None:
    story = BathStory()
    story.registers()
    held_pump(story)
    story.passes(120, Pump=1)
    story.registers()
    story.passes(900, Pump=1)
    assert story.commands == [("pump", "on")]


def test_a_power_cut_before_the_change_was_heard_ends_every_wish() -> None:
    """Only a register with what was asked shows that the restart was ours."""
    story = BathStory()
    story.registers()
    held_pump(story)
    story.passes(60, Pump=1)
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(10)
    story.take_commands()
    story.registers()
    story.passes(900, Pump=1)
    assert story.commands == []
    assert dict(story.state.config_differences) == {"temp_maxdif": (12, 13)}


def test_a_change_of_settings_is_no_restart_where_they_apply_at_once() -> None:
    story = OurBathStory()
    held_pump(story)
    story.passes(60, Pump=1)
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(2)
    story.take_commands()
    story.registers({"temp_maxdif": 12}, capabilities=("ack", "soft_config", "hold_off"))
    assert story.state.config_sync is ConfigSync.CONFIRMED
    story.passes(60, Pump=1)
    assert story.take_commands() == [], "its lease still runs"
    story.passes(240, Pump=1)
    assert story.take_commands() == [("pump", "on")]


def test_a_register_of_ours_from_before_the_change_is_no_answer_to_it() -> None:
    story = OurBathStory()
    story.is_answering = False
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(2)
    story.connects()
    assert story.state.config_sync is ConfigSync.SENT
    story.acks("applied")
    story.connects()
    assert dict(story.state.config_differences) == {"temp_maxdif": (12, 13)}


def test_the_answer_to_one_change_is_none_to_the_next() -> None:
    story = OurBathStory()
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(2)
    story.connects({"temp_maxdif": 12})
    story.is_answering = False
    story.bath.change_config({"temp_maxdif": 11}, story.now_s)
    story.passes(2)
    story.connects({"temp_maxdif": 12})
    assert story.state.config_sync is ConfigSync.SENT


def test_silence_is_silence_where_a_change_needs_no_restart() -> None:
    story = OurBathStory()
    story.registers({"post_interval": 5000}, capabilities=("ack", "soft_config"))
    story.says(Heater=1)
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(2)
    story.passes(15)
    assert not story.state.online
    assert story.state.silent_heater


def test_a_shorter_interval_does_not_make_yesterdays_message_too_old() -> None:
    story = BathStory()
    story.says(Heater=1, ts="2026-04-02 10:00:01")
    story.passes(55)
    story.registers({"post_interval": 5000})
    story.passes(10)
    assert story.state.online
    story.passes(5)
    assert not story.state.online


def test_a_register_alone_brings_nobody_online() -> None:
    story = BathStory(running=False)
    story.registers()
    assert not story.state.online
    story.says()
    story.passes(200)
    story.registers()
    assert not story.state.online
