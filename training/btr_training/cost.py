"""One training of one family, in a process of its own: ``python -m btr_training.cost CONFIG``.

Prints JSON: windows, passes over them, seconds of the fit alone, memory with the data loaded and at most during the
fit, and versions. The benchmark of training runs it; Linux only, for it reads its memory from ``/proc``.
"""

import argparse
import gc
import json
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from .config import Config, load_config
from .families import family_of
from .family import Progress
from .fitting import training_pool
from .pipeline import versions
from .prepared import prepare
from .windows import WindowPool

Fit = Callable[[WindowPool, Config, Progress], object]


def memory_mb(field: str) -> float:
    """Return ``VmRSS``, the resident memory now, or ``VmHWM``, the most since :func:`forget_peak`."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{field}:"))


def forget_peak() -> None:
    """Let the most resident memory count from now."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")


def main(fit: Fit | None = None) -> None:
    """Make the data, fit by the configured family or by another ``fit``, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    options = parser.parse_args()
    config = load_config(options.config, options.changes)
    pool = training_pool(config, prepare(config))
    chosen = fit or family_of(config.model.family).fit
    passes: list[float] = []
    forget_peak()
    before_mb = memory_mb("VmRSS")
    started_s = perf_counter()
    chosen(pool, config, lambda _step, _steps, loss: passes.append(loss))
    seconds = perf_counter() - started_s
    figures = {
        "windows": len(pool),
        "passes": max(1, len(passes)),
        "seconds": seconds,
        "data_mb": before_mb,
        "peak_mb": memory_mb("VmHWM"),
        "versions": versions(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
