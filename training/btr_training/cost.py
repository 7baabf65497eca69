"""One training of one family, in a process of its own: ``python -m btr_training.cost CONFIG``.

Prints JSON: windows, passes over them, seconds of the fit alone, and how far the peak memory rose above what was there
with the data loaded. The benchmark of training runs it.
"""

import argparse
import json
import resource
from pathlib import Path
from time import perf_counter

from .config import load_config
from .families import family_of
from .pipeline import prepare, training_pool


def peak_mb() -> float:
    """Return the highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Make the data, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], dest="changes")
    options = parser.parse_args()
    config = load_config(options.config, options.changes)
    pool = training_pool(config, prepare(config))
    passes: list[float] = []
    before_mb = peak_mb()
    started_s = perf_counter()
    family_of(config.model.family).fit(pool, config, lambda _step, _steps, loss: passes.append(loss))
    seconds = perf_counter() - started_s
    figures = {
        "family": config.model.family,
        "windows": len(pool),
        "passes": max(1, len(passes)),
        "seconds": seconds,
        "data_mb": before_mb,
        "growth_mb": peak_mb() - before_mb,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
