"""From a configuration to a run folder: data, windows, folds, models, calibration, ONNX files.

A run folder is complete: ``config.toml``, ``run.json`` (data hash, versions, what the loader did, folds,
calibration), the final model and one per fold of the cross-validation, each before calibration (``.logit.onnx``) and
as it is shipped (``.onnx`` with its card); ``evaluate`` adds ``metrics.json``. A model that is already there for the
same inputs is not trained again, so an interrupted run goes on, and other alarm settings only calibrate anew.
"""

import hashlib
import json
import platform
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from .calibrate import Calibration, slope_for, threshold_for
from .card import make_card, write_model
from .config import Config, to_toml
from .errors import TrainingError
from .families import family_of
from .fitting import train_one
from .graph import with_calibration
from .metrics import window_scores
from .prepared import Prepared
from .scale_out import ONE, Workers
from .scoring import LogitFile
from .source_hash import code_sha256
from .windows import NEGATIVE, POSITIVE, Trace, label_windows, plausible

FINAL: Final = "final"
METRICS: Final = "metrics.json"
VALIDATION_STRIDE: Final = 5
# What a run folder is refused for, by the inputs that it was begun with.
UNLIKE: Final = {
    "configuration": "another configuration",
    "recordings": "other recordings or groups",
    "code": "older or newer training code",
    "libraries": "other versions of the libraries",
}
PACKAGES: Final = ("numpy", "scikit-learn", "torch", "onnx", "onnxruntime")


def split_folds(traces: Sequence[Trace], folds: int) -> dict[str, int]:
    """Return the fold of every experiment: those with a runaway are dealt out first, then the rest, by name.

    No experiment is ever in two folds, so no sensor and no window is on both sides of a split.
    """
    runaway = sorted({trace.experiment for trace in traces if trace.kind == "runaway"})
    others = sorted({trace.experiment for trace in traces} - set(runaway))
    return {experiment: place % folds for place, experiment in enumerate([*runaway, *others])}


def calibrate(
    config: Config, content: bytes, validation: Sequence[Trace]
) -> tuple[Calibration, dict[str, float | int]]:
    """Return the map that puts 0.5 where benign validation traces alarm as rarely as configured, and window scores.

    A rule keeps its own 0.5.
    """
    family = family_of(config.model.family)
    model = LogitFile(content)
    benign, logits, labels = [], [], []
    for trace in validation:
        scores = model.of_trace(plausible(trace.temp_c))
        if trace.kind == "benign":
            benign.append(scores)
        kinds = label_windows(trace, family.horizon_s)
        used = np.flatnonzero(((kinds == POSITIVE) | (kinds == NEGATIVE)) & np.isfinite(scores))[::VALIDATION_STRIDE]
        logits.append(scores[used])
        labels.append((kinds[used] == POSITIVE).astype(np.int8))
    all_logits, all_labels = np.concatenate(logits), np.concatenate(labels)
    scores_told = window_scores(all_labels, all_logits)
    if not family.calibrated:
        return Calibration(1.0, 0.0), scores_told
    threshold = threshold_for(benign, config.alarm.k, config.alarm.n, config.alarm.false_per_day)
    return Calibration(slope_for(all_logits, all_labels.astype(np.float32)), threshold), scores_told


def run_training(config: Config, folder: Path, prepared: Prepared, workers: Workers = ONE) -> dict[str, Any]:
    """Train, calibrate and export the final model and, with recordings, one per fold; write ``run.json``.

    The result does not depend on the workers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = _resume(folder, config, prepared)
    (folder / "config.toml").write_text(to_toml(config), encoding="utf-8")
    folds = split_folds(prepared.recorded, config.train.folds) if prepared.recorded else {}
    left_out = {FINAL: frozenset[str]()}
    for fold in sorted(set(folds.values())):
        left_out[f"fold_{fold}"] = frozenset(name for name, place in folds.items() if place == fold)
    record |= {"folds": folds, "environment": environment(), "loader": prepared.notes}
    record["recordings_sha256"] = prepared.recordings_sha256
    missing = [name for name in left_out if name not in record["models"] or not logit_path(folder, name).is_file()]
    tasks = ((config, prepared, name, left_out[name]) for name in missing)
    for name, (content, facts) in zip(missing, workers.run(train_one, tasks), strict=True):
        record["models"][name] = facts
        logit_path(folder, name).write_bytes(content)
        write_json(folder / "run.json", record)
        told = f", loss {facts['loss'][-1]}" if facts["loss"] else ""
        print(f"{config.model.family} {name}: {facts['windows']} windows{told}")
    contents = {name: logit_path(folder, name).read_bytes() for name in left_out}
    calibrations = workers.run(calibrate, ((config, content, prepared.validation) for content in contents.values()))
    for (name, content), (calibration, scores) in zip(contents.items(), calibrations, strict=True):
        facts = record["models"][name]
        facts["calibration"] = {"scale": calibration.scale, "threshold": calibration.threshold}
        facts["validation"] = scores
        model = with_calibration(content, calibration, config.alarm)
        path = folder / f"{name}.onnx"
        if not (path.is_file() and path.read_bytes() == model):
            # What was measured was another model.
            (folder / METRICS).unlink(missing_ok=True)
        write_model(path, model, make_card(config, model, facts["windows_sha256"], {}))
    write_json(folder / "run.json", record)
    return record


def logit_path(folder: Path, name: str) -> Path:
    """Return where a run keeps a model before its calibration; it is all that training leaves, nothing is unpickled."""
    return folder / f"{name}.logit.onnx"


def inputs_of(config: Config, prepared: Prepared) -> dict[str, str]:
    """Return what the models before calibration are made of, by the keys of ``UNLIKE``: contents, never a path."""
    sections = (config.simulation, config.windows, config.train, config.network, config.trees, config.model.family)
    return {
        "configuration": hashlib.sha256(repr(sections).encode()).hexdigest(),
        "recordings": str(prepared.recordings_sha256),
        "code": code_sha256(train_one.__module__),
        "libraries": ", ".join(f"{name} {found}" for name, found in versions().items()),
    }


def _resume(folder: Path, config: Config, prepared: Prepared) -> dict[str, Any]:
    """Return what a run of the same inputs left in the folder, or an empty record."""
    inputs = inputs_of(config, prepared)
    path = folder / "run.json"
    if not path.is_file():
        return {"inputs": inputs, "models": {}}
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    held = record.get("inputs", {})
    unlike = [UNLIKE[name] for name, content in inputs.items() if held.get(name) != content]
    if unlike:
        raise TrainingError(f"{folder} holds a run with {' and '.join(unlike)}. Choose another --run folder")
    return record


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that train."""
    return {name: version(name) for name in PACKAGES} | {"python": platform.python_version()}


def environment() -> dict[str, str]:
    """Return versions and, where there is one, the commit: what a figure depends on besides the data."""
    facts = versions()
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    if asked.returncode == 0:
        facts["commit"] = asked.stdout.strip()
    return facts


def write_json(path: Path, table: object) -> None:
    """Write readable JSON with sorted keys, so that equal tables are equal files; whole, or not at all."""
    half = path.with_suffix(".half")
    half.write_text(json.dumps(table, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    half.replace(path)
