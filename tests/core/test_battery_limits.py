"""What a user may set of the limits of one battery: more sensitive, and less only below the caps (F3, H13, I7)."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core.alarm import AlarmSettings
from btr_core.battery import MonitorSettings
from btr_core.battery_limits import RATE_C_PER_MIN, RISK, TEMPERATURE_C, BatteryLimits, limits_from_plain
from btr_core.messages import Level
from btr_core.state import Cause
from tests.core.battery_story import CARD, Story

ROOT = Path(__file__).parents[2]
SETTINGS = ROOT / "firmware/lib/btr_battery/include/btr/battery/settings.h"
DOCUMENTATION = ROOT / "docs/alarms-and-corrections.md"


def watched(card=None, **limits) -> Story:
    """A quiet node that is judged by these limits."""
    story = Story(card=card, alarm=BatteryLimits(**limits).alarm_settings)
    story.says(40)
    return story


def test_unless_somebody_sets_them_the_limits_are_those_of_the_assessment():
    assert BatteryLimits().alarm_settings == AlarmSettings()


@pytest.mark.parametrize(
    ("setting", "allowed", "unit"),
    [("internal_danger_c", TEMPERATURE_C, 1), ("rate_danger_c_per_s", RATE_C_PER_MIN, 60)],
)
def test_h13_the_caps_are_those_that_the_firmware_has_compiled_in(setting, allowed, unit):
    row = re.search(rf'"{setting}", "[^"]+", [^,]+, ([\d.]+), ([\d.]+)', SETTINGS.read_text(encoding="utf-8"))
    assert row is not None
    assert (allowed.low / unit, allowed.high / unit) == (float(row[1]), float(row[2]))


def test_a_lower_temperature_limit_alarms_earlier_and_never_warns_above_itself():
    state = watched(temp_c=45.0).says(2, temp_internal_c=46.0)
    assert (state.alarm.level, state.alarm.cause) == (Level.DANGER, Cause.TEMPERATURE)
    assert state.alarm.findings[0].limit == 45.0


def test_h13_with_the_highest_limits_the_hard_rules_still_hold():
    """Given everything as insensitive as it can be, heat at 80 degC and a rise of 1 degC/s are DANGER (F3)."""
    least = {"temp_c": TEMPERATURE_C.high, "rate_c_per_min": RATE_C_PER_MIN.high, "risks": {CARD.name: RISK.high}}
    assert watched(CARD, **least).says(2, temp_internal_c=80.0).alarm.cause is Cause.TEMPERATURE
    state = watched(CARD, **least).says(6, rising=1.1, temp_internal_c=36.0)
    assert (state.alarm.level, state.alarm.cause) == (Level.DANGER, Cause.RATE)


def test_a_higher_temperature_limit_still_warns_where_it_did():
    state = watched(temp_c=75.0).says(2, temp_internal_c=61.0)
    assert state.alarm.level is Level.WARNING


def test_a_rate_limit_moves_the_rate_that_is_danger():
    slow = {"rising": 0.35, "temp_internal_c": 36.0}
    assert watched().says(6, **slow).alarm.level is Level.WARNING
    assert watched(rate_c_per_min=18.0).says(6, **slow).alarm.level is Level.DANGER
    assert watched(rate_c_per_min=60.0).says(6, rising=0.7, temp_internal_c=36.0).alarm.level is Level.WARNING


def test_the_lowest_rate_limit_warns_no_higher_than_it_alarms():
    state = watched(rate_c_per_min=RATE_C_PER_MIN.low).says(8, rising=0.25, temp_internal_c=36.0)
    assert state.alarm.level is Level.DANGER


def test_i7_a_model_with_the_highest_threshold_still_warns_and_lowers_nothing():
    story = watched(CARD, risks={CARD.name: 0.99})
    story.risk = 0.95
    assert story.says(10).alarm.level is Level.WARNING
    assert story.says(2, temp_internal_c=65.0).alarm.level is Level.DANGER


def test_the_threshold_of_the_model_at_work_is_its_own_until_somebody_chooses_another():
    story = Story(card=CARD)
    assert story.monitor.model_threshold == CARD.alarm.threshold
    story.monitor.configure(MonitorSettings(alarm=BatteryLimits(risks={CARD.name: 0.2}).alarm_settings))
    assert story.monitor.model_threshold == 0.2
    story.monitor.use_card(replace(CARD, name="another"))
    assert story.monitor.model_threshold == CARD.alarm.threshold
    story.monitor.use_card(None)
    assert story.monitor.model_threshold is None


def test_a_threshold_is_kept_for_its_model_until_it_is_the_models_own_again():
    limits = BatteryLimits(risks={"another": 0.3}).with_risk(CARD, 0.2).with_risk(CARD, 0.25)
    assert limits.risks == {"another": 0.3, CARD.name: 0.25}
    assert limits.with_risk(CARD, CARD.alarm.threshold).risks == {"another": 0.3}
    assert limits.with_risk(None, 0.9) is limits


@pytest.mark.parametrize(
    "wrong", [{"temp_c": 80.1}, {"temp_c": float("nan")}, {"rate_c_per_min": 5.0}, {"risks": {"rate": 1.0}}]
)
def test_f16_a_limit_beyond_its_caps_is_refused(wrong):
    with pytest.raises(ValueError, match="need a limit from"):
        BatteryLimits(**wrong)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@given(ANYTHING | st.floats(30, 90), ANYTHING | st.floats(0, 80), ANYTHING)
def test_f16_whatever_a_file_holds_no_cap_is_lifted(temp_c, rate_c_per_min, risks):
    limits = limits_from_plain(temp_c, rate_c_per_min, risks)
    settings = limits.alarm_settings
    assert 40.0 <= settings.internal_danger_c <= 80.0
    assert 0.2 <= settings.rate_danger_c_per_s <= 1.0
    assert settings.internal_warning_c <= 50.0
    assert settings.rate_warning_c_per_s <= 0.3
    assert limits.temp_c in (temp_c, 60.0)
    assert all(0.01 <= risk <= 0.99 for risk in settings.model_thresholds.values())


def test_a_file_gives_back_what_was_kept():
    assert limits_from_plain(70, 42.0, {"rate": 0.3}) == BatteryLimits(70.0, 42.0, {"rate": 0.3})
    assert limits_from_plain(None, None, None) == BatteryLimits()


def test_the_ranges_are_those_of_the_documentation():
    text = DOCUMENTATION.read_text(encoding="utf-8")
    default = BatteryLimits()
    for name, value, allowed, unit in (
        ("Temperature limit, of the cell", default.temp_c, TEMPERATURE_C, "°C"),
        ("Rate of rise limit", default.rate_c_per_min, RATE_C_PER_MIN, "°C per minute"),
    ):
        assert f"| {name} | {value:g} {unit} | {allowed.low:g} to {allowed.high:g} {unit} |" in text
    assert f"| {RISK.low * 100:g} to {RISK.high * 100:g} % |" in text
