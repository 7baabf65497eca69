"""Many configurations, one table: the families against each other (``compare``), or a grid of settings (``sweep``).

Every contestant is a whole run with a folder of its own for each seed, so an interrupted contest goes on where it
stopped, and each line of the table can be looked into. A contestant's figure is the median over its seeds, the worst
of misses and false alarms.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any, Final

from .config import Config, EvaluationConfig, load_config, to_toml
from .data import read_folder
from .disturbances import DISTURBANCES
from .errors import ConfigError
from .evaluate import METHODS, ask_rules, evaluate_run
from .families import family_of
from .leaky import leaky_scores
from .methods import Ruled, remember_rules
from .pipeline import FINAL, METRICS, logit_path, run_training, write_json
from .prepared import Prepared, prepare
from .scale_out import Workers
from .source_hash import code_sha256

CONTEST: Final = "compare.json"
JUDGED: Final = "judged.txt"
FIRST: Final = (
    "all events, no alarm in quiet hours, no event lost when it is shifted, noisy, coarse, held or thinned out, "
    "at most one nuisance alarm a day"
)
RULE: Final = f"{FIRST}; among those the longest median lead to 60 degC, then the longest least lead, then ROC-AUC"
# One seed that misses an event is a miss: no median may hide it.
WORST: Final[Mapping[str, Callable[[list[float]], float]]] = {
    "raised": min,
    "robust_raised_least": min,
    "disturbed_raised_least": min,
    "quiet_alarms": max,
    "false_early": max,
    "nuisance_per_day": max,
}
NUISANCE_PER_DAY: Final = 1.0
MUST_HOLD: Final = frozenset(disturbance.name for disturbance in DISTURBANCES if disturbance.must_hold)
BASELINES: Final = tuple(method for method in METHODS if method not in ("model", "fused"))


@dataclass(frozen=True, slots=True)
class Entry:
    """A contestant: its name in the table, and its configuration but for the seed."""

    name: str
    config: Config


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What runs of equal data have in common and none makes again: the data, and what the rules raise on it."""

    prepared: Prepared
    ruled: Ruled


def entries_of_files(paths: Sequence[Path], changes: Sequence[str]) -> tuple[Entry, ...]:
    """Return a contestant for each TOML file, named after it, with the same changes made to all."""
    names = [path.stem for path in paths]
    if len(set(names)) != len(names):
        raise ConfigError(f"two contestants have one name: {', '.join(sorted(names))}. Rename a file")
    return tuple(Entry(path.stem, load_config(path, changes)) for path in paths)


def entries_of_grid(path: Path | None, changes: Sequence[str], grid: Sequence[str]) -> tuple[Entry, ...]:
    """Return a contestant for each combination of ``section.key=value,value,...``."""
    axes = []
    for axis in grid:
        key, separator, values = axis.partition("=")
        if not separator or not all(values.split(",")):
            raise ConfigError(f"--grid {axis!r}: write section.key=value,value, for example train.epochs=5,10")
        axes.append([f"{key}={value}" for value in values.split(",")])
    chosen = list(product(*axes))
    return tuple(Entry("_".join(choice) or "default", load_config(path, [*changes, *choice])) for choice in chosen)


def run_contest(entries: Sequence[Entry], folder: Path, seeds: Sequence[int], workers: Workers) -> dict[str, Any]:
    """Train and judge every entry with every seed, write ``compare.json`` into the folder and return it.

    Data and rules are prepared once for all runs, by the same workers. Then each run is one task; on a Ray cluster the
    folder must be one that all machines share.
    """
    folder.mkdir(parents=True, exist_ok=True)
    runs = [(entry, seed, folder / entry.name / f"seed_{seed}") for entry in entries for seed in seeds]
    shared = {key: _share(config, workers) for key, config in {_data(e.config): e.config for e in entries}.items()}
    tasks = (
        (_seeded(entry.config, seed), place, seed == seeds[0], shared[_data(entry.config)])
        for entry, seed, place in runs
    )
    rows: dict[str, list[dict[str, Any]]] = {entry.name: [] for entry in entries}
    baselines: list[Mapping[str, Any]] = []
    for (entry, seed, _), (row, others) in zip(runs, workers.run(judge, tasks), strict=True):
        rows[entry.name].append(row)
        baselines.append(others)
        print(f"{entry.name}, seed {seed}: {_told(row)}")
    contestants: list[dict[str, Any]] = [
        {
            "name": entry.name,
            "family": entry.config.model.family,
            "summary": family_of(entry.config.model.family).summary,
            "seeds": list(seeds),
            "runs": [str(place) for other, _, place in runs if other is entry],
            "row": summarise(rows[entry.name]),
            "spread": spread(rows[entry.name]),
        }
        for entry in entries
    ]
    best = min(contestants, key=lambda contestant: rank(contestant["row"]))
    table = {"contestants": contestants, "baselines": baselines[0], "winner": best["name"], "rule": RULE}
    write_json(folder / CONTEST, table)
    return table


