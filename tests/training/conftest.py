"""A small simulated world that several tests share: made once, in seconds, without any recording."""

import numpy as np
import pytest

from btr_training.data import INTERVAL_S, write_recording
from btr_training.simulate import simulate_abuse, simulate_benign
from btr_training.windows import AHEAD, LENGTH, WindowPool


@pytest.fixture(scope="session")
def abused():
    return simulate_abuse(3, 12)


@pytest.fixture(scope="session")
def benign():
    return simulate_benign(3, 8)


@pytest.fixture(scope="session")
def recordings_folder(tmp_path_factory, abused, benign):
    """Three experiments that ran away, with two sensors each, and three quiet ones, as files of the training format."""
    folder = tmp_path_factory.mktemp("recordings")
    runaways = [trace for trace in abused if trace.kind == "runaway"][:3]
    for number, trace in enumerate([*runaways, *benign[:3]]):
        for sensor in range(2):
            heard = np.isfinite(trace.temp_c)
            # The time axis of an experiment is its own: that is how its sensors are recognised.
            time_s = np.flatnonzero(heard) * INTERVAL_S + 0.001 * number
            suffix = "_exception" if trace.kind == "runaway" else ""
            path = folder / f"temp_data_{number * 2 + sensor:03d}{suffix}.csv"
            write_recording(path, time_s, trace.temp_c[heard] + 0.3 * sensor)
    return folder


@pytest.fixture(scope="session")
def separable_pool():
    """Windows that rise are positive, flat ones negative."""
    rng = np.random.default_rng(3)
    rising = np.arange(60) * rng.uniform(0.2, 1.0, (200, 1))
    flat = np.concatenate([20 + rising, np.full((200, 60), 20.0)]) + rng.normal(0, 0.02, (400, 60))
    labels = np.repeat([1.0, 0.0], 200).astype(np.float32)
    starts = np.arange(400) * 60
    names = np.full(400, "one")
    # What rises goes on rising as it did.
    ahead_k = labels[:, None] * (flat[:, -1] - flat[:, 0])[:, None] / 59 * np.array(AHEAD)
    weights = np.ones(400, np.float32)
    return WindowPool(flat.astype(np.float32).ravel(), starts, labels, weights, names, ahead_k.astype(np.float32))


@pytest.fixture(scope="session")
def odd_windows():
    """Ten thousand windows that an engine may be asked: walks, constants, steps, and noise from -50 to 200 degC."""
    rng = np.random.default_rng(9)
    count = 2500
    levels = rng.uniform(-50, 200, (4, count, 1))
    walks = levels[0] + np.cumsum(rng.normal(0, rng.choice([0.02, 0.3, 3.0], (count, 1)), (count, LENGTH)), axis=1)
    constants = np.broadcast_to(levels[1], (count, LENGTH))
    steps = np.where(np.arange(LENGTH) < rng.integers(1, LENGTH, (count, 1)), levels[2], levels[3])
    noise = rng.uniform(-50, 200, (count, LENGTH))
    ends = np.repeat([[-50.0], [200.0]], LENGTH, axis=1)
    return np.concatenate([walks, constants[:-2], ends, steps, noise]).astype(np.float32)
