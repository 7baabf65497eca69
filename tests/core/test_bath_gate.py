"""What a bath is not told, and what it is told in any case."""

import pytest

from btr_core.messages import Output
from tests.core.bath_story import OURS, BathStory, heat, refusal

DEAF = {"ip_address": "0.0.0.0", "timestamp": "2026-04-02 10:00:00"}
CLOCKLESS = {"ip_address": "192.0.2.17", "timestamp": "1970-01-01 08:00:03"}


def refusals(story: BathStory) -> set[str]:
    """Why everything is refused that could start or keep something."""
    bath, now_s = story.bath, story.now_s
    return {
        *(refusal(lambda output=output: bath.set_output(output, True, now_s)) for output in Output),
        *(refusal(lambda output=output: bath.resume_automatic(output, now_s)) for output in Output),
        refusal(lambda: bath.change_config({"temp_maxdif": 12}, now_s)),
    }


def test_a_bath_whose_stop_is_not_known_is_started_by_nobody() -> None:
    """Unknown counts as stopped, but it is not called engaged."""
    story = BathStory(running=False)
    story.says(EmergencyState=None)
    assert story.state.emergency is None
    assert refusals(story) == {"emergency_unknown"}
    story.passes(5)
    assert story.commands == []
    story.says()
    heat(story)


def test_a_message_that_does_not_tell_the_stop_leaves_it_as_it_was() -> None:
    story = BathStory()
    story.passes(60, EmergencyState=1)
    story.passes(60, EmergencyState=None)
    assert story.state.emergency is True
    assert refusals(story) == {"emergency_engaged"}


@pytest.mark.parametrize("word", [2, -1, 0.5, "1", "on", "true", True, "?", "ERR", "nan"])
def test_any_emergency_state_but_0_is_engaged(word: object) -> None:
    story = BathStory()
    story.passes(60)
    story.says(EmergencyState=word)
    assert story.state.emergency is True
    assert refusals(story) == {"emergency_engaged"}


@pytest.mark.parametrize("word", [0, "0", 0.0, "off", "false", False, " 0 "])
def test_0_is_not_engaged(word: object) -> None:
    story = BathStory(running=False)
    story.says(EmergencyState=word)
    assert story.state.emergency is False


@pytest.mark.parametrize("told", [DEAF, CLOCKLESS])
def test_a_deaf_original_is_asked_for_nothing_until_it_was_power_cycled(told: dict[str, str]) -> None:
    story = BathStory()
    story.hears("register", told)
    story.says(ts="1970-01-01 08:00:05")
    assert refusals(story) == {"device_deaf"}
    story.passes(5)
    assert story.commands == []
    story.registers()
    heat(story)
    story.step()
    assert story.commands == [("heater", "on")]


def test_even_a_deaf_bath_is_told_to_stop() -> None:
    story = BathStory()
    story.hears("register", DEAF)
    story.says(ts="1970-01-01 08:00:05")
    story.bath.set_output(Output.HEATER, False, story.now_s)
    story.step()
    story.bath.set_emergency(True, story.now_s)
    story.step()
    assert story.commands == [("heater", "off"), ("emergency", "on")]


def test_ours_is_never_deaf() -> None:
    story = BathStory()
    story.hears("register", {**DEAF, "capabilities": list(OURS)})
    heat(story)


def test_what_a_bath_said_before_our_start_does_not_make_it_deaf() -> None:
    """It may have been power-cycled meanwhile, and an original tells nobody again."""
    story = BathStory()
    story.hears("register", DEAF, retained=True)
    heat(story)


def test_a_bath_that_is_not_heard_is_told_to_switch_off_all_the_same() -> None:
    """An original whose probes have all failed is silent, but it listens."""
    story = BathStory()
    story.passes(60, Heater=1)
    story.passes(200)
    assert not story.state.online
    assert refusal(lambda: story.bath.set_output(Output.HEATER, False, story.now_s)) == "sent_unseen"
    story.passes(1)
    assert story.commands == [("heater", "off")]


def test_heating_is_refused_while_the_tank_is_unknown_although_it_was_known() -> None:
    story = BathStory()
    story.passes(60)
    story.says(TankTemp=None)
    assert refusal(lambda: heat(story)) == "tank_invalid"
    story.bath.set_output(Output.PUMP, True, story.now_s)


@pytest.mark.parametrize("action", [True, False])
def test_a_stopped_bath_is_not_switched_on_but_off_at_any_time(action: bool) -> None:
    story = BathStory()
    story.passes(60, EmergencyState=1)
    if action:
        assert refusal(lambda: story.bath.set_output(Output.PUMP, True, story.now_s)) == "emergency_engaged"
    else:
        story.bath.set_output(Output.PUMP, False, story.now_s)
    story.step()
    assert story.commands == ([] if action else [("pump", "off")])
