"""The files of a run folder that a report is written from."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import load_config, to_table
from ..cuts import SERIES, Cut, load_cuts
from ..errors import TrainingError


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Figures, the record of the training, the configuration by section, the cuts, and a contest if there was one."""

    metrics: Mapping[str, Any]
    record: Mapping[str, Any]
    config: Mapping[str, Mapping[str, Any]]
    cuts: tuple[Cut, ...]
    contest: Mapping[str, Any] | None = None

    @property
    def has_recordings(self) -> bool:
        """Whether recordings were judged; without them there is the nuisance suite alone."""
        return "summary" in self.metrics


def read_source(run: Path, contest: Path | None = None) -> Source:
    """Read a run folder.

    Raises:
        TrainingError: a file is missing or was not written by this package; says which, and which command writes it.
    """
    record = read_json(run / "run.json", "Train first, or give the folder with --run")
    metrics = read_json(run / "metrics.json", f"Judge the run first: btr-train evaluate --run {run}")
    if "cuts" not in metrics:
        raise TrainingError(f"{run / 'metrics.json'} is of an older version. Judge the run again with evaluate")
    try:
        cuts = tuple(load_cuts(run / SERIES, metrics["cuts"]))
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(f"{run}: {error}. Judge the run again with evaluate") from error
    config = to_table(load_config(run / "config.toml"))
    told = None if contest is None else read_json(contest, "Write it with compare")
    return Source(metrics, record, config, cuts, told)


def read_json(path: Path, remedy: str) -> dict[str, Any]:
    """Return a table from a JSON file; TrainingError with the remedy when there is none."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TrainingError(f"{path}: {error}. {remedy}") from error
    if not isinstance(table, dict):
        raise TrainingError(f"{path}: not a table. {remedy}")
    return table
