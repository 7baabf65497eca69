"""A small simulated world that several tests share: made once, in seconds, without any recording."""

import numpy as np
import pytest

from btr_training.data import INTERVAL_S, write_recording
from btr_training.simulate import simulate_abuse, simulate_benign


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
