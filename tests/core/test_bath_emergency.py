"""The emergency stop of a bath: repeated until it is seen, and released by nothing but a release."""

from btr_core.messages import Output
from tests.core.bath_story import RELEASE, BathStory, heat, refusal


def test_a_stop_does_not_wait_but_counts() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.bath.set_emergency(False, story.now_s)
    story.step()
    assert story.commands == [("emergency", "on"), *RELEASE[:3]]


def test_the_stop_is_repeated_every_five_seconds_until_telemetry_shows_it() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(22)
    assert [at_s - 1000 for at_s, _ in story.sent] == [0, 5, 10, 15, 20]
    story.says(EmergencyState=1)
    story.passes(300, EmergencyState=1)
    assert story.commands == [("emergency", "on")] * 5
    assert story.state.emergency
    assert story.state.emergency_wanted


def test_the_stop_is_sent_even_if_it_seems_to_be_engaged() -> None:
    story = BathStory()
    story.passes(60)
    story.bath.set_emergency(True, story.now_s)
    story.says(EmergencyState=1)
    assert story.commands == [("emergency", "on")]


def test_an_unreadable_state_does_not_confirm_the_stop() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.passes(120, EmergencyState="?")
    assert story.commands == [("emergency", "on")] * 24


def test_late_and_retained_telemetry_do_not_confirm_the_stop() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.passes(30)
    story.says(EmergencyState=1, retained=True)
    story.says(EmergencyState=1, age_s=500)
    story.take_commands()
    story.passes(10)
    assert story.commands == [("emergency", "on")] * 2


def test_the_stop_is_never_refused_not_even_offline() -> None:
    story = BathStory(running=False)
    story.bath.set_emergency(True, story.now_s)
    story.passes(60)
    assert story.commands == [("emergency", "on")] * 12
    assert story.state.emergency_wanted


def test_i12_a_restart_of_the_bath_does_not_release_the_stop() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(120, EmergencyState=1)
    story.take_commands()
    story.registers()
    assert story.take_commands() == [("emergency", "on")]
    story.passes(60, EmergencyState=0)
    assert set(story.take_commands()) == {("emergency", "on")}


def test_i12_a_stop_that_somebody_else_engaged_survives_a_power_cut() -> None:
    story = BathStory()
    story.passes(120, EmergencyState=1)
    assert story.commands == []
    story.registers()
    assert story.take_commands() == [("emergency", "on")]
    assert story.state.emergency_wanted


def test_i12_a_restart_that_only_the_uptime_tells_does_not_release_the_stop() -> None:
    story = BathStory()
    story.passes(60, EmergencyState=1, extra={"seq": 1, "uptime_s": 500})
    story.passes(60)
    story.says(EmergencyState=0, extra={"seq": 1, "uptime_s": 3})
    assert story.commands == [("emergency", "on")]


def test_i12_a_restart_of_the_program_does_not_release_the_stop() -> None:
    """The hub engages a remembered stop before anything was heard."""
    story = BathStory(running=False)
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(1)
    story.says(EmergencyState=1)
    story.passes(120, EmergencyState=1)
    assert story.commands == [("emergency", "on")]
    assert story.state.emergency_wanted


def test_a_stop_that_telemetry_no_longer_shows_is_sent_again() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(60, EmergencyState=1)
    story.take_commands()
    story.passes(60)
    story.says(EmergencyState=0)
    assert story.commands == [("emergency", "on")]


def test_a_bath_that_comes_back_is_stopped_again() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(60, EmergencyState=1)
    story.take_commands()
    story.hears("availability", "offline")
    story.passes(7)
    assert story.commands == [("emergency", "on")] * 2


def test_the_release_sends_off_and_then_automatic_to_every_output() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(60, EmergencyState=1)
    story.take_commands()
    story.bath.set_emergency(False, story.now_s)
    story.passes(5)
    assert story.take_commands() == RELEASE
    story.passes(300, EmergencyState=0)
    assert story.commands == []
    assert not story.state.emergency_wanted


