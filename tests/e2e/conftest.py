"""The demo as its user starts it: the script, a real broker, a real Home Assistant, a real browser."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.cast import FOLDER

ROOT = Path(__file__).parents[2]
START_S = 240.0
"""A busy machine with two cores needs its time for Home Assistant's first start."""


@dataclass(frozen=True)
class RunningDemo:
    """A demo that has started; ``folder`` holds all that it writes."""

    process: subprocess.Popen[bytes]
    folder: Path
    output: Path

    def text(self) -> str:
        return self.output.read_text("utf-8")

    def wait_for(self, pattern: str, timeout_s: float) -> re.Match[str]:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if match := re.search(pattern, self.text()):
                return match
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        pytest.fail(f"no {pattern!r} in what the demo says:\n{self.text()}")

    def end(self, timeout_s: float) -> int:
        return self.process.wait(timeout_s)

    def summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = json.loads((self.folder.parent / "summary.json").read_text("utf-8"))
        return summary

    def log(self) -> str:
        return (self.folder / "homeassistant" / "home-assistant.log").read_text("utf-8")


@pytest.fixture(scope="session", autouse=True)
def compiled_devices() -> None:
    """The firmware as programs, also for the tests that start the demo without its script."""
    built = subprocess.run([ROOT / "scripts" / "devices"], capture_output=True, text=True, timeout=600, check=True)
    os.environ[FOLDER] = built.stdout.strip()


@pytest.fixture
def start_demo(tmp_path: Path) -> Iterator[Callable[..., RunningDemo]]:
    started: list[RunningDemo] = []

    def start(*arguments: str, keep: bool = True) -> RunningDemo:
        output = tmp_path / "output.txt"
        folder = tmp_path / "demo"
        command = [str(ROOT / "scripts" / "demo"), "--summary", str(tmp_path / "summary.json")]
        command += ["--keep", str(folder)] if keep else []
        with output.open("wb") as file:
            process = subprocess.Popen([*command, *arguments], stdout=file, stderr=subprocess.STDOUT, cwd=tmp_path)
        started.append(RunningDemo(process, folder, output))
        return started[-1]

    yield start
    for demo in started:
        if demo.process.poll() is None:
            demo.process.terminate()
            demo.process.wait(60)


@pytest.fixture
def run_demo(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs it to its end, for what ends at once."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(ROOT / "scripts" / "demo"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False)

    return run
