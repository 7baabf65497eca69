"""From a configuration to a run folder: data, windows, folds, networks, calibration, ONNX files.

A run folder is complete: ``config.toml``, ``run.json`` (data hash, versions, what the loader did, folds,
calibration), weights and ONNX file of the final network and of one per fold of the cross-validation; ``evaluate``
adds ``metrics.json``. A network whose weights are already there for the same inputs is not trained again, so an
interrupted run goes on, and other alarm settings only calibrate anew.
"""

import hashlib
import json
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from joblib import Parallel, delayed
from tqdm import tqdm

from .calibrate import Calibration, slope_for, threshold_for
from .card import make_card, write_model
from .config import Config, to_toml
from .data import data_hash, read_folder
from .errors import TrainingError
from .groups import derive_groups, load_groups
from .model import RiskNet
from .onnx_graph import build_model
from .simulate import simulate_abuse, simulate_benign
from .train import fit, predict_logits
from .windows import (
    NEGATIVE,
    POSITIVE,
    Quota,
    Trace,
    WindowPool,
    activity,
    build_pool,
    label_windows,
    merge_pools,
    plausible,
    trace_recording,
    trace_simulated,
)

FINAL: Final = "final"
# The validation traces come from other streams of the generator than the training traces.
VALIDATION_SEED_STEP: Final = 1_000_000
LIVELY_K: Final = 1.0
PACKAGES: Final = ("numpy", "torch", "onnx", "onnxruntime")


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
    sizes = config.simulation
    simulated = simulate_abuse(sizes.seed, sizes.abused) + simulate_benign(sizes.seed, sizes.benign)
    other = sizes.seed + VALIDATION_SEED_STEP
    validation = simulate_abuse(other, sizes.validation_abused) + simulate_benign(other, sizes.validation_benign)
    return Prepared(
        recorded, tuple(map(trace_simulated, simulated)), tuple(map(trace_simulated, validation)), digest, notes
    )


def prepare_recordings(config: Config) -> tuple[tuple[Trace, ...], str | None, dict[str, tuple[str, ...]]]:
    """Return (traces, SHA-256, what the loader did to each file) of the configured recordings; without any, nothing."""
    if not config.data.recordings:
        return (), None, {}
    recordings = read_folder(Path(config.data.recordings))
    groups = load_groups(Path(config.data.groups), recordings) if config.data.groups else derive_groups(recordings)
    traces = tuple(trace for recording in recordings for trace in trace_recording(recording, groups))
    return traces, data_hash(recordings), {recording.name: recording.notes for recording in recordings}


def split_folds(traces: tuple[Trace, ...], folds: int) -> dict[str, int]:
    """Return the fold of every experiment: those with a runaway are dealt out first, then the rest, by name.

    No experiment is ever in two folds, so no sensor and no window is on both sides of a split.
    """
    runaway = sorted({trace.experiment for trace in traces if trace.kind == "runaway"})
    others = sorted({trace.experiment for trace in traces} - set(runaway))
    return {experiment: place % folds for place, experiment in enumerate([*runaway, *others])}


def training_pool(config: Config, prepared: Prepared, left_out: frozenset[str] = frozenset()) -> WindowPool:
    """Return the windows to train on: the simulation, and every recorded experiment that is not left out."""
    sizes = config.windows
    rng = np.random.default_rng((config.train.seed, 7))
    pools = [build_pool(rng, prepared.simulated, Quota(sizes.simulated_positives, sizes.simulated_negatives))]
    kept = tuple(trace for trace in prepared.recorded if trace.experiment not in left_out)
    if kept:
        quota = Quota(sizes.recorded_positives, sizes.recorded_negatives, sizes.recorded_weight)
        pools.append(build_pool(rng, kept, quota))
    return merge_pools(tuple(pools))