def test_telemetry_from_before_the_release_does_not_engage_again() -> None:
    story = BathStory()
    story.passes(60, EmergencyState=1)
    story.bath.set_emergency(False, story.now_s)
    story.passes(5)
    story.says(EmergencyState=1)
    story.take_commands()
    story.registers()
    story.passes(60, EmergencyState=0)
    assert story.commands == []


def test_a_stop_drops_every_wish_and_everything_that_waits() -> None:
    story = BathStory()
    heat(story)
    story.bath.resume_automatic(Output.PUMP, story.now_s)
    story.bath.set_output(Output.AERATION, True, story.now_s)
    story.bath.set_emergency(True, story.now_s)
    story.passes(2)
    assert story.take_commands() == [("emergency", "on")]
    story.passes(120, EmergencyState=1)
    story.bath.set_emergency(False, story.now_s)
    story.passes(900, EmergencyState=0)
    assert ("heater", "on") not in story.commands


def test_nothing_is_switched_on_under_a_stop() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    for output in Output:
        assert refusal(lambda output=output: story.bath.set_output(output, True, story.now_s)) == "emergency_engaged"
        assert refusal(lambda output=output: story.bath.resume_automatic(output, story.now_s)) == "emergency_engaged"
    story.bath.set_output(Output.HEATER, False, story.now_s)


def test_an_emergency_state_that_cannot_be_read_counts_as_engaged() -> None:
    story = BathStory()
    story.passes(60)
    story.says(EmergencyState="?")
    assert story.state.emergency is True


def test_emergency_engaged_and_released_at_the_bath_are_announced_once() -> None:
    story = BathStory()
    story.take_events()
    story.passes(180, EmergencyState=1)
    story.passes(180, EmergencyState=0)
    assert story.take_events() == ["emergency_engaged", "emergency_released"]
    assert story.commands == []


def test_i12_a_release_on_its_way_is_still_a_stop() -> None:
    """The bath has not said yet that it is free: nothing is started, and nothing is engaged again."""
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(60, EmergencyState=1)
    story.bath.set_emergency(False, story.now_s)
    story.passes(3)
    story.take_commands()
    assert story.state.emergency is True
    assert refusal(lambda: heat(story)) == "emergency_engaged"
    story.passes(120, EmergencyState=1)
    assert story.commands == []
    story.passes(60, EmergencyState=0)
    heat(story)


def test_i12_only_a_release_releases() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(60, EmergencyState=1)
    for output in Output:
        story.bath.set_output(output, False, story.now_s)
        assert refusal(lambda output=output: story.bath.set_output(output, True, story.now_s)) == "emergency_engaged"
        assert refusal(lambda output=output: story.bath.resume_automatic(output, story.now_s)) == "emergency_engaged"
    story.registers()
    story.hears("availability", "offline")
    story.hears("availability", "online")
    story.says(EmergencyState=1)
    story.passes(5)
    assert ("emergency", "off") not in story.commands
    assert story.state.emergency_wanted


def test_the_release_sends_off_to_aeration_without_its_timer_and_no_automatic() -> None:
    story = BathStory()
    story.registers({"aeration_timer.enabled": False})
    story.bath.set_emergency(False, story.now_s)
    story.passes(5)
    assert story.commands == [command for command in RELEASE if command != ("aeration", "auto")]


def test_a_stop_under_a_release_ends_the_release() -> None:
    story = BathStory()
    story.bath.set_emergency(False, story.now_s)
    story.step()
    story.bath.set_emergency(True, story.now_s)
    story.passes(4)
    assert story.commands == [*RELEASE[:4], ("emergency", "on")]


def test_i12_a_boot_right_after_the_release_does_not_engage_again() -> None:
    """What was seen before the release is no stop of somebody else."""
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    story.passes(60, EmergencyState=1)
    story.bath.set_emergency(False, story.now_s)
    story.passes(3)
    story.take_commands()
    story.registers()
    story.says(EmergencyState=0, ts="1970-01-01 08:00:05")
    story.passes(60)
    assert story.commands == []
