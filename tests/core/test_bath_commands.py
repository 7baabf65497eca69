"""Outputs by hand and the emergency stop: what leaves, when, and what never does."""

from collections.abc import Callable

import pytest

from btr_core.errors import CommandRefusedError
from btr_core.messages import Output
from btr_core.state import Control
from tests.core.bath_story import OURS, BathStory, command_of

RELEASE = [
    ("emergency", "off"),
    ("heater", "off"),
    ("pump", "off"),
    ("aeration", "off"),
    ("heater", "auto"),
    ("pump", "auto"),
    ("aeration", "auto"),
]


def refusal(call: Callable[[], None]) -> str:
    with pytest.raises(CommandRefusedError) as caught:
        call()
    return caught.value.reason


def heat(story: BathStory) -> None:
    story.bath.set_output(Output.HEATER, True, story.now_s)


def test_heating_by_hand_is_a_lease_that_is_renewed_while_it_is_wanted() -> None:
    story = BathStory()
    heat(story)
    story.step()
    assert story.state.manual[Output.HEATER] is True
    story.passes(1800, Heater=1)
    times = [at_s - 1000 for at_s, _ in story.sent]
    assert times == [0, 301, 602, 903, 1204, 1505]
    assert {command_of(publish)["duration"] for _, publish in story.sent} == {600_000}


def test_a_renewal_repairs_the_switch_off_of_the_lease_before_the_last() -> None:
    """An original switches off at the end of every lease, renewed or not."""
    story = BathStory()
    heat(story)
    story.passes(3600, Heater=1)
    sent_s = [at_s for at_s, _ in story.sent]
    for at_s in sent_s:
        off_s = at_s + 600
        if off_s < 4600 - 2:
            assert any(off_s < renewed_s <= off_s + 2 for renewed_s in sent_s)


def test_the_blink_at_the_end_of_a_lease_does_not_end_the_wish() -> None:
    story = BathStory()
    heat(story)
    story.step()
    story.passes(600, Heater=1)
    story.passes(1)
    story.says(Heater=0)
    story.passes(600, Heater=1)
    assert [at_s - 1000 for at_s, _ in story.sent] == [0, 301, 602, 903]


def test_whose_hand_an_output_is_in_follows_what_we_hold_and_what_the_bath_shows() -> None:
    story = BathStory(running=False)
    assert set(story.state.control.values()) == {None}
    story.says()
    assert set(story.state.control.values()) == {Control.AUTOMATIC}
    heat(story)
    story.step()
    assert story.state.control[Output.HEATER] is Control.ON
    story.passes(60, Heater=1)
    assert story.state.control == {**dict.fromkeys(Output, Control.AUTOMATIC), Output.HEATER: Control.ON}
    story.bath.resume_automatic(Output.HEATER, story.now_s)
    story.step()
    assert story.state.control[Output.HEATER] is Control.AUTOMATIC


def test_a_lock_of_a_bath_shows_by_the_output_which_way_it_holds() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    story.says(Pump=1, extra={"seq": 1, "locks": {"heater": 600_000, "pump": 600_000, "aeration": 0}})
    assert story.state.control == {
        Output.HEATER: Control.OFF,
        Output.PUMP: Control.ON,
        Output.AERATION: Control.AUTOMATIC,
    }
    story.says(extra={"seq": 2, "locks": {"heater": 0, "pump": 0, "aeration": 0}})
    assert set(story.state.control.values()) == {Control.AUTOMATIC}


def test_an_output_that_is_held_on_is_on_by_hand_while_its_guard_delays_it() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    heat(story)
    story.step()
    story.says(Heater=0, extra={"seq": 1, "locks": {"heater": 600_000, "pump": 0, "aeration": 0}})
    assert story.state.control[Output.HEATER] is Control.ON


def test_switching_off_ends_the_renewals() -> None:
    story = BathStory()
    heat(story)
    story.passes(60, Heater=1)
    story.bath.set_output(Output.HEATER, False, story.now_s)
    story.passes(900, Heater=0)
    assert story.commands == [("heater", "on"), ("heater", "off")]
    assert story.state.manual[Output.HEATER] is None