def judge(config: Config, folder: Path, with_leaky: bool, shared: Shared) -> tuple[dict[str, Any], Mapping[str, Any]]:
    """Train and judge one run, or take what its folder already says; return its row and those of the baselines."""
    prepared = shared.prepared
    remember_rules(shared.ruled)
    record = run_training(config, folder, prepared)
    path = folder / METRICS
    judged_path = folder / JUDGED
    question = "\n".join(
        [to_toml(config), json.dumps(record["models"], sort_keys=True), f"leaky: {with_leaky}", code_sha256(__name__)]
    )
    if not (judged_path.is_file() and judged_path.read_text(encoding="utf-8") == _seal(question, path)):
        metrics = evaluate_run(folder, record, prepared.recorded, _choosing(config.evaluation))
        if with_leaky and prepared.recorded:
            recordings = read_folder(Path(config.data.recordings))
            metrics["leaky"] = leaky_scores(family_of(config.model.family), config, recordings)
        write_json(path, metrics)
        judged_path.write_text(_seal(question, path), encoding="utf-8")
    metrics = json.loads(path.read_text(encoding="utf-8"))
    final = record["models"][FINAL]
    row = row_of(metrics) | {
        "size_bytes": logit_path(folder, FINAL).stat().st_size,
        "train_s": final["train_s"],
        "validation_roc_auc": final["validation"]["roc_auc"],
    }
    baselines = {method: row_of(metrics, method) for method in BASELINES}
    return row, baselines


def row_of(metrics: Mapping[str, Any], method: str = "model") -> dict[str, Any]:
    """Return one line of the table: what ``method`` reached, None for what was not judged."""
    summary = metrics.get("summary", {}).get(method)
    quiet = metrics.get("quiet", {}).get(method)
    nuisance = metrics["nuisance"]
    row: dict[str, Any] = {"nuisance_per_day": nuisance[method]["per_day"]}
    if summary is not None:
        for landmark in ("onset", "60"):
            lead = summary[f"lead_{landmark}_s"] or {"median": None, "least": None}
            row |= {f"lead_{landmark}_{key}": lead[key] for key in ("median", "least")}
        row |= {"raised": summary["raised"], "events": summary["events"], "false_early": summary["false_early"]}
        tables = metrics.get("robustness", {}).items()
        disturbed = {name: table[method]["raised"] for name, table in tables if method in table}
        row["robust_raised_least"] = min((disturbed[name] for name in MUST_HOLD & disturbed.keys()), default=None)
        row["disturbed_raised_least"] = min(disturbed.values(), default=None)
    if quiet is not None:
        row |= {"quiet_alarms": quiet["alarms"], "quiet_hours": quiet["hours"]}
        row["quiet_per_day_at_most_95"] = quiet["per_day_at_most_95"]
    if method == "model":
        row |= {f"speed_{count}_ms": value for count, value in metrics["speed_ms"].items()}
        windows = metrics.get("windows", {}).get("runaway_experiments") or {}
        row |= {key: windows.get(key) for key in ("roc_auc", "pr_auc", "recall_at_precision_95")}
        row |= {f"leaky_{key}": value for key, value in metrics.get("leaky", {}).items()}
    return row


