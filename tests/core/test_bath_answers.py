"""Every command to a bath ends in one answer: for whoever gave it, and for the user when it fails."""

import pytest

from btr_core.messages import Output
from btr_core.outcome import Answer, EventKind
from tests.core.bath_story import OURS, BathStory


def ours() -> BathStory:
    """A bath with our firmware, at rest."""
    story = BathStory()
    story.registers(capabilities=OURS)
    return story


def heats(story: BathStory, hold_s: float | None = None) -> None:
    """Somebody heats by hand."""
    story.bath.set_output(Output.HEATER, True, story.now_s, hold_s)
    story.step()


def retargets(story: BathStory, **settings: float) -> None:
    """Somebody changes settings, and they are sent."""
    story.bath.change_config({f"bath_setpoint.{name}": value for name, value in settings.items()}, story.now_s)
    story.passes(1.5)


# An output


def test_i9_an_original_answers_by_what_it_shows() -> None:
    story = BathStory()
    heats(story)
    story.passes(59.5)
    assert story.take_answers() == []
    story.says(Heater=1)
    assert story.take_answers() == [("heater", "on", "done")]


def test_i9_an_original_that_never_shows_it_is_told_of_once_and_no_longer_asked() -> None:
    story = BathStory()
    heats(story)
    story.passes(600, Heater=0)
    assert story.take_answers() == [("heater", "on", "unanswered")]
    assert story.commands == [("heater", "on")]


def test_an_original_that_is_switched_off_owes_no_answer_because_it_may_switch_on_again_at_once() -> None:
    story = BathStory()
    story.bath.set_output(Output.HEATER, False, story.now_s)
    story.passes(600, Heater=1)
    assert story.take_answers() == []


@pytest.mark.parametrize(("result", "told"), [("accepted", "accepted"), ("applied", "done"), ("refused", "refused")])
def test_i9_one_of_ours_answers_itself(result: str, told: str) -> None:
    story = ours()
    story.bath.set_output(Output.PUMP, True, story.now_s)
    story.step()
    story.acks(result, "pump_is_dry")
    assert story.take_answers() == [("pump", "on", told)]


def test_i9_the_reason_of_a_refusal_is_kept() -> None:
    story = ours()
    heats(story)
    story.acks("refused", "fault_latched")
    (answer,) = story.answers
    assert answer == Answer("heater", "on", answer.result, "fault_latched")
    (event,) = [event for event in story.events if event.kind == EventKind.COMMAND_REFUSED]
    assert dict(event.data) == {"command": "heater", "action": "on", "reason": "fault_latched"}


def test_what_telemetry_shows_before_the_answer_may_be_older_than_the_command() -> None:
    """Its own control may have had the heater on before: that says nothing about what was asked."""
    story = ours()
    heats(story)
    story.says(Heater=1, extra={"seq": 1})
    assert story.take_answers() == []
    story.acks("refused", "heater_needs_pause")
    assert story.take_answers() == [("heater", "on", "refused")]


def test_an_answer_that_got_lost_is_made_up_for_by_the_effect() -> None:
    story = ours()
    heats(story)
    story.passes(1)
    story.says(Heater=1, extra={"seq": 1})
    story.passes(30)
    assert story.take_answers() == [("heater", "on", "done")]


def test_i9_what_was_accepted_and_never_happened_is_told_as_well() -> None:
    story = ours()
    heats(story)
    story.acks("accepted")
    story.passes(120, Heater=0)
    assert story.take_answers() == [("heater", "on", "accepted"), ("heater", "on", "unanswered")]


def test_a_command_that_another_replaces_is_dropped_and_the_other_is_answered() -> None:
    story = ours()
    heats(story)
    story.bath.resume_automatic(Output.HEATER, story.now_s)
    story.step()
    story.acks("applied")
    assert story.take_answers() == [("heater", "on", "dropped"), ("heater", "auto", "done")]
    assert "command_refused" not in story.take_events()


def test_the_same_command_twice_has_one_answer() -> None:
    story = ours()
    heats(story)
    heats(story)
    story.acks("applied")
    story.passes(60, Heater=1)
    assert story.take_answers() == [("heater", "on", "done")]


@pytest.mark.parametrize("word", ["offline", None])
def test_i9_a_bath_that_is_lost_owes_no_answer_any_more(word: str | None) -> None:
    story = ours()
    heats(story)
    if word:
        story.hears("availability", word)
    story.passes(200)
    assert story.take_answers() == [("heater", "on", "unanswered")]


# A hold


def test_f10_a_hold_ends_with_its_time_and_nobody_is_alarmed() -> None:
    story = BathStory()
    heats(story, 900)
    story.passes(895, Heater=1)
    assert story.state.manual[Output.HEATER] is True
    story.passes(5, Heater=1)
    story.passes(600, Heater=0)
    assert story.state.manual[Output.HEATER] is None
    assert story.durations() == [(0, 600_000), (301, 599_000), (602, 298_000)]
    assert story.take_answers() == [("heater", "on", "done"), ("heater", "on", "done"), ("heater", "on", "done")]


