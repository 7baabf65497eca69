"""What a bath says, and what is told of it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.bath_watch import HeaterCount
from btr_core.errors import CommandRefusedError
from btr_core.messages import Availability, DeviceKey, DeviceKind, Level, Output, Receipt
from btr_core.state import BathCause
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


def test_i2_retained_telemetry_gives_no_values_and_no_life() -> None:
    story = BathStory(running=False)
    story.says(retained=True)
    assert not story.state.online
    assert story.state.tank_c is None


def test_i2_retained_messages_do_not_refresh_freshness() -> None:
    story = BathStory()
    for _ in range(5):
        story.passes(30)
        story.says(retained=True)
        story.registers(retained=True)
        story.hears("availability", "online", retained=True)
    story.passes(2)
    assert not story.state.online


def test_i2_a_late_message_neither_overwrites_nor_refreshes() -> None:
    story = BathStory()
    story.passes(60)
    story.says(TankTemp=70.0)
    for _ in range(12):
        story.passes(12)
        story.says(TankTemp=20.0, age_s=600, ts="2026-04-02 09:59:00")
    story.passes(8)
    assert story.state.tank_c == 70.0
    assert not story.state.online


def test_i2_a_message_that_is_only_a_little_late_does_not_overwrite_either() -> None:
    story = BathStory()
    story.passes(60)
    story.says(TankTemp=70.0)
    story.passes(5)
    story.says(TankTemp=20.0, age_s=20)
    assert story.state.tank_c == 70.0


def test_i2_a_buffer_that_is_emptied_after_our_start_counts_for_nothing() -> None:
    story = BathStory(running=False)
    for minutes in range(12, 1, -1):
        story.says(TankTemp=20.0 + minutes, age_s=minutes * 60)
        story.passes(0.5)
    assert not story.state.online
    story.says(TankTemp=70.0)
    assert story.state.online
    assert story.state.tank_c == 70.0


def test_a_duplicate_is_not_counted_twice() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    ts = "2026-04-02 10:00:00"
    story.passes(40)
    story.says(Heater=0, ts=ts)
    story.says(Heater=1, ts=ts)
    assert story.state.heater_cycles == 0
    assert story.state.heater_on_s == 0.0
    assert story.state.outputs[Output.HEATER] is True


def test_several_changes_within_one_second_are_told_apart_by_their_sequence() -> None:
    story = BathStory(running=False)
    story.says(Heater=0, extra={"seq": 1})
    story.says(Heater=1, ts="2026-04-02 10:00:00", extra={"seq": 2})
    story.says(Heater=0, ts="2026-04-02 10:00:00", extra={"seq": 1})
    assert story.state.outputs[Output.HEATER] is True


def test_a_clock_that_never_synchronised_falls_back_to_arrival() -> None:
    story = BathStory(running=False)
    for tank_c in (60.0, 61.0):
        story.says(TankTemp=tank_c, ts="1970-01-01 08:00:07")
        assert story.state.online
        assert story.state.tank_c == tank_c
        story.passes(60)


def test_a_clock_that_is_hours_wrong_is_understood_from_the_second_message() -> None:
    story = BathStory(running=False)
    story.says(age_s=8 * 3600)
    assert not story.state.online
    story.passes(60)
    story.says(age_s=8 * 3600, TankTemp=61.0)
    assert story.state.online
    story.passes(60)
    story.says(age_s=8 * 3600, TankTemp=62.0)
    assert story.state.tank_c == 62.0


def test_i2_a_buffer_of_close_samples_is_not_taken_for_a_wrong_clock() -> None:
    story = BathStory(running=False)
    for age_s in (603, 601, 600):
        story.says(age_s=age_s)
        story.passes(0.5)
    assert not story.state.online


def test_i2_a_clock_that_was_put_right_makes_late_messages_late_again() -> None:
    story = BathStory(running=False)
    for _ in range(2):
        story.says(age_s=8 * 3600)
        story.passes(60)
    story.says(TankTemp=70.0)
    story.passes(300)
    story.says(TankTemp=20.0, age_s=200)
    assert not story.state.online
    assert story.state.tank_c == 70.0


def test_a_clock_that_is_set_back_does_not_silence_the_bath() -> None:
    story = BathStory(running=False)
    story.says(age_s=-3600)
    assert story.state.online
    story.passes(60)
    story.says(TankTemp=61.0)
    story.passes(60)
    story.says(TankTemp=62.0)
    assert story.state.tank_c == 62.0
    story.passes(140)
    assert story.state.online


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


def test_the_heater_is_counted_by_what_telemetry_showed() -> None:
    story = BathStory()
    story.passes(600, Heater=1)
    story.passes(600, Heater=0)
    story.passes(60, Heater=1)
    state = story.state
    assert state.heater_cycles == 2
    assert state.heater_on_s == pytest.approx(600, abs=1)
    assert state.duty_cycle == pytest.approx(600 / 1260, abs=0.01)


def test_energy_is_counted_only_while_the_power_of_the_heater_is_known() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    story.passes(600, Heater=1)
    assert story.state.heater_energy_kwh is None
    story.bath.heater.set_power(1500.0)
    story.passes(1200, Heater=1)
    story.bath.heater.set_power(3000.0)
    story.passes(600, Heater=1)
    assert story.state.heater_energy_kwh == pytest.approx(1.5 / 3 + 3.0 / 6, abs=0.01)
    story.bath.heater.set_power(0.0)
    story.passes(600, Heater=1)
    assert story.state.heater_energy_kwh is None
    for nonsense in (float("nan"), float("inf"), -1.0):
        with pytest.raises(CommandRefusedError, match="not_number"):
            story.bath.heater.set_power(nonsense)
    story.bath.heater.set_power(3000.0)
    story.passes(1)
    assert story.state.heater_energy_kwh == pytest.approx(1.0, abs=0.01)


def test_what_the_heater_did_in_an_earlier_run_is_known_before_the_first_message_and_counted_on() -> None:
    story = BathStory(running=False)
    story.bath.heater.count = HeaterCount(on_s=3600.0, cycles=7, energy_wh=2000.0)
    story.bath.heater.set_power(2000.0)
    story.step()
    assert (story.state.heater_on_s, story.state.heater_cycles, story.state.heater_energy_kwh) == (3600.0, 7, 2.0)
    story.says(Heater=0)
    story.passes(120, Heater=1)
    assert story.state.heater_cycles == 8
    assert story.state.heater_on_s == pytest.approx(3660, abs=1)


def test_a_gap_is_not_counted_as_heating() -> None:
    story = BathStory(running=False)
    story.says(Heater=1)
    story.passes(3600)
    story.says(Heater=1)
    assert story.state.heater_on_s == 0.0
    assert story.state.duty_cycle is None


def test_the_duty_cycle_forgets_what_is_older_than_an_hour() -> None:
    story = BathStory()
    story.passes(3600, Heater=1)
    story.passes(3660, Heater=0)
    assert story.state.duty_cycle == pytest.approx(0.0, abs=0.02)


def test_heating_without_gain_is_a_fault_until_there_is_a_gain() -> None:
    story = BathStory(running=False)
    story.says(Heater=1, TankTemp=60.0)
    story.passes(540, Heater=1, TankTemp=60.3)
    assert story.state.no_gain is False
    story.passes(120, Heater=1, TankTemp=60.4)
    assert story.state.no_gain is True
    assert "raised" in story.take_events()
    story.passes(60, Heater=1, TankTemp=60.9)
    assert story.state.no_gain is False
    story.passes(660, Heater=0)
    assert story.take_events()[-1] == "cleared"


def test_cold_water_from_the_pump_is_no_lack_of_gain() -> None:
    story = BathStory(running=False)
    story.says(Heater=1, TankTemp=80.0)
    for tank_c in (70.0, 70.2, 70.6, 71.0, 71.5, 72.0, 72.5, 73.0, 73.5, 74.0, 74.5, 75.0):
        story.passes(60, Heater=1, TankTemp=tank_c)
    assert story.state.no_gain is False


def test_a_tank_that_rises_with_the_heater_off_means_a_stuck_relay() -> None:
    story = BathStory(running=False)
    story.says(Heater=1, TankTemp=70.0)
    tank_c = 70.0
    for _ in range(3):
        tank_c += 0.4
        story.passes(60, Heater=0, TankTemp=tank_c)
    assert story.state.relay_stuck is False
    for _ in range(4):
        tank_c += 0.4
        story.passes(60, Heater=0, TankTemp=tank_c)
    assert story.state.relay_stuck is True
    story.passes(60, Heater=0, TankTemp=tank_c - 0.6)
    assert story.state.relay_stuck is False


def test_afterheat_is_no_stuck_relay() -> None:
    story = BathStory(running=False)
    story.says(Heater=1, TankTemp=70.0)
    story.passes(60, Heater=0, TankTemp=71.0)
    story.passes(900, Heater=0, TankTemp=71.4)
    assert story.state.relay_stuck is False


def test_the_word_of_a_bath_that_judges_itself_counts() -> None:
    story = BathStory(running=False)
    story.says(extra={"seq": 1, "faults": ["relay_stuck", "brand_new_fault"], "mode": "setpoint", "locks": {"pump": 5}})
    state = story.state
    assert (state.relay_stuck, state.no_gain) == (True, False)
    assert "brand_new_fault" in state.faults
    assert state.mode == "setpoint"
    assert state.manual == {Output.HEATER: None, Output.PUMP: True, Output.AERATION: None}
    assert state.control == {Output.HEATER: "automatic", Output.PUMP: "off", Output.AERATION: "automatic"}
    (raised,) = [event.data for event in story.events if event.kind == "raised"]
    assert (raised["level"], raised["cause"]) == ("danger", "relay_stuck")
    assert [(found.cause, found.channel) for found in state.alarm.findings] == [
        (BathCause.RELAY_STUCK, "heater"),
        (BathCause.DEVICE_FAULT, "brand_new_fault"),
    ]


def test_a_tank_over_its_limit_is_danger_and_its_overshoot_is_not() -> None:
    story = BathStory(running=False)
    story.passes(60, TankTemp=90.9)
    assert story.state.alarm.level is Level.NORMAL
    story.passes(60, TankTemp=91.0)
    alarm = story.state.alarm
    assert (alarm.cause, alarm.findings[0].value, alarm.findings[0].limit) == (BathCause.TANK_OVER_LIMIT, 91.0, 90.0)
    story.passes(60, TankTemp=89.5)
    assert story.state.alarm.level is Level.DANGER
    story.passes(60, TankTemp=88.9)
    assert story.state.alarm.level is Level.NORMAL
    assert story.state.alarm.active


def test_a_bath_over_its_limit_is_judged_by_the_limit_that_it_told() -> None:
    story = BathStory(running=False)
    story.registers({"temp_limitout_max": 58})
    story.says(outlets={1: 60.0, 2: 60.2})
    alarm = story.state.alarm
    assert (alarm.cause, alarm.findings[0].channel) == (BathCause.BATH_OVER_LIMIT, "bath_c")
    assert alarm.findings[0].limit == 58


def test_one_bad_reading_of_a_probe_is_no_alarm_and_two_are_a_warning() -> None:
    story = BathStory(running=False)
    story.says(outlets={1: 55.0, 2: 55.2})
    story.passes(60, outlets={1: 55.0, 2: -127})
    assert story.state.probe_fault is True
    assert story.state.alarm.level is Level.NORMAL
    story.passes(60, outlets={1: 55.0, 2: -127})
    assert story.state.alarm.level is Level.WARNING
    assert [(found.cause, found.channel) for found in story.state.alarm.findings] == [
        (BathCause.PROBE_FAULT, "outlet_2")
    ]
    assert not story.state.alarm.active, "a warning is no danger"


def test_a_fault_that_nobody_can_see_any_more_ends_no_alarm() -> None:
    story = BathStory(running=False)
    story.says(extra={"seq": 1, "faults": ["relay_stuck"]})
    story.bath.alarms.acknowledge(story.now_s)
    story.passes(3600)
    assert not story.state.online
    assert story.state.alarm.active
    story.passes(300, extra={"seq": 2, "faults": []})
    assert not story.state.alarm.active


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
