"""What a bath says, and what is told of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.messages import Availability, DeviceKey, DeviceKind, Output, Receipt
from tests.core.bath_story import START, BathStory


def test_nothing_is_known_before_the_first_message() -> None:
    story = BathStory(running=False)
    state = story.state
    assert not state.online
    assert (state.bath_c, state.tank_c, state.core_c, state.emergency, state.duty_cycle) == (None,) * 5
    assert (state.probe_fault, state.no_gain, state.relay_stuck, state.mode) == (None,) * 4
    assert dict(state.outputs) == {}


def test_the_first_message_brings_the_bath_online_with_its_readings() -> None:
    story = BathStory(running=False)
    story.says(TempIn=45.5, outlets={1: 65.0, 2: 64.0, 3: 66.0}, TankTemp=80, Heater=1)
    state = story.state
    assert state.online
    assert story.take_events() == ["came_online"]
    assert (state.core_c, state.bath_c, state.tank_c, state.tank_minus_bath_k) == (45.5, 65.0, 80.0, 15.0)
    assert state.outputs == {Output.HEATER: True, Output.PUMP: False, Output.AERATION: False}
    assert state.emergency is False
    assert state.last_message_at == START


@pytest.mark.parametrize(
    ("outlets", "bath_c", "fault"),
    [
        ({1: 55.0}, 55.0, False),
        ({1: 55.0, 2: 56.0}, 55.5, False),
        ({1: 55.0, 2: 56.0, 3: 62.0}, 55.5, True),
        ({1: 55.0, 2: None}, 55.0, False),
        ({1: 55.0, 2: "-127"}, 55.0, True),
        ({1: 55.0, 2: -20.0}, 55.0, True),
        ({1: 55.0, 2: 100.0}, 55.0, True),
        ({1: 40.0, 2: 60.0}, 50.0, True),
        ({1: -127, 2: -127}, None, True),
    ],
)
def test_the_bath_temperature_is_the_median_of_believable_outlets(
    outlets: dict[int, object], bath_c: float | None, fault: bool
) -> None:
    story = BathStory(running=False)
    story.says(outlets=outlets)
    assert story.state.bath_c == bath_c
    assert story.state.probe_fault is fault


def test_an_outlet_that_was_seen_once_is_missed_when_it_is_gone() -> None:
    story = BathStory(running=False)
    story.says(outlets={1: 55.0, 2: 55.5})
    story.passes(60)
    story.says(outlets={1: 55.0})
    assert dict(story.state.outlets_c) == {1: 55.0, 2: None}
    assert story.state.probe_fault is True


def test_a_lone_jump_to_the_power_on_value_is_not_believed() -> None:
    story = BathStory()
    for tank_c, believed in [(60.0, 60.0), (85.0, None), (60.5, 60.5), (81.0, 81.0), (85.0, 85.0), (85.0, 85.0)]:
        story.passes(60)
        story.says(TankTemp=tank_c)
        assert story.state.tank_c == believed


def test_85_as_the_first_reading_of_all_is_not_believed() -> None:
    story = BathStory(running=False)
    story.says(TankTemp=85.0)
    assert story.state.tank_c is None


def test_one_bad_channel_leaves_the_others_alone() -> None:
    story = BathStory(running=False)
    story.says(TempIn=-127)
    state = story.state
    assert state.core_c is None
    assert (state.bath_c, state.tank_c) == (55.0, 60.0)
    assert state.probe_fault is True


def test_the_mode_of_an_original_follows_from_its_settings() -> None:
    story = BathStory()
    assert story.state.mode is None
    story.registers()
    assert (story.state.mode, story.state.setpoint_mode, story.state.target_c) == ("setpoint", True, 65.0)
    story.registers({"bath_setpoint.enabled": False})
    assert (story.state.mode, story.state.setpoint_mode) == ("n_curve", False)


def test_the_next_aeration_is_told_only_once_an_end_was_seen() -> None:
    story = BathStory()
    story.registers()
    assert story.state.next_aeration_at is None
    story.passes(60, Aeration=1)
    assert story.state.next_aeration_at is None
    story.passes(60, Aeration=0)
    assert story.state.next_aeration_at == story.at + timedelta(minutes=5)
    story.passes(360, Aeration=0)
    assert story.state.next_aeration_at is None


def test_a_message_of_another_device_is_ignored() -> None:
    story = BathStory()
    other = DeviceKey(DeviceKind.BATH, "other")
    story.bath.handle(Availability(other, online=False), Receipt(story.now_s, story.at))
    assert story.state.online


def test_the_state_stays_the_same_object_while_nothing_changes() -> None:
    story = BathStory()
    before = story.state
    story.passes(30)
    assert story.state is before
    story.bath.note_malformed()
    assert story.state.malformed_messages == 1


@given(st.lists(st.sampled_from([-127, None, "nan", 20.0, 60.0, 84.9, 85.0, 119.9, 500, "60.5"]), max_size=8))
def test_a_tank_that_is_not_known_is_never_a_number(tanks: list[object]) -> None:
    story = BathStory(running=False)
    for tank in tanks:
        story.says(TankTemp=tank)
        story.now_s += 60
        tank_c = story.state.tank_c
        assert tank_c is None or tank_c == float(tank)  # type: ignore[arg-type]
        assert (story.state.tank_minus_bath_k is None) == (tank_c is None)
