"""Windows of every kind that tells two computations of one thing apart."""

import numpy as np

from btr_training.windows import LENGTH


def varied_windows(count=10_000, seed=6):
    """Constants, ramps, noise, converter steps of 0.25 K, jumps and readings beyond the range, an equal share each."""
    rng = np.random.default_rng(seed)
    base = np.repeat(rng.uniform(-50, 190, (count, 1)), LENGTH, axis=1)
    ramps = rng.choice([-0.3, 0.005, 0.1, 1.0], (count, 1)) * np.arange(LENGTH)
    noise = rng.normal(0, 1, (count, LENGTH)) * rng.choice([0.01, 0.2, 3.0], (count, 1))
    jumps = np.where(np.arange(LENGTH) < rng.integers(0, LENGTH, (count, 1)), 0.0, rng.uniform(-40, 40, (count, 1)))
    kinds = [base, base + ramps, base + ramps + noise, np.round((base + ramps) * 4) / 4, base + jumps]
    kinds += [rng.choice([-50.0, 200.0], (count, LENGTH)), base * 3]
    return np.concatenate([kind[place :: len(kinds)] for place, kind in enumerate(kinds)]).astype(np.float32)