def test_a_short_hold_is_one_lease_and_none_follows_it() -> None:
    story = ours()
    heats(story, 30)
    story.acks("applied")
    story.passes(600, Heater=0)
    assert story.durations() == [(0, 30_000)]
    assert story.take_answers() == [("heater", "on", "done")]


def test_a_hold_that_may_be_over_before_an_original_reports_is_not_called_unanswered() -> None:
    story = BathStory()
    heats(story, 30)
    story.passes(600, Heater=0)
    assert story.take_answers() == []


def test_f10_no_hold_of_the_heater_is_longer_than_four_hours() -> None:
    story = BathStory()
    assert story.refusal(lambda: heats(story, 4 * 3600 + 1)) == "heater_needs_pause"
    heats(story, 3 * 3600)
    story.passes(1800, Heater=1)
    assert story.refusal(lambda: heats(story, 3.6 * 3600)) == "heater_needs_pause"
    heats(story, 3.4 * 3600)


def test_f10_the_end_of_the_longest_time_is_told() -> None:
    story = BathStory()
    heats(story)
    story.passes(5 * 3600, Heater=1)
    assert story.answers[-1].reason == "heater_needs_pause"


def test_a_heater_that_somebody_switched_off_is_told_of() -> None:
    story = BathStory()
    heats(story)
    story.passes(60, Heater=1)
    story.passes(120, Heater=0)
    (_, told) = story.answers
    assert (told.result.value, told.reason) == ("refused", "seen_off")


def test_the_pump_is_held_for_as_long_as_is_asked() -> None:
    story = BathStory()
    story.bath.set_output(Output.PUMP, True, story.now_s, 6 * 3600)
    story.passes(8 * 3600, Pump=1)
    at_s, duration_ms = story.durations()[-1]
    assert at_s + duration_ms / 1000 == 6 * 3600


def test_a_hold_off_has_a_time_where_the_bath_can_keep_it() -> None:
    story = ours()
    story.bath.set_output(Output.PUMP, False, story.now_s, 7200)
    story.step()
    assert story.commands == [("pump", "hold_off")]
    assert story.durations() == [(0, 7_200_000)]
    original = BathStory()
    assert original.refusal(lambda: original.bath.set_output(Output.PUMP, False, original.now_s, 60)) == (
        "cannot_hold_off"
    )


# Settings


def test_i9_a_change_that_an_original_took_in_part_is_told_setting_by_setting() -> None:
    story = BathStory()
    story.registers()
    retargets(story, target=58.0, hyst=1.5)
    story.registers({"bath_setpoint.hyst": 1.5})
    assert story.take_answers() == [
        ("config_update", "bath_setpoint.hyst", "done"),
        ("config_update", "bath_setpoint.target", "different"),
    ]
    (told,) = [event.data for event in story.events if event.kind == EventKind.CONFIG_DIFFERENT]
    assert dict(told) == {"bath_setpoint.target": "58.0 / 65.0"}


def test_i9_a_change_that_nobody_answers_is_told_with_its_settings() -> None:
    story = BathStory()
    story.registers()
    retargets(story, target=58.0)
    story.passes(89)
    assert story.take_answers() == []
    story.passes(2)
    assert story.take_answers() == [("config_update", "bath_setpoint.target", "unanswered")]
    (told,) = [event.data for event in story.events if event.kind == EventKind.CONFIG_UNANSWERED]
    assert dict(told) == {"bath_setpoint.target": "58.0"}


def test_i9_one_of_ours_has_ten_seconds_to_answer_a_change() -> None:
    story = ours()
    retargets(story, target=58.0)
    story.passes(9)
    assert story.take_answers() == []
    story.passes(2)
    assert story.take_answers() == [("config_update", "bath_setpoint.target", "unanswered")]


def test_one_of_ours_takes_a_change_and_then_tells_what_it_has() -> None:
    story = ours()
    retargets(story, target=58.0)
    story.acks("applied")
    story.passes(20)
    story.registers({"bath_setpoint.target": 58.0}, capabilities=OURS)
    target = ("config_update", "bath_setpoint.target")
    assert story.take_answers() == [(*target, "accepted"), (*target, "done")]


def test_i9_a_refused_change_is_told_with_its_settings_and_the_words_of_the_bath() -> None:
    story = ours()
    retargets(story, target=58.0, hyst=1.5)
    story.acks("refused", "bath_setpoint.hyst out_of_range")
    (answer,) = story.answers
    assert answer.reason == "bath_setpoint.hyst out_of_range"
    assert dict(answer.settings) == {"bath_setpoint.target": (58.0, 65.0), "bath_setpoint.hyst": (1.5, 0.8)}
    (told,) = [event.data for event in story.events if event.kind == EventKind.COMMAND_REFUSED]
    assert told["settings"] == "bath_setpoint.target, bath_setpoint.hyst"


