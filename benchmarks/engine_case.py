"""One engine, one batch size, one fresh process: prints what it took as JSON; ``benchmarks.inference`` runs them all.

A process of its own because memory that one case leaves behind would hide the need of the next, and because an import
is only measured the first time. Nothing but the standard library and numpy is imported before the clock starts.
"""

import argparse
import json
import os
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

from .usage import forget_peak, resident_mb

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from btr_core.risk.card import ModelCard
    from btr_core.risk.engine import RiskEngine

ENGINES = ("onnxruntime", "numpy", "rules")


def import_engine(engine: str) -> None:
    """What the engine needs beyond the standard library and numpy."""
    import btr_core.risk.engine

    if engine == "onnxruntime":
        import onnxruntime  # noqa: F401
    elif engine == "numpy":
        import btr_core.risk.numpy_engine  # noqa: F401


def load(engine: str, model: Path) -> RiskEngine:
    """The engine, loaded and warm; the rules look at windows of the model's length."""
    from btr_core.risk.card import load_card
    from btr_core.risk.engine import load_engine
    from btr_core.risk.rule_engine import RuleEngine

    if engine == "rules":
        return RuleEngine(load_card(model.with_suffix(".json")))
    return load_engine(model, prefer="numpy" if engine == "numpy" else "onnxruntime")


def make_windows(count: int, card: ModelCard) -> NDArray[np.float32]:
    """Windows [count, T] in degC, in turn quiet with a PT100's noise and on the way into a runaway."""
    import numpy as np

    random = np.random.default_rng(1)
    time_s = np.arange(card.sequence_length) * card.interval_s
    rise_c = np.where(np.arange(count)[:, None] % 2, np.exp(time_s / time_s[-1] * 4) - 1, 0.0)
    return (25.0 + rise_c + random.normal(0, 0.05, (count, card.sequence_length))).astype(np.float32)


def measure(engine_name: str, model: Path, count: int, seconds: float) -> dict[str, Any]:
    """Load, then predict the same batch again and again for so long; at least 20 times."""
    import numpy as np

    pid = os.getpid()
    before_mb, started_s = resident_mb(pid), perf_counter()
    import_engine(engine_name)
    import_s, started_s = perf_counter() - started_s, perf_counter()
    engine = load(engine_name, model)
    load_s, loaded_mb = perf_counter() - started_s, resident_mb(pid)
    windows = make_windows(count, engine.card)
    ready_mb = resident_mb(pid)
    forget_peak()
    risks, times_s = engine.predict(windows), list[float]()
    cpu_s, until_s = process_time(), perf_counter() + seconds
    while len(times_s) < 20 or perf_counter() < until_s:
        started_s = perf_counter()
        risks = engine.predict(windows)
        times_s.append(perf_counter() - started_s)
    cpu_s, peak_mb = process_time() - cpu_s, resident_mb(pid, "VmHWM")
    if risks.shape != (count,) or not np.isfinite(risks).all():
        raise SystemExit(f"{engine_name} answered {risks.shape} for {count} windows, or something that is no number")
    return {
        "engine": engine.name,
        "windows": count,
        "repeats": len(times_s),
        "p50_ms": float(np.percentile(times_s, 50)) * 1000,
        "p95_ms": float(np.percentile(times_s, 95)) * 1000,
        "p50_per_window_us": float(np.percentile(times_s, 50)) / count * 1e6,
        "cpu_per_window_us": cpu_s / len(times_s) / count * 1e6,
        "peak_rss_growth_mb": max(0.0, peak_mb - ready_mb),
        "load_rss_growth_mb": loaded_mb - before_mb,
        "import_s": import_s,
        "load_s": load_s,
    }


def main() -> None:
    """Parse the command line, measure, print JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine_case", description=__doc__)
    parser.add_argument("--engine", choices=ENGINES, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--windows", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    print(json.dumps(measure(options.engine, options.model, options.windows, options.seconds)))


if __name__ == "__main__":
    main()