def summarise(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return each figure over the seeds that have it: the worst of what must not fail, the median of the others."""
    return {key: WORST.get(key, median)(values) for key, values in _columns(rows).items()}


def spread(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Return the least and the greatest of each figure over the seeds."""
    return {key: [min(values), max(values)] for key, values in _columns(rows).items()}


def rank(row: Mapping[str, Any]) -> tuple[float, ...]:
    """Return what sorts the better contestant first; see :data:`RULE`. Without recordings nuisance alone decides."""
    missed = row.get("events", 0) - row.get("raised", 0)
    lost = row.get("events", 0) - (row.get("robust_raised_least") or 0)
    return (
        missed,
        row.get("quiet_alarms", 0) + row.get("false_early", 0),
        lost,
        max(0.0, row["nuisance_per_day"] - NUISANCE_PER_DAY),
        -(row.get("lead_60_median") or 0.0),
        -(row.get("lead_60_least") or 0.0),
        -(row.get("roc_auc") or 0.0),
    )


COLUMNS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    "events": lambda row: f"{row['raised']:g}/{row['events']:g}" if "raised" in row else "-",
    "lead to 60 degC, s": lambda row: _pair(row, "lead_60_median", "lead_60_least"),
    "lead to onset, s": lambda row: _pair(row, "lead_onset_median", "lead_onset_least"),
    "quiet alarms": lambda row: _number(row, "quiet_alarms"),
    "nuisance / 24 h": lambda row: _number(row, "nuisance_per_day"),
    "least raised, must hold": lambda row: _number(row, "robust_raised_least"),
    "least raised, any disturbance": lambda row: _number(row, "disturbed_raised_least"),
    "ROC-AUC": lambda row: _number(row, "roc_auc"),
    "leaky F1": lambda row: _number(row, "leaky_f1"),
    "leaky AUC": lambda row: _number(row, "leaky_roc_auc"),
    "1 / 256 windows, ms": lambda row: _pair(row, "speed_1_ms", "speed_256_ms"),
    "KiB": lambda row: f"{row['size_bytes'] / 1024:.0f}" if "size_bytes" in row else "-",
    "training, s": lambda row: _number(row, "train_s"),
}


def as_markdown(table: Mapping[str, Any]) -> str:
    """Return the contest as a Markdown table, best first."""
    ranked = sorted(table["contestants"], key=lambda contestant: rank(contestant["row"]))
    rows = [(contestant["name"], contestant["row"]) for contestant in ranked]
    rows += [(f"*{name}*", row) for name, row in table["baselines"].items()]
    lines = ["| |" + "|".join(COLUMNS) + "|", "|---|" + "---|" * len(COLUMNS)]
    lines += [f"| {name} |" + "|".join(tell(row) for tell in COLUMNS.values()) + "|" for name, row in rows]
    return "\n".join(lines) + "\n"


def _seeded(config: Config, seed: int) -> Config:
    return replace(config, train=replace(config.train, seed=seed))


def _choosing(evaluation: EvaluationConfig) -> EvaluationConfig:
    """Return how a contest judges: on nuisance of its own, so that what is told of the winner is no part of the choice.

    The fused assessment, which takes longest, is left for the winner.
    """
    return replace(evaluation, fused_everywhere=False, nuisance_seed=evaluation.choosing_seed)


def _data(config: Config) -> str:
    """Return what two configurations have in common when their runs can share everything that is :class:`Shared`."""
    return repr((config.data, config.simulation, config.evaluation))


def _share(config: Config, workers: Workers) -> Shared:
    prepared = prepare(config, workers)
    return Shared(prepared, ask_rules(prepared.recorded, _choosing(config.evaluation), workers))


def _seal(question: str, metrics: Path) -> str:
    """Return a SHA-256 of what was asked and of the answers in the file, which an evaluation of the run replaces."""
    answers = metrics.read_bytes() if metrics.is_file() else b""
    return hashlib.sha256(question.encode() + answers).hexdigest()


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    keys = dict.fromkeys(key for row in rows for key in row)
    columns = {key: [row[key] for row in rows if row.get(key) is not None] for key in keys}
    return {key: values for key, values in columns.items() if values}


def _told(row: Mapping[str, Any]) -> str:
    return f"{_number(row, 'raised')} raised, lead {_pair(row, 'lead_60_median', 'lead_60_least')} s, " + ", ".join(
        f"{key} {_number(row, key)}" for key in ("quiet_alarms", "nuisance_per_day", "roc_auc")
    )


def _number(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return "-" if value is None else f"{value:.4g}"


def _pair(row: Mapping[str, Any], first: str, second: str) -> str:
    return f"{_number(row, first)} / {_number(row, second)}"