def test_a_change_that_is_changed_again_before_it_leaves_is_dropped() -> None:
    story = BathStory()
    story.registers()
    for target_c in (58.0, 57.0, 57.0):
        story.aims_at(target_c)
    story.passes(1.5)
    story.registers({"bath_setpoint.target": 57.0})
    target = ("config_update", "bath_setpoint.target")
    assert story.take_answers() == [(*target, "dropped"), (*target, "done")]


def test_a_stop_during_a_change_drops_what_was_not_sent_and_awaits_what_was() -> None:
    story = BathStory()
    story.registers()
    retargets(story, target=58.0)
    story.bath.change_config({"bath_setpoint.hyst": 1.5}, story.now_s)
    story.bath.set_emergency(True, story.now_s)
    story.step()
    assert story.take_answers() == [("config_update", "bath_setpoint.hyst", "refused")]
    story.registers({"bath_setpoint.target": 58.0})
    assert story.take_answers() == [("config_update", "bath_setpoint.target", "done")]
    assert ("emergency", "on") in story.commands


# The stop


def test_i9_a_stop_is_answered_when_the_bath_shows_it() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.passes(30)
    assert story.take_answers() == []
    story.says(EmergencyState=1)
    story.passes(300, EmergencyState=1)
    assert story.take_answers() == [("emergency", "on", "done")]


def test_one_of_ours_accepts_a_stop_and_it_is_done_when_it_shows_it() -> None:
    story = ours()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.acks("applied")
    assert story.take_answers() == [("emergency", "on", "accepted")]
    story.passes(5.5)
    assert story.take_commands() == [("emergency", "on")] * 2, "only telemetry ends the repetition"
    story.says(EmergencyState=1, extra={"seq": 1})
    assert story.take_answers() == [("emergency", "on", "done")]


@pytest.mark.parametrize(("story", "within_s"), [(BathStory(), 150), (ours(), 10)], ids=["original", "ours"])
def test_i9_a_stop_that_is_not_shown_in_time_is_told_once_and_goes_on_being_sent(
    story: BathStory, within_s: float
) -> None:
    story.bath.set_emergency(True, story.now_s)
    story.passes(within_s - 1, EmergencyState=0)
    assert story.take_answers() == []
    story.take_commands()
    story.passes(300, EmergencyState=0)
    assert story.take_answers() == [("emergency", "on", "unanswered")]
    assert len(story.take_commands()) > 50
    story.passes(60, EmergencyState=1)
    assert story.take_answers() == [("emergency", "on", "done")]


def test_a_stop_given_to_a_silent_bath_is_due_from_when_it_is_heard() -> None:
    story = BathStory(running=False)
    story.bath.set_emergency(True, story.now_s)
    story.passes(1000)
    assert story.take_answers() == []
    story.says(EmergencyState=0)
    story.passes(140)
    assert story.take_answers() == []
    story.passes(20)
    assert story.take_answers() == [("emergency", "on", "unanswered")]


def test_i9_a_bath_that_is_lost_before_it_shows_the_stop_is_told_of_once() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.hears("availability", "offline")
    story.passes(300)
    assert story.take_answers() == [("emergency", "on", "unanswered")]


def test_the_same_stop_twice_has_one_answer() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.bath.set_emergency(True, story.now_s)
    story.passes(60, EmergencyState=1)
    assert story.take_answers() == [("emergency", "on", "done")]


def test_i9_a_release_that_the_bath_refuses_is_told_with_its_reason() -> None:
    story = ours()
    story.says(EmergencyState=1, extra={"seq": 1})
    story.bath.set_emergency(False, story.now_s)
    story.step()
    release = story.sent[0]
    story.sent = [release]
    story.acks("refused", "not_stored")
    (answer,) = story.answers
    assert (answer.command, answer.action, answer.result.value, answer.reason) == (
        "emergency",
        "off",
        "refused",
        "not_stored",
    )


def test_a_release_ends_when_the_bath_shows_it_and_takes_the_place_of_the_stop() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.bath.set_emergency(False, story.now_s)
    story.passes(30)
    story.says(EmergencyState=0)
    assert story.take_answers() == [("emergency", "on", "dropped"), ("emergency", "off", "done")]


def test_a_stop_drops_the_commands_that_wait_and_alarms_nobody_about_them() -> None:
    story = ours()
    heats(story)
    story.bath.set_emergency(True, story.now_s)
    story.step()
    assert story.take_answers() == [("heater", "on", "dropped")]
    assert "command_refused" not in story.take_events()
