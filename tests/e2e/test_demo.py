"""A stranger's first minutes: one command, a browser, and everything happens as the README says."""

import os
import socket
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from demo.default_recording import DEFAULT_SEED, write_default_recording
from demo.homeassistant import problems_in
from demo.recording import SAMPLE_INTERVAL_S, load_recording

from .conftest import ROOT, START_S

BROWSER = ROOT / "tests" / "browser"
IMAGES = ROOT / "docs" / "images"
SPEED = 5
DURATION_S = 90
QUIET_S = 50
"""What the browser has to log in and to see the quiet dashboard, before the cell gets warm."""


def start_before_runaway(tmp_path: Path, quiet_s: float) -> tuple[str, ...]:
    """Options that leave so many seconds before the cell of the default recording reaches 45 degC."""
    temp_c = load_recording(write_default_recording(tmp_path, DEFAULT_SEED)).temp_c
    warm_s = int((temp_c >= 45.0).argmax()) * SAMPLE_INTERVAL_S
    return ("--speed", str(SPEED), "--start", str(max(0.0, warm_s - quiet_s * SPEED)), "--duration", str(DURATION_S))


@pytest.fixture(scope="session")
def browser_packages() -> None:
    """What look.mjs imports, from the lock file."""
    if not (BROWSER / "node_modules" / "playwright-core").exists():
        environment = {**os.environ, "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
        subprocess.run(["npm", "ci", "--silent"], cwd=BROWSER, env=environment, check=True, timeout=120)


@pytest.fixture
def screenshots(tmp_path: Path) -> Path:
    """Screenshots go into the documentation only when asked for, so that a test run changes no file of the project."""
    return IMAGES if os.environ.get("BTR_SCREENSHOTS") else tmp_path / "screenshots"


def test_a_visitor_sees_the_alarm_its_reason_the_correction_and_the_bath(
    start_demo, browser_packages, screenshots, tmp_path
):
    demo = start_demo("--headless", *start_before_runaway(tmp_path, QUIET_S))
    url = demo.wait_for(r"http://\S+", START_S).group()
    password = demo.wait_for(r"password (\S+)", 5).group(1)

    look = subprocess.run(
        ["node", "look.mjs", url, "demo", password, str(screenshots)],
        cwd=BROWSER,
        capture_output=True,
        text=True,
        timeout=DURATION_S + 60,
        check=False,
    )
    assert look.returncode == 0, f"{look.stdout}{look.stderr}\n{demo.text()}"

    assert demo.end(DURATION_S + 60) == 0, demo.text()
    summary = demo.summary()
    assert summary["passed"]
    assert summary["devices"] == "compiled firmware"
    assert summary["alarm_s"] < summary["peak_s"]
    assert summary["alarm_cause"] in ("model", "rate", "temperature")
    assert summary["engine"] == "onnxruntime"
    assert summary["ordered_s"] <= summary["corrected_s"]
    assert summary["bath_reported_c"] == summary["bath_asked_c"]
    assert summary["log_problems"] == []
    assert problems_in(demo.log()) == []


def test_original_devices_on_the_embedded_broker_are_watched_as_well_without_onnxruntime(start_demo, tmp_path):
    options = ("--until-seen", "--broker", "embedded", "--family", "original", "--without-onnxruntime")
    demo = start_demo("--headless", *options, *start_before_runaway(tmp_path, 20))
    assert demo.end(START_S + 180) == 0, demo.text()
    assert "embedded" in demo.text()
    assert problems_in(demo.log()) == []
    summary = demo.summary()
    assert summary["passed"]
    assert summary["alarm_s"] < summary["peak_s"]
    assert (summary["engine"], summary["alarm_cause"]) == ("numpy", "model")
    assert summary["devices"] == "Python stand-ins, original protocol"


@pytest.mark.parametrize(
    ("text", "place", "remedy"),
    [
        ("Zeit,Temperatur\n0,20\n", "line 1", "Time,Temperature"),
        ("Time,Temperature\nred,hot\nvery,hot\n1,20\n", "line 2", "two numbers"),
    ],
)
def test_a_recording_of_nonsense_ends_with_2_and_a_sentence_with_place_and_remedy(
    run_demo, tmp_path, text, place, remedy
):
    file = tmp_path / "nonsense.csv"
    file.write_text(text)
    result = run_demo("--recording", str(file))
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1
    for words in (str(file), place, remedy):
        assert words in result.stderr


def test_a_missing_recording_ends_with_2(run_demo, tmp_path):
    result = run_demo("--recording", str(tmp_path / "none.csv"))
    assert result.returncode == 2
    assert "cannot be read" in result.stderr


def test_a_taken_port_is_named(run_demo):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run_demo("--port", str(port))
    assert result.returncode == 3
    assert f"port {port}" in result.stderr
    assert "--port" in result.stderr


def test_a_signal_while_it_starts_ends_everything_and_removes_what_was_written(start_demo, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    demo = start_demo(keep=False)
    demo.wait_for("starting Home Assistant", START_S)
    while len(children := psutil.Process(demo.process.pid).children(recursive=True)) < 2:
        time.sleep(0.1)
    demo.process.terminate()
    assert demo.end(60) == 0
    assert not [child for child in children if child.is_running()]
    assert list(tmp_path.glob("btr-demo-*")) == []
