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
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from .calibrate import Calibration, slope_for, threshold_for
from .card import make_card, write_model
from .config import Config, SimulationConfig, to_toml
from .errors import TrainingError
from .families import family_of
from .family import Fitted
from .graph import logit_model, with_calibration
from .metrics import window_scores
from .recordings import load_recordings
from .scale_out import ONE, Workers
from .scoring import LogitFile
from .simulate import simulate_abuse, simulate_benign
from .windows import (
    LENGTH,
    NEGATIVE,
    POSITIVE,
    Quota,
    Trace,
    WindowPool,
    build_pool,
    label_windows,
    merge_pools,
    plausible,
    trace_simulated,
)

FINAL: Final = "final"
METRICS: Final = "metrics.json"
# The validation traces come from other streams of the generator than the training traces.
VALIDATION_SEED_STEP: Final = 1_000_000
PARITY: Final = 1e-4
PARITY_WINDOWS: Final = 2000
VALIDATION_STRIDE: Final = 5
PACKAGES: Final = ("numpy", "scikit-learn", "torch", "onnx", "onnxruntime")


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything that a run trains on: traces of recordings and of the simulator, and what is kept for calibration."""

    recorded: tuple[Trace, ...]
    simulated: tuple[Trace, ...]
    validation: tuple[Trace, ...]
    recordings_sha256: str | None
    notes: dict[str, tuple[str, ...]]


def prepare(config: Config) -> Prepared:
    """Read the recordings (if any) and run the simulator; deterministic for one configuration."""
    recorded, digest, notes = prepare_recordings(config)
    simulated, validation = _simulate(config.simulation)
    return Prepared(recorded, simulated, validation, digest, notes)


@lru_cache(maxsize=1)
def _simulate(sizes: SimulationConfig) -> tuple[tuple[Trace, ...], tuple[Trace, ...]]:
    """Return the traces to train on and those of the validation; runs that follow each other share them."""
    simulated = simulate_abuse(sizes.seed, sizes.abused) + simulate_benign(sizes.seed, sizes.benign)
    other = sizes.seed + VALIDATION_SEED_STEP
    validation = simulate_abuse(other, sizes.validation_abused) + simulate_benign(other, sizes.validation_benign)
    return tuple(map(trace_simulated, simulated)), tuple(map(trace_simulated, validation))


def prepare_recordings(config: Config) -> tuple[tuple[Trace, ...], str | None, dict[str, tuple[str, ...]]]:
    """Return (traces, SHA-256, what the loader did to each file) of the configured recordings; without any, nothing."""
    if not config.data.recordings:
        return (), None, {}
    groups_file = Path(config.data.groups) if config.data.groups else None
    recorded = load_recordings(Path(config.data.recordings), groups_file)
    return recorded.traces, recorded.sha256, recorded.notes


def split_folds(traces: tuple[Trace, ...], folds: int) -> dict[str, int]:
    """Return the fold of every experiment: those with a runaway are dealt out first, then the rest, by name.

    No experiment is ever in two folds, so no sensor and no window is on both sides of a split.
    """
    runaway = sorted({trace.experiment for trace in traces if trace.kind == "runaway"})
    others = sorted({trace.experiment for trace in traces} - set(runaway))
    return {experiment: place % folds for place, experiment in enumerate([*runaway, *others])}


def training_pool(config: Config, prepared: Prepared, left_out: frozenset[str] = frozenset()) -> WindowPool:
    """Return the windows to train on: the simulation, and every recorded experiment that is not left out.

    Their labels look as far ahead as the family does.
    """
    sizes = config.windows
    horizon_s = family_of(config.model.family).horizon_s
    rng = np.random.default_rng((config.train.seed, 7))
    quota = Quota(sizes.simulated_positives, sizes.simulated_negatives)
    pools = [build_pool(rng, prepared.simulated, quota, horizon_s)]
    kept = tuple(trace for trace in prepared.recorded if trace.experiment not in left_out)
    if kept:
        quota = Quota(sizes.recorded_positives, sizes.recorded_negatives, sizes.recorded_weight)
        pools.append(build_pool(rng, kept, quota, horizon_s))
    return merge_pools(tuple(pools))


def train_one(config: Config, prepared: Prepared, name: str, left_out: frozenset[str]) -> tuple[bytes, dict[str, Any]]:
    """Fit one model and return its file, before calibration, with the facts about its training.

    Raises:
        TrainingError: the file does not answer what the trained model answers.
    """
    family = family_of(config.model.family)
    pool = training_pool(config, prepared, left_out)
    history: list[float] = []
    with tqdm(total=None, desc=name, unit="step", disable=None) as bar:

        def progress(step: int, steps: int, loss: float) -> None:
            history.append(round(loss, 6))
            bar.total = steps
            bar.set_postfix(loss=f"{loss:.4f}")
            bar.update(step - bar.n)

        started_s = perf_counter()
        fitted = family.fit(pool, config, progress)
        taken_s = perf_counter() - started_s
    content = logit_model(fitted)
    check_parity(fitted, content, pool)
    facts = {
        "left_out": sorted(left_out),
        "windows": len(pool),
        "positives": int(pool.labels.sum()),
        "windows_sha256": pool_hash(pool),
        "loss": history,
        "train_s": round(taken_s, 1),
        **fitted.facts,
    }
    return content, facts


def check_parity(fitted: Fitted, content: bytes, pool: WindowPool) -> None:
    """Raise TrainingError unless the file answers as the trained model does, on windows spread over the pool."""
    rows = np.linspace(0, len(pool) - 1, min(PARITY_WINDOWS, len(pool))).astype(np.int64)
    windows = pool.flat[pool.starts[rows][:, None] + np.arange(LENGTH)]
    trained, exported = fitted.logits(windows), LogitFile(content).logits(windows)
    worst = float((np.abs(trained - exported) / np.maximum(1.0, np.abs(trained))).max())
    if not worst <= PARITY:
        raise TrainingError(f"the exported file differs from the trained model by {worst:g}, allowed is {PARITY:g}")


def calibrate(
    config: Config, content: bytes, validation: tuple[Trace, ...]
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


def pool_hash(pool: WindowPool) -> str:
    """Return the SHA-256 of the very windows, labels, weights and temperatures ahead that were trained on."""
    digest = hashlib.sha256()
    for part in (pool.flat, pool.starts, pool.labels, pool.weights, pool.ahead_k):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


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


def _resume(folder: Path, config: Config, prepared: Prepared) -> dict[str, Any]:
    """Return what a run with the same data, simulation and training left in the folder, or an empty record."""
    relevant = (config.data, config.simulation, config.windows, config.train, config.network, config.trees)
    facts = [*map(repr, relevant), config.model.family, str(prepared.recordings_sha256)]
    inputs = hashlib.sha256("\n".join(facts).encode()).hexdigest()
    path = folder / "run.json"
    if path.is_file():
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if record.get("inputs_sha256") != inputs:
            raise TrainingError(
                f"{folder} holds a run with another configuration or other recordings. Choose another --run folder"
            )
        return record
    return {"inputs_sha256": inputs, "models": {}}


def environment() -> dict[str, str]:
    """Return versions and, where there is one, the commit: what a figure depends on besides the data."""
    facts = {name: version(name) for name in PACKAGES} | {"python": platform.python_version()}
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
