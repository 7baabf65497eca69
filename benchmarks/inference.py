"""What one batched inference of the shipped model costs: ``python -m benchmarks.inference``.

ONNX Runtime against numpy, and against the rule engine, which is what runs where there is no model. Each case has a
fresh process on one core (see ``engine_case``), so imports and peak memory are those of that case.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import report
from .engine_case import ENGINES

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "custom_components" / "btr" / "models" / "battery_risk.onnx"
REPORT = ROOT / "benchmarks" / "reports" / "inference.json"
# 2000: a tick of 1000 nodes with two temperatures each
SIZES = (1, 10, 100, 1000, 2000)
HEAD = (
    "engine",
    "windows",
    "p50 ms",
    "p95 ms",
    "µs/window",
    "peak RSS growth MB",
    "import s",
    "load s",
    "RSS of both MB",
)
RATIO_HEAD = ("model", "family", "µs/window at", "onnxruntime", "numpy", "numpy / onnxruntime")
# Both engines on one core: what a busy Home Assistant can spare, and what makes the figures comparable.
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def run_case(engine: str, model: Path, windows: int, seconds: float) -> dict[str, Any]:
    """Run one case in its own process; its message ends this program when it fails."""
    command = [sys.executable, "-m", "benchmarks.engine_case", "--engine", engine, "--model", str(model)]
    command += ["--windows", str(windows), "--seconds", str(seconds)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **ONE_CORE}
    )
    if done.returncode:
        raise SystemExit(f"{engine} with {windows} windows of {model.name} failed:\n{done.stderr.strip()}")
    case: dict[str, Any] = json.loads(done.stdout)
    return case


def measure(model: Path, sizes: Sequence[int], seconds: float) -> dict[str, Any]:
    """One model, what it is and what each engine takes for it."""
    card = json.loads(model.with_suffix(".json").read_text(encoding="utf-8"))
    facts = {key: card[key] for key in ("name", "version", "family", "sequence_length", "sha256")}
    cases = [run_case(engine, model, size, seconds) for size in sizes for engine in ENGINES]
    return {**facts, "file_bytes": model.stat().st_size, "cases": cases}


def table(cases: list[dict[str, Any]]) -> str:
    """The cases as Markdown; the cost of import and load is the median over all processes of an engine."""
    rows = []
    for case in sorted(cases, key=lambda case: ENGINES.index(case["engine"])):
        same = [other for other in cases if other["engine"] == case["engine"]]
        figures = [case[key] for key in ("p50_ms", "p95_ms", "p50_per_window_us", "peak_rss_growth_mb")]
        figures += [
            statistics.median(other[key] for other in same) for key in ("import_s", "load_s", "load_rss_growth_mb")
        ]
        rows.append((case["engine"], case["windows"], *(report.shown(figure) for figure in figures)))
    return report.markdown_table(HEAD, rows)


def ratios(models: list[dict[str, Any]]) -> str:
    """What numpy takes beside ONNX Runtime, by model and size, as Markdown."""
    rows = []
    for model in models:
        per_window = {(case["engine"], case["windows"]): case["p50_per_window_us"] for case in model["cases"]}
        for size in dict.fromkeys(case["windows"] for case in model["cases"]):
            one, other = per_window["onnxruntime", size], per_window["numpy", size]
            figures = (report.shown(figure) for figure in (one, other, other / one))
            rows.append((model["name"], model["family"], size, *figures))
    return report.markdown_table(RATIO_HEAD, rows)


def main() -> None:
    """Measure every engine at every size for every model, print the tables, write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.inference", description=__doc__)
    parser.add_argument(
        "--model", type=Path, default=MODEL, help="an .onnx with its card beside it (default: the shipped one)"
    )
    parser.add_argument("--models", type=Path, metavar="FOLDER", help="measure each .onnx in it that has a card, too")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="windows in a batch")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each case repeats its batch")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    started = report.machine()
    paths = [options.model]
    if options.models:
        paths += [path for path in sorted(options.models.rglob("*.onnx")) if path.with_suffix(".json").exists()]
    models = [measure(path, options.sizes, options.seconds) for path in paths]
    report.write(options.report, {"machine": started, "models": models})
    print(table(models[0]["cases"]), ratios(models), sep="\n\n")


if __name__ == "__main__":
    main()
