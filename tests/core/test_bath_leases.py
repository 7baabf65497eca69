"""Outputs held by hand: leases, whose hand it is, and what ends a wish."""

from btr_core.messages import Output
from btr_core.state import Control
from tests.core.bath_story import OURS, BathStory, command_of, heat, refusal


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


def test_the_guard_of_a_heater_between_two_leases_does_not_end_the_wish() -> None:
    """An original switches off at the end of a lease, and its guard keeps it off for 30 s although it was renewed."""
    story = BathStory()
    story.registers({"post_interval": 5000})
    story.says(ts="1970-01-01 08:00:01")
    heat(story)
    story.step()
    for second in range(5, 700, 5):
        story.passes(5)
        story.says(Heater=int(not 600 <= second < 630), ts=f"1970-01-01 08:{second // 60:02}:{second % 60:02}")
    assert [at_s - 1000 for at_s, _ in story.sent] == [0, 301, 602]
    story.passes(5)
    for second in range(705, 745, 5):
        story.says(Heater=0, ts=f"1970-01-01 08:{second // 60:02}:{second % 60:02}")
        story.passes(5)
    assert story.state.control[Output.HEATER] is Control.AUTOMATIC, "somebody has switched it off"


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


def test_switching_off_ends_the_wish_even_when_nobody_hears_it() -> None:
    """While a bath restarts with new settings a wish is kept, unless it is withdrawn."""
    story = BathStory()
    story.registers()
    heat(story)
    story.passes(200, Heater=1)
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(5)
    story.hears("availability", "offline")
    assert refusal(lambda: story.bath.set_output(Output.HEATER, False, story.now_s)) == "sent_unseen"
    story.says(Heater=0)
    story.registers({"temp_maxdif": 12})
    story.passes(600, Heater=0)
    assert [command for command in story.commands if command[0] != "config"] == [("heater", "on"), ("heater", "off")]


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
