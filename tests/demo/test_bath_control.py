"""Every row of the original bath's decision tables, and what commands do to it."""

from dataclasses import replace

import pytest

from demo.bath_control import BathControl, Readings, bath_temperature, ncurve_wish, pump_thresholds, setpoint_wish
from demo.bath_settings import DEFAULTS, ControlSettings, merged

SETTINGS = replace(ControlSettings.of(DEFAULTS), target_c=45.0, min_on_ms=30_000, min_off_ms=30_000)


def readings(bath_c: float | None = 40.0, tank_c: float | None = 45.0, core_c: float | None = 38.0) -> Readings:
    return Readings(core_c, [bath_c, bath_c, bath_c], tank_c)


def running(settings: ControlSettings = SETTINGS) -> BathControl:
    """A control that has seen a healthy tank and waited out its minimum off-time."""
    control = BathControl(settings, -1_000_000)
    control.control(-900_000, readings(bath_c=settings.target_c))
    return control


def heats(control: BathControl) -> bool:
    return control.on["heater"]


def aerates(control: BathControl) -> bool:
    return control.on["aeration"]


@pytest.mark.parametrize(
    ("outlets_c", "expected_c"),
    [
        ((40.0, 41.0, 42.0), 41.0),
        ((40.0, 41.0, 85.0), 40.5),
        ((40.0, None, -127.0), 40.0),
        ((None, -127.0, 120.0), None),
        ((), None),
    ],
)
def test_the_bath_is_the_median_of_the_outlets_that_agree(outlets_c, expected_c):
    assert bath_temperature(outlets_c) == expected_c


@pytest.mark.parametrize(
    ("core_c", "boost_k", "on_k", "off_k"),
    [(25, 0, 6.0, 4.838709677), (70, 0, 25.0, 20.161290323), (10, 0, 6.0, 4.838709677), (70, 20, 35.0, 28.225806452)],
)
def test_pump_thresholds_follow_the_core_and_are_bounded(core_c, boost_k, on_k, off_k):
    assert pump_thresholds(SETTINGS, core_c, boost_k) == pytest.approx((on_k, off_k))


@pytest.mark.parametrize(
    ("bath_c", "tank_c", "heat", "pump"),
    [
        (40.0, None, False, False),
        (40.0, 40.4, True, False),
        (40.0, 41.0, True, True),
        (40.0, 52.0, True, True),
        (43.9, 51.5, True, True),
        (45.9, 60.0, False, False),
        (45.0, 60.0, False, True),
        (45.0, 46.0, False, False),
    ],
)
def test_setpoint_rows(bath_c, tank_c, heat, pump):
    wish = setpoint_wish(SETTINGS, bath_c, tank_c, delta_on_k=6.0)
    assert (wish.heat, wish.pump) == (heat, pump)


@pytest.mark.parametrize(
    ("core_c", "bath_c", "tank_c", "pump_on", "heat", "pump"),
    [
        (None, 30.0, 30.0, False, False, False),
        (20.0, 22.0, 22.0, False, True, False),
        (50.0, 40.0, 50.0, False, True, True),
        (50.0, 40.0, 45.5, True, True, True),
        (50.0, 40.0, 45.5, False, True, False),
        (50.0, 40.0, 41.0, True, True, False),
        (50.0, 49.0, 50.0, False, True, False),
        (50.0, 49.0, 60.0, True, False, False),
        (50.0, 40.0, None, True, True, False),
    ],
)
def test_ncurve_rows(core_c, bath_c, tank_c, pump_on, heat, pump):
    wish = ncurve_wish(SETTINGS, readings(bath_c, tank_c, core_c), bath_c, (6.0, 5.0), pump_on=pump_on)
    assert (wish.heat, wish.pump) == (heat, pump)


def test_a_cold_bath_is_heated_and_a_warm_one_is_not():
    control = running()
    control.control(0, readings(bath_c=40.0))
    assert (control.on["heater"], control.on["pump"]) == (True, True)
    control.control(60_000, readings(bath_c=46.0))
    assert (control.on["heater"], control.on["pump"]) == (False, False)


@pytest.mark.parametrize("reading", [readings(tank_c=None), readings(tank_c=95.0), readings(tank_c=130.0)])
def test_a_bad_tank_stops_the_heater_at_once_whatever_the_guard_or_a_lock_say(reading):
    control = running()
    assert control.command(0, "heater", "on", 600_000) is None
    control.control(1000, reading)
    assert not heats(control)
    assert control.command(2000, "heater", "on", 600_000) == "tank"


