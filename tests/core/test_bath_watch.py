"""What the heater of a bath has done, and the faults that come of it."""

import pytest

from btr_core.bath_watch import HeaterCount
from btr_core.errors import CommandRefusedError
from btr_core.messages import Level, Output
from btr_core.state import BathCause
from tests.core.bath_story import BathStory


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
