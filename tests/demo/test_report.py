"""The verdict of a headless demo, its command line, and what it takes for a problem."""

import importlib
import json
import sys

import numpy as np
import pytest

from demo.dashboard import dashboard
from demo.entities import DeviceEntities
from demo.errors import StartError
from demo.homeassistant import problems_in
from demo.options import parse_options
from demo.recording import Recording
from demo.run_homeassistant import Hidden
from demo.summary import Summary
from demo.watch import Seen

RECORDING = Recording("cell.csv", np.array([20.0] * 200 + [300.0]))
GOOD_BATH = {"bath_asked_c": 42.0, "bath_reported_c": 42.0, "bath_rose_k": 0.6}
ALARM = {"alarm_s": 40.0, "alarm_cause": "model", "ordered_s": 40.5, "corrected_s": 41.0}


def verdict(*, expect_alarm: bool, **seen: object) -> tuple[str, ...]:
    return Summary(RECORDING, Seen(**seen), expect_alarm, [], "some").failures  # type: ignore[arg-type]


def test_alarm_correction_and_bath_are_all_that_is_wanted():
    assert verdict(expect_alarm=True, **ALARM, **GOOD_BATH) == ()
    assert Seen(**ALARM, **GOOD_BATH).everything


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"alarm_s": None}, "no alarm"),
        ({"alarm_s": 100.5}, "after the hottest moment"),
        ({"corrected_s": None}, "not corrected"),
        ({"corrected_s": 45.1}, "not corrected"),
        ({"corrected_s": None, "own_danger_s": 45.1}, "not corrected"),
        ({"bath_reported_c": 38.0}, "did not take over"),
        ({"bath_rose_k": 0.4}, "did not take over"),
        ({"bath_asked_c": None, "bath_reported_c": None}, "did not take over"),
    ],
)
def test_each_thing_that_is_missing_fails(change, failure):
    (only,) = verdict(expect_alarm=True, **{**ALARM, **GOOD_BATH, **change})
    assert failure in only


@pytest.mark.parametrize("own_danger_s", [12.0, 40.0, 45.0])
def test_a_node_that_shows_danger_by_itself_needs_no_correction(own_danger_s):
    seen = {**ALARM, **GOOD_BATH, "corrected_s": None, "own_danger_s": own_danger_s}
    assert verdict(expect_alarm=True, **seen) == ()
    assert Seen(**seen).everything


def test_danger_at_the_node_without_an_alarm_is_nothing_to_be_proud_of():
    seen = {**GOOD_BATH, "own_danger_s": 12.0}
    assert not Seen(**seen).everything
    assert verdict(expect_alarm=True, **seen) == ("no alarm was raised",)


def test_a_correction_is_given_real_seconds_however_fast_recorded_time_runs():
    assert verdict(expect_alarm=True, **{**ALARM, **GOOD_BATH, "corrected_s": 65.0, "speed": 5.0}) == ()
    assert verdict(expect_alarm=True, **{**ALARM, **GOOD_BATH, "corrected_s": 65.1, "speed": 5.0}) != ()


def test_a_quiet_recording_fails_by_an_alarm_only():
    assert verdict(expect_alarm=False, **GOOD_BATH) == ()
    assert verdict(expect_alarm=False, **ALARM, **GOOD_BATH) == ("an alarm was raised",)


def test_the_summary_is_one_line_of_json_with_the_lead():
    line = Summary(
        RECORDING, Seen(**ALARM, **GOOD_BATH), expect_alarm=True, log_problems=["x"], devices="some"
    ).as_json()
    summary = json.loads(line)
    assert "\n" not in line
    assert (summary["passed"], summary["peak_s"], summary["lead_s"]) == (True, 100.0, 60.0)
    assert summary["log_problems"] == ["x"]
    assert summary["devices"] == "some"


def test_a_log_is_searched_for_errors_tracebacks_and_our_warnings():
    log = """\
2026-11-22 22:10:09.280 INFO (MainThread) [custom_components.btr.hub] raised {'cause': 'ERROR'}
2026-11-22 22:10:09.280 WARNING (MainThread) [homeassistant.components.mqtt] slow
2026-11-22 22:10:09.280 WARNING (MainThread) [homeassistant.helpers.frame] custom integration 'btr' is old
2026-11-22 22:10:09.280 ERROR (MainThread) [homeassistant.core] broken
Traceback (most recent call last):
"""
    assert [line[:9] for line in problems_in(log)] == ["2026-11-2", "2026-11-2", "Traceback"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--speed", "0"],
        ["--speed", "1000"],
        ["--speed", "fast"],
        ["--duration", "-1"],
        ["--duration", "nan"],
        ["--start", "-5"],
        ["--start", "soon"],
        ["--expect", "rain"],
    ],
)
def test_a_senseless_command_line_ends_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as end:
        parse_options(arguments)
    assert end.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_a_used_folder_is_not_kept_into(tmp_path, capsys):
    (tmp_path / "old").touch()
    with pytest.raises(SystemExit):
        parse_options(["--keep", str(tmp_path)])
    assert "not empty" in capsys.readouterr().err


def test_headless_has_an_end_and_a_visitor_has_none():
    assert parse_options(["--headless"]).duration_s == 180
    assert parse_options([]).duration_s is None
    assert parse_options(["--duration", "60", "--speed", "5"]).replayed_span_s == 300


BATTERY = {
    ("binary_sensor", "thermal_runaway"): "binary_sensor.a",
    ("sensor", "risk"): "sensor.r",
    ("sensor", "level"): "sensor.l",
    ("sensor", "cause"): "sensor.c",
}
BATH = {("climate", "bath"): "climate.b"}


def test_a_dashboard_has_no_card_without_its_entity():
    text = json.dumps(dashboard(DeviceEntities("battery", BATTERY), DeviceEntities("bath", BATH)))
    assert "null" not in text
    assert '"entities": []' not in text
    assert "climate.b" in text


def test_a_device_without_its_essential_entity_is_named():
    with pytest.raises(StartError, match=r"climate bath .*bath_1"):
        DeviceEntities("bath_1", {}).require("climate", "bath")


def test_a_hidden_package_is_not_there_and_the_others_are(monkeypatch):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Hidden(["colorsys"]), *sys.meta_path])

    with pytest.raises(ImportError, match="colorsys"):
        importlib.import_module("colorsys")
    monkeypatch.delitem(sys.modules, "cmd", raising=False)
    assert importlib.import_module("cmd")