def test_automatic_ends_the_renewals() -> None:
    story = BathStory()
    heat(story)
    story.passes(60, Heater=1)
    story.bath.resume_automatic(Output.HEATER, story.now_s)
    story.passes(900, Heater=1)
    assert story.commands == [("heater", "on"), ("heater", "auto")]


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


def test_switching_off_ends_the_wish_even_when_nobody_hears_it() -> None:
    """While a bath restarts with new settings a wish is kept, unless it is withdrawn."""
    story = BathStory()
    story.registers()
    heat(story)
    story.passes(200, Heater=1)
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(5)
    story.hears("availability", "offline")
    assert refusal(lambda: story.bath.set_output(Output.HEATER, False, story.now_s)) == "device_offline"
    story.says(Heater=0)
    story.registers({"temp_maxdif": 12})
    story.passes(600, Heater=0)
    assert [name for name, _ in story.commands] == ["heater", "config"]


def test_f10_switching_on_again_does_not_start_the_four_hours_anew() -> None:
    story = BathStory()
    heat(story)
    story.passes(3 * 3600, Heater=1)
    heat(story)
    story.passes(3600, Heater=1)
    assert refusal(lambda: heat(story)) == "heater_needs_pause"
    last_s, _ = story.sent[-1]
    assert last_s + 600 <= 1000 + 4 * 3600
    story.passes(120, Heater=0)
    heat(story)
    story.step()
    assert story.sent[-1][0] > last_s


def test_a_register_that_says_nothing_of_settings_takes_none_away() -> None:
    story = BathStory()
    story.registers({"bath_setpoint.target": 58.0})
    story.hears("register", {"schema_version": 2, "ip_address": "192.0.2.18"})
    story.step()
    assert story.state.target_c == 58.0


def test_a_number_that_nothing_can_store_is_no_setting() -> None:
    story = BathStory()
    story.registers({"aeration_timer.interval": 10**20, "temp_maxdif": 1e300})
    assert "interval" not in story.state.config["aeration_timer"]
    assert "temp_maxdif" not in story.state.config


def test_a_lease_is_not_renewed_into_a_fault() -> None:
    story = BathStory()
    heat(story)
    story.passes(240, Heater=1)
    story.take_events()
    story.passes(300, Heater=1, TankTemp=-127)
    assert story.commands == [("heater", "on")]
    refused = [event for event in story.events if event.kind == "command_refused"]
    assert [event.data["reason"] for event in refused] == ["tank_invalid"]


def test_a_bath_that_was_lost_is_left_to_its_automatic() -> None:
    story = BathStory()
    heat(story)
    story.passes(120, Heater=1)
    story.hears("availability", "offline")
    story.passes(900, Heater=1)
    assert story.commands == [("heater", "on")]
    assert story.state.manual[Output.HEATER] is None


def test_a_bath_that_was_power_cut_is_not_heated_again() -> None:
    story = BathStory()
    heat(story)
    story.passes(120, Heater=1)
    story.registers()
    story.passes(900, Heater=0)
    assert story.commands == [("heater", "on")]
    assert story.state.manual[Output.HEATER] is None


def test_what_was_switched_off_at_the_bath_is_not_switched_on_again() -> None:
    story = BathStory()
    heat(story)
    story.passes(120, Heater=1)
    story.passes(900, Heater=0)
    assert story.commands == [("heater", "on")]


def test_the_heater_is_never_held_longer_than_four_hours() -> None:
    story = BathStory()
    heat(story)
    story.passes(5 * 3600, Heater=1, TankTemp=70.0)
    last_s = story.sent[-1][0]
    assert last_s + 600 <= 1000 + 4 * 3600
    assert last_s > 1000 + 3.5 * 3600


def test_the_pump_may_run_for_longer() -> None:
    story = BathStory()
    story.bath.set_output(Output.PUMP, True, story.now_s)
    story.passes(5 * 3600, Pump=1)
    assert story.sent[-1][0] > 1000 + 4.9 * 3600


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
