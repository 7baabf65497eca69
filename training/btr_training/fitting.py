"""From prepared data to one model before calibration: its windows, its fit, its file, and whether both agree."""

import hashlib
from time import perf_counter
from typing import Any, Final

import numpy as np
from tqdm import tqdm

from .config import Config
from .errors import TrainingError
from .families import family_of
from .family import Fitted
from .graph import logit_model
from .prepared import Prepared
from .scoring import LogitFile
from .windows import LENGTH, Quota, WindowPool, build_pool, merge_pools

PARITY: Final = 1e-4
PARITY_WINDOWS: Final = 2000


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


def pool_hash(pool: WindowPool) -> str:
    """Return the SHA-256 of the very windows, labels, weights and temperatures ahead that were trained on."""
    digest = hashlib.sha256()
    for part in (pool.flat, pool.starts, pool.labels, pool.weights, pool.ahead_k):
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()