def test_at_its_limit_the_bath_is_switched_off_and_locks_are_gone():
    control = running()
    control.command(0, "heater", "on", 0)
    control.command(0, "pump", "on", 0)
    control.control(1000, readings(bath_c=65.0))
    assert not heats(control)
    assert not control.on["pump"]
    assert control.locked_until_ms == {}


def test_without_any_outlet_nothing_heats():
    control = running()
    control.command(0, "heater", "on", 0)
    control.control(1000, readings(bath_c=None))
    assert not heats(control)


def test_too_wide_a_gap_stops_the_heater_and_forces_the_pump():
    control = running()
    control.command(0, "heater", "on", 0)
    control.control(0, readings(bath_c=46.0, tank_c=66.0))
    assert (control.on["heater"], control.on["pump"]) == (False, True)


def test_guards_hold_the_heater_on_and_off_for_their_minimum():
    control = running()
    control.control(0, readings(bath_c=40.0))
    control.control(10_000, readings(bath_c=46.0))
    assert heats(control)
    control.control(30_000, readings(bath_c=46.0))
    assert not heats(control)
    control.control(40_000, readings(bath_c=40.0))
    assert not heats(control)
    control.control(60_000, readings(bath_c=40.0))
    assert heats(control)


def test_a_manual_lock_holds_until_its_duration_is_over_and_then_switches_off():
    control = running()
    control.command(0, "pump", "on", 60_000)
    control.control(5000, readings(bath_c=46.0))
    assert control.on["pump"]
    control.tick(60_000)
    assert not control.on["pump"]


def test_off_clears_the_lock_so_that_control_may_switch_on_again():
    control = running()
    control.command(0, "pump", "on", 0)
    control.command(1000, "pump", "off", 0)
    assert not control.on["pump"]
    control.control(2000, readings(bath_c=40.0))
    assert control.on["pump"]


def test_auto_clears_the_lock_and_leaves_the_output_as_it_is():
    control = running()
    control.command(0, "fan", "on", 0)
    control.command(1000, "aeration", "auto", 0)
    assert aerates(control)
    assert "aeration" not in control.locked_until_ms


def test_an_emergency_stop_switches_all_off_and_refuses_all_but_its_release():
    control = running()
    control.command(0, "heater", "on", 0)
    control.command(0, "aeration", "on", 0)
    control.command(1000, "emergency", "on", 0)
    assert not any(control.on.values())
    assert control.command(2000, "pump", "on", 0) == "emergency"
    control.control(3000, readings(bath_c=30.0))
    control.tick(10_000_000)
    assert not any(control.on.values())
    control.command(10_000_000, "emergency", "off", 0)
    control.control(10_001_000, readings(bath_c=40.0))
    assert heats(control)


@pytest.mark.parametrize(("name", "action"), [("oven", "on"), ("heater", "maybe"), ("emergency", "perhaps")])
def test_unknown_commands_are_refused(name, action):
    control = running()
    assert control.command(0, name, action, 0) == "unknown"


def test_aeration_follows_its_timer_unless_it_is_locked():
    control = BathControl(SETTINGS, 0)
    control.tick(119_999)
    assert not aerates(control)
    control.tick(120_000)
    assert aerates(control)
    control.tick(150_000)
    assert not aerates(control)
    control.command(160_000, "aeration", "on", 0)
    control.tick(900_000)
    assert aerates(control)


def test_a_pump_that_brings_nothing_raises_its_threshold_and_the_offset_fades():
    control = running()
    control.on.update(heater=False, pump=True)
    control.control(1000, readings(bath_c=45.0, tank_c=60.0))
    assert control.boost_k == 0.5
    control.on.update(heater=True)
    control.control(2000, readings(bath_c=45.0, tank_c=60.0))
    assert control.boost_k == pytest.approx(0.3)


def test_a_change_of_settings_merges_and_takes_integers_only_where_integers_stand():
    change = {
        "temp_limitout_max": 60.0,
        "temp_limitin_max": 71,
        "bath_setpoint": {"target": 50, "enabled": 1},
        "unknown": 3,
        "safety": 5,
    }
    result = merged(DEFAULTS, change)
    assert result["temp_limitout_max"] == 65
    assert result["temp_limitin_max"] == 71
    assert result["bath_setpoint"] == {"enabled": True, "target": 50.0, "hyst": 0.8}
    assert "unknown" not in result
    assert result["safety"] == DEFAULTS["safety"]
    assert DEFAULTS["temp_limitin_max"] == 70


def test_the_target_stays_below_the_limit_and_the_hysteresis_above_nothing():
    settings = ControlSettings.of(merged(DEFAULTS, {"bath_setpoint": {"target": 80.0, "hyst": 0.0}}))
    assert settings.target_c == pytest.approx(64.8)
    assert settings.hysteresis_k == pytest.approx(0.1)
