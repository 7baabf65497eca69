"""Recorder rows of a simulated day: ``python -m benchmarks.day``.

One Home Assistant with the clock of a story and a real recorder: a quiet node at 2 Hz and a bath once a minute through
BTR, and for the first five minutes, on the same messages, Home Assistant's own MQTT sensors for the node.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import report
from .report import markdown_table, shown

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "benchmarks" / "reports" / "day.json"
STORY = "tests/integration/test_rows.py"
BUDGET = 20_000


def measure(hours: float) -> dict[str, Any]:
    """Run the story for so many hours of its own time."""
    machine = report.machine()
    with tempfile.TemporaryDirectory(prefix="btr-day-") as folder:
        file = Path(folder) / "rows.json"
        environment = {**os.environ, "BTR_ROWS_HOURS": str(hours), "BTR_ROWS_REPORT": str(file)}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--show-capture=no", STORY]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        return {"machine": machine, **json.loads(file.read_text())}


def table(found: dict[str, Any]) -> str:
    """The figures as Markdown."""
    rows = [
        ("battery at 2 Hz, BTR", shown(found["battery_rows_per_day"]), shown(BUDGET)),
        ("bath once a minute, BTR", shown(found["bath_rows_per_day"]), shown(BUDGET)),
        ("battery at 2 Hz, MQTT sensors", shown(found["plain_sensors_rows_per_day"]), None),
    ]
    return markdown_table(("rows per day", "measured", "budget"), rows)


def main() -> None:
    """Parse the command line, run, print the table, write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.day", description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="of simulated time (default: 24)")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    found = measure(options.hours)
    report.write(options.report, found)
    print(table(found))


if __name__ == "__main__":
    main()