def train_one(
    config: Config, prepared: Prepared, name: str, left_out: frozenset[str]
) -> tuple[RiskNet, dict[str, Any]]:
    """Fit one network and return it with the facts about its training."""
    pool = training_pool(config, prepared, left_out)
    history: list[float] = []
    with tqdm(total=config.train.epochs, desc=name, unit="epoch", disable=None) as bar:

        def progress(_epoch: int, _epochs: int, loss: float) -> None:
            history.append(round(loss, 6))
            bar.set_postfix(loss=f"{loss:.4f}")
            bar.update()

        net = fit(pool, config.train, progress)
    facts = {
        "left_out": sorted(left_out),
        "windows": len(pool),
        "positives": int(pool.labels.sum()),
        "windows_sha256": pool_hash(pool),
        "loss": history,
    }
    return net, facts


def calibrate(config: Config, net: RiskNet, validation: tuple[Trace, ...]) -> Calibration:
    """Return the map that puts 0.5 where benign validation traces alarm as rarely as the configuration asks.

    Windows that move by less than 1 K are left out: none of them is ever near an alarm, and they are three in four.
    """
    benign, logits, labels = [], [], []
    for trace in validation:
        lively = activity(trace.temp_c) >= LIVELY_K
        scores = predict_logits(net, plausible(trace.temp_c), lively)
        if trace.kind == "benign":
            benign.append(scores)
        kinds = label_windows(trace)
        used = np.flatnonzero(((kinds == POSITIVE) | (kinds == NEGATIVE)) & np.isfinite(scores))[::5]
        logits.append(scores[used])
        labels.append((kinds[used] == POSITIVE).astype(np.float32))
    threshold = threshold_for(benign, config.alarm.k, config.alarm.n, config.alarm.false_per_day)
    return Calibration(slope_for(np.concatenate(logits), np.concatenate(labels)), threshold)


def pool_hash(pool: WindowPool) -> str:
    """Return the SHA-256 of the very windows, labels and weights that were trained on."""
    digest = hashlib.sha256()
    for part in (pool.flat, pool.starts, pool.labels, pool.weights):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()


def run_training(config: Config, folder: Path, prepared: Prepared, jobs: int = 1) -> dict[str, Any]:
    """Train, calibrate and export the final network and, with recordings, one per fold; write ``run.json``.

    ``jobs`` networks are trained at a time, each in a process of its own; the result does not depend on it.
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
    missing = [name for name in left_out if name not in record["models"] or not (folder / f"{name}.npz").is_file()]
    tasks = (delayed(train_one)(config, prepared, name, left_out[name]) for name in missing)
    for name, (net, facts) in zip(missing, Parallel(n_jobs=jobs, return_as="generator")(tasks), strict=True):
        record["models"][name] = facts
        save_weights(folder / f"{name}.npz", net)
        write_json(folder / "run.json", record)
        print(f"{name}: {facts['windows']} windows, loss {facts['loss'][-1]}")
    for name in left_out:
        net = load_weights(config, folder / f"{name}.npz")
        calibration = calibrate(config, net, prepared.validation)
        record["models"][name]["calibration"] = {"scale": calibration.scale, "threshold": calibration.threshold}
        model = build_model(net, calibration, config.alarm)
        card = make_card(config, model, record["models"][name]["windows_sha256"], {})
        write_model(folder / f"{name}.onnx", model, card)
    write_json(folder / "run.json", record)
    return record


def save_weights(path: Path, net: RiskNet) -> None:
    """Write the weights as plain arrays."""
    np.savez(path, **{name: tensor.numpy() for name, tensor in net.state_dict().items()})


def load_weights(config: Config, path: Path) -> RiskNet:
    """Return the network of :func:`save_weights`; nothing is unpickled."""
    net = RiskNet(config.train.channels, config.train.hidden)
    with np.load(path, allow_pickle=False) as arrays:
        net.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
    return net.eval()


def _resume(folder: Path, config: Config, prepared: Prepared) -> dict[str, Any]:
    """Return what a run with the same data, simulation and training left in the folder, or an empty record."""
    relevant = [repr(part) for part in (config.data, config.simulation, config.windows, config.train)]
    inputs = hashlib.sha256("\n".join([*relevant, str(prepared.recordings_sha256)]).encode()).hexdigest()
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
    """Write readable JSON with sorted keys, so that equal tables are equal files."""
    path.write_text(json.dumps(table, indent=2, sort_keys=True) + "\n", encoding="utf-8")
