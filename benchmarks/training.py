"""What training costs, and what a second core is worth: ``python -m benchmarks.training``.

The shipped model is fitted beside its peers, each on the same simulated windows, in fresh processes, on one thread.
Then a sweep of eight runs is timed on one core and on two, in turn.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from . import report

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-training" / "bin" / "python"
CONFIGS = ROOT / "training" / "configs"
REPORT = ROOT / "benchmarks" / "reports" / "training.json"
# The module that fits, and the configuration: the first two are one network on one thread.
FITS = {
    "shipped (TCN)": ("btr_training.cost", "default.toml"),
    "the same network, plain PyTorch loop": ("btr_training.plain_fit", "default.toml"),
    "gradient boosting (scikit-learn)": ("btr_training.cost", "families/gradient_boosting.toml"),
}
FIT_DATA = (
    "simulation.abused=200",
    "simulation.benign=300",
    "simulation.validation_abused=0",
    "simulation.validation_benign=0",
)
SWEEP = (
    "simulation.abused=60",
    "simulation.benign=80",
    "simulation.validation_abused=20",
    "alarm.false_per_day=8.0",
    "evaluation.nuisance_hours=1",
)
# The last axis changes fastest: so both processes get as many small networks as large ones.
GRID = ("network.width=16,20", "train.learning_rate=0.001,0.002,0.004,0.008")
BUDGET = 0.6
COLUMNS = {
    "windows": "windows",
    "passes or trees": "passes",
    "windows/s in a pass": "windows_per_s",
    "fit s": "seconds",
    "memory with data MB": "data_mb",
    "peak in the fit MB": "peak_mb",
}


@dataclass(frozen=True, slots=True)
class Programs:
    """Starts programs of the training environment; ``bytecode`` keeps what Python compiles, as any machine does."""

    bytecode: Path

    def run(self, *arguments: str) -> str:
        """Return what a program printed; its message ends this one when it fails."""
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment |= {
            "PYTHONPATH": f"{ROOT / 'training'}:{ROOT / 'src'}:{ROOT}",
            "PYTHONPYCACHEPREFIX": str(self.bytecode),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            [str(PYTHON), *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)} failed:\n{done.stderr.strip()}")
        return done.stdout

    def fit(self, name: str) -> dict[str, Any]:
        """Return the figures of one fit."""
        module, config = FITS[name]
        figures: dict[str, Any] = json.loads(self.run("-m", module, str(CONFIGS / config), *_each("--set", FIT_DATA)))
        rate = figures["windows"] * figures["passes"] / figures["seconds"]
        return figures | {"contestant": name, "windows_per_s": rate}

    def sweep(self, jobs: int) -> float:
        """Return the seconds that a sweep of eight runs takes with so many processes, start and data included."""
        with tempfile.TemporaryDirectory() as folder:
            settings = [*_each("--set", SWEEP), *_each("--grid", GRID), "--run", folder, "--jobs", str(jobs)]
            started_s = perf_counter()
            self.run("-m", "btr_training", "sweep", *settings)
            return perf_counter() - started_s


def _each(option: str, values: tuple[str, ...]) -> list[str]:
    return [part for value in values for part in (option, value)]


def measure(programs: Programs, rounds: int) -> dict[str, Any]:
    """Return all figures, medians of the rounds; contestants take turns, so that no one has the quieter minutes."""
    programs.fit(next(iter(FITS)))  # compiles the libraries, and is not counted
    fits: dict[str, list[dict[str, Any]]] = {name: [] for name in FITS}
    for _ in range(rounds):
        for name, cases in fits.items():
            cases.append(programs.fit(name))
    versions = next(iter(fits.values()))[0]["versions"]
    middle = [sorted(cases, key=lambda one: one["seconds"])[rounds // 2] for cases in fits.values()]
    times_s: dict[int, list[float]] = {1: [], 2: []}
    for number in range(rounds):
        for jobs in (1, 2) if number % 2 == 0 else (2, 1):
            times_s[jobs].append(programs.sweep(jobs))
    one_s, two_s = statistics.median(times_s[1]), statistics.median(times_s[2])
    return {
        "rounds": rounds,
        "versions": versions,
        "fits": [{key: case[key] for key in ("contestant", *COLUMNS.values())} for case in middle],
        "sweep_of_8": {
            "one_core_s": one_s,
            "two_cores_s": two_s,
            "ratio": two_s / one_s,
            "budget": BUDGET,
            "each_one_core_s": times_s[1],
            "each_two_cores_s": times_s[2],
        },
    }


def main() -> None:
    """Measure, print the tables, write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    started = report.machine()
    with tempfile.TemporaryDirectory() as bytecode:
        found = measure(Programs(Path(bytecode)), options.rounds)
    started["packages"] = found.pop("versions")
    rows = [(case["contestant"], *(report.shown(case[key]) for key in COLUMNS.values())) for case in found["fits"]]
    print(report.markdown_table(("", *COLUMNS), rows))
    told = found["sweep_of_8"]
    print(
        f"\nsweep of 8: {told['one_core_s']:.1f} s on one core, {told['two_cores_s']:.1f} s on two, "
        f"ratio {told['ratio']:.2f}, budget {BUDGET}"
    )
    report.write(options.report, {"machine": started} | found)


if __name__ == "__main__":
    main()
