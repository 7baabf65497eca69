"""Commands to a bath: which are refused, what is answered, and how they leave."""

import pytest

from btr_core.errors import CommandRefusedError
from btr_core.messages import Output
from tests.core.bath_story import OURS, RELEASE, BathStory, command_of, heat, refusal


def test_the_state_is_what_the_bath_reports_not_what_was_asked() -> None:
    story = BathStory()
    heat(story)
    story.passes(30)
    assert story.state.outputs[Output.HEATER] is False


@pytest.mark.parametrize(
    ("telemetry", "reason"),
    [
        ({"TankTemp": -127}, "tank_invalid"),
        ({"TankTemp": None}, "tank_invalid"),
        ({"TankTemp": 119.0, "Heater": 0}, "tank_over_limit"),
        ({"TankTemp": 90.0}, "tank_over_limit"),
        ({"outlets": {1: 65.0}}, "bath_over_limit"),
        ({"outlets": {1: -127}}, "bath_invalid"),
        ({"EmergencyState": 1}, "emergency_engaged"),
        ({"EmergencyState": "?"}, "emergency_engaged"),
    ],
)
def test_heating_is_refused_for_the_reason_the_bath_would_have(telemetry: dict[str, object], reason: str) -> None:
    story = BathStory()
    story.passes(60)
    story.says(**telemetry)  # type: ignore[arg-type]
    assert refusal(lambda: heat(story)) == reason
    story.passes(600, **telemetry)
    assert story.commands == []


def test_the_limits_are_those_of_the_bath() -> None:
    story = BathStory()
    story.registers({"safety.tank_temp_max": 60.0})
    story.says(ts="1970-01-01 08:00:00")
    with pytest.raises(CommandRefusedError) as caught:
        heat(story)
    assert caught.value.reason == "tank_over_limit"
    assert caught.value.placeholders == {"temperature": "60.0", "limit": "60"}


def test_nothing_is_switched_on_while_the_bath_is_offline() -> None:
    story = BathStory()
    story.passes(200)
    for output in Output:
        assert refusal(lambda output=output: story.bath.set_output(output, True, story.now_s)) == "device_offline"
        assert refusal(lambda output=output: story.bath.resume_automatic(output, story.now_s)) == "device_offline"
    story.passes(10)
    assert story.commands == []


def test_i9_a_command_without_effect_is_announced_and_given_up() -> None:
    story = BathStory()
    heat(story)
    story.passes(900, Heater=0)
    events = [event for event in story.events if event.kind == "command_unanswered"]
    assert [dict(event.data) for event in events] == [{"command": "heater", "action": "on"}]
    assert story.commands == [("heater", "on")]


def test_i9_a_refusal_of_the_bath_is_announced_with_its_reason() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    heat(story)
    story.step()
    (sent,) = story.sent
    story.hears("ack", {"id": command_of(sent[1])["id"], "result": "refused", "reason": "min_off_time"})
    story.passes(900, Heater=0)
    events = [event for event in story.events if event.kind == "command_refused"]
    assert [event.data["reason"] for event in events] == ["min_off_time"]
    assert story.commands == [("heater", "on")]


def test_i9_a_bath_that_acknowledges_must_do_so_within_ten_seconds() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    story.bath.set_output(Output.PUMP, False, story.now_s)
    story.passes(9.5)
    assert "command_unanswered" not in story.take_events()
    story.passes(1)
    assert "command_unanswered" in story.take_events()


def test_i9_a_command_that_was_accepted_may_wait_for_the_guard_of_the_heater_and_no_longer() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    heat(story)
    story.step()
    (sent,) = story.sent
    story.hears("ack", {"id": command_of(sent[1])["id"], "result": "accepted"})
    story.passes(35, Heater=0)
    assert "command_unanswered" not in story.take_events()
    story.passes(10, Heater=0)
    assert "command_unanswered" in story.take_events()


def test_an_acknowledged_command_is_settled() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    story.bath.resume_automatic(Output.PUMP, story.now_s)
    story.step()
    (sent,) = story.sent
    command_id = command_of(sent[1])["id"]
    for result in ("accepted", "applied"):
        story.hears("ack", {"id": command_id, "result": result})
    story.passes(60)
    assert "command_unanswered" not in story.take_events()


def test_no_two_commands_share_an_id() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    for _ in range(6):
        story.bath.set_output(Output.PUMP, False, story.now_s)
        story.bath.resume_automatic(Output.HEATER, story.now_s)
        story.passes(1)
    ids = [command_of(publish)["id"] for _, publish in story.sent]
    assert len(ids) == len(set(ids)) == 12


def test_a_bath_that_can_hold_an_output_off_is_asked_to() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    story.bath.set_output(Output.HEATER, False, story.now_s)
    story.step()
    assert story.commands == [("heater", "hold_off")]


def test_automatic_for_aeration_without_its_timer_means_off() -> None:
    story = BathStory()
    story.registers({"aeration_timer.enabled": False})
    story.bath.resume_automatic(Output.AERATION, story.now_s)
    story.bath.resume_automatic(Output.PUMP, story.now_s)
    story.step()
    assert story.commands == [("aeration", "off"), ("pump", "auto")]


def test_the_last_of_many_clicks_is_the_one_that_is_sent() -> None:
    story = BathStory()
    for on in (True, False, True, False, True):
        story.bath.set_output(Output.PUMP, on, story.now_s)
    story.step()
    assert story.commands == [("pump", "on")]


def test_no_more_than_four_messages_leave_within_a_second() -> None:
    story = BathStory()
    story.bath.set_emergency(False, story.now_s)
    story.passes(5)
    assert story.commands == RELEASE
    times = [at_s for at_s, _ in story.sent]
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[4:], strict=False))
