"""What training costs, and what a second core is worth: ``python -m benchmarks.training``.

Each family is fitted on the same simulated windows, in a fresh process, on one thread; the shipped default stands
beside its peers. Then a sweep of eight runs is timed on one core and on two, in turn.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

from . import report

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-training" / "bin" / "python"
CONFIGS = ROOT / "training" / "configs" / "families"
REPORT = ROOT / "benchmarks" / "reports" / "training.json"
SMALL = ("simulation.abused=200", "simulation.benign=300", "simulation.validation_abused=20")
SWEEP = ("simulation.abused=60", "simulation.benign=80", "simulation.validation_abused=20", "alarm.false_per_day=8.0")
GRID = ("train.learning_rate=0.001,0.002,0.004,0.008", "network.width=16,20")
BUDGET = 0.6


def run(*arguments: str) -> str:
    """Return what a program of the training environment printed; its message ends this program when it fails."""
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'training'}:{ROOT / 'src'}:{ROOT}", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [str(PYTHON), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr.strip()}")
    return done.stdout


def fit(config: Path, rounds: int) -> dict[str, Any]:
    """Return the figures of the median round."""
    changes = [part for change in SMALL for part in ("--set", change)]
    cases = [json.loads(run("-m", "btr_training.cost", str(config), *changes)) for _ in range(rounds)]
    case: dict[str, Any] = sorted(cases, key=lambda one: one["seconds"])[rounds // 2]
    return case | {"contestant": config.stem, "windows_per_s": case["windows"] * case["passes"] / case["seconds"]}


def sweep(jobs: int) -> float:
    """Return the seconds that a sweep of eight runs takes with so many processes, start and data included."""
    with tempfile.TemporaryDirectory() as folder:
        changes = [part for change in SWEEP for part in ("--set", change)]
        grid = [part for axis in GRID for part in ("--grid", axis)]
        more = ["--set", "evaluation.nuisance_hours=1", "--run", folder, "--jobs", str(jobs)]
        started_s = perf_counter()
        run("-m", "btr_training", "sweep", *changes, *grid, *more)
        return perf_counter() - started_s


def main() -> None:
    """Measure, print the tables, write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--families", nargs="*", default=sorted(path.stem for path in CONFIGS.glob("*.toml")))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    started = report.machine()
    cases = [fit(CONFIGS / f"{name}.toml", options.rounds) for name in options.families]
    head = ("contestant", "windows", "passes", "windows/s", "fit s", "memory with data MB", "growth in the fit MB")
    keys = ("windows", "passes", "windows_per_s", "seconds", "data_mb", "growth_mb")
    print(
        report.markdown_table(
            head, [(case["contestant"], *(report.shown(case[key]) for key in keys)) for case in cases]
        )
    )
    timed = [(sweep(1), sweep(2)) for _ in range(options.rounds)]
    one_s, two_s = (statistics.median(column) for column in zip(*timed, strict=True))
    print(f"\nsweep of 8: {one_s:.1f} s on one core, {two_s:.1f} s on two, ratio {two_s / one_s:.2f}, budget {BUDGET}")
    figures = {"one_core_s": one_s, "two_cores_s": two_s, "ratio": two_s / one_s, "budget": BUDGET}
    report.write(options.report, {"machine": started, "fits": cases, "sweep_of_8": figures})


if __name__ == "__main__":
    main()
