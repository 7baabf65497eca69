"""What one batched inference of the shipped model costs: ``python -m benchmarks.inference``.

Measured against the rule engine, which is what runs where there is no model. Each case has a fresh process (see
``engine_case``), so imports and peak memory are those of that case.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import report
from .engine_case import ENGINES

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "custom_components" / "btr" / "models" / "battery_risk.onnx"
REPORT = ROOT / "benchmarks" / "reports" / "inference.json"
SIZES = (1, 10, 100, 1000)
HEAD = (
    "engine",
    "windows",
    "p50 ms",
    "p95 ms",
    "µs/window",
    "peak RSS growth MB",
    "import + load s",
    "RSS of import + load MB",
)


def run_case(engine: str, model: Path, windows: int, seconds: float) -> dict[str, Any]:
    """Run one case in its own process; its message ends this program when it fails."""
    command = [sys.executable, "-m", "benchmarks.engine_case", "--engine", engine, "--model", str(model)]
    command += ["--windows", str(windows), "--seconds", str(seconds)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{engine} with {windows} windows failed:\n{done.stderr.strip()}")
    case: dict[str, Any] = json.loads(done.stdout)
    return case


def table(cases: list[dict[str, Any]]) -> str:
    """The cases as Markdown; the cost of import and load is the median over all processes of an engine."""
    rows = []
    for case in cases:
        same = [other for other in cases if other["engine"] == case["engine"]]
        figures = [case[key] for key in ("p50_ms", "p95_ms", "p50_per_window_us", "peak_rss_growth_mb")]
        figures += [
            statistics.median(other[key] for other in same) for key in ("import_and_load_s", "load_rss_growth_mb")
        ]
        rows.append((case["engine"], case["windows"], *(report.shown(figure) for figure in figures)))
    return report.markdown_table(HEAD, rows)


def main() -> None:
    """Measure every engine at every size, print the table, write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference", description=__doc__)
    parser.add_argument(
        "--model", type=Path, default=MODEL, help="an .onnx with its card beside it (default: the shipped one)"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="windows in a batch")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each case repeats its batch")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    started = report.machine()
    cases = [run_case(engine, options.model, size, options.seconds) for engine in ENGINES for size in options.sizes]
    card = json.loads(options.model.with_suffix(".json").read_text())
    model = {key: card[key] for key in ("name", "version", "family", "sequence_length", "sha256")}
    model["file_bytes"] = options.model.stat().st_size
    report.write(options.report, {"machine": started, "model": model, "cases": cases})
    print(table(cases))


if __name__ == "__main__":
    main()
