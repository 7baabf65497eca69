"""Nothing leaks, whatever the experiments: no window, sensor or experiment on both sides of any split."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btr_training import simulate
from btr_training.config import Config, DataConfig, SimulationConfig
from btr_training.data import write_recording
from btr_training.fitting import training_pool
from btr_training.pipeline import split_folds
from btr_training.prepared import Prepared, prepare
from btr_training.windows import LENGTH, NEGATIVE, POSITIVE, Trace, complete_windows, label_windows, windows_ending_at

SAMPLES = 150
KINDS = ("runaway", "heated", "benign")


def sensor(number, experiment, kind):
    """A trace whose every window tells by its level which sensor made it: 0.5 K apart, 0.2 K wide."""
    temp_c = (number * 0.5 + np.random.default_rng(number).uniform(-0.1, 0.1, SAMPLES)).astype(np.float32)
    if kind == "runaway":
        temp_c[-10:] += np.linspace(1.0, 30.0, 10, dtype=np.float32)
    return Trace(f"{number:03d}", experiment, kind, 0.0, temp_c, temp_c)


def sensors_of(windows):
    """The numbers of the sensors that made the windows."""
    return set(np.rint(np.median(windows, axis=1) / 0.5).astype(int).tolist())


@st.composite
def recorded(draw):
    """Up to 12 experiments of up to 4 sensors each, each sensor of any kind, files in any order."""
    layout = draw(st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), min_size=1, max_size=12))
    pairs = [(f"experiment {n}", kind) for n, kinds in enumerate(layout) for kind in kinds]
    traces = [sensor(number, experiment, kind) for number, (experiment, kind) in enumerate(pairs)]
    return tuple(draw(st.permutations(traces)))


def only(traces):
    return Prepared(recorded=traces, simulated=(), validation=(), recordings_sha256=None, notes={})


@given(recorded(), st.integers(1, 8))
@settings(max_examples=60, deadline=None)
def test_every_experiment_is_left_out_exactly_once(traces, folds):
    placed = split_folds(traces, folds)
    assert placed.keys() == {trace.experiment for trace in traces}
    assert set(placed.values()) <= set(range(folds))
    hot = {trace.experiment for trace in traces if trace.kind == "runaway"}
    assert len({placed[name] for name in hot}) == min(len(hot), folds), "runaways are spread over as many as possible"
    assert split_folds(traces[::-1], folds) == placed


@given(recorded(), st.integers(1, 8))
@settings(max_examples=40, deadline=None)
def test_no_window_of_a_left_out_sensor_is_trained_on_and_all_others_are(traces, folds):
    placed = split_folds(traces, folds)
    for fold in set(placed.values()):
        left_out = frozenset(name for name, place in placed.items() if place == fold)
        pool = training_pool(Config(), only(traces), left_out)
        trained = pool.flat[pool.starts[:, None] + np.arange(LENGTH)]
        kept = {int(trace.name) for trace in traces if trace.experiment not in left_out}
        assert (sensors_of(trained) if len(pool) else set()) == kept
        assert not left_out & set(pool.experiments.tolist())


@given(recorded())
@settings(max_examples=20, deadline=None)
def test_windows_of_the_two_sides_share_no_sample(traces):
    placed = split_folds(traces, 2)
    left_out = frozenset(name for name, place in placed.items() if place == 0)
    pool = training_pool(Config(), only(traces), left_out)
    trained = set(pool.flat[pool.starts[:, None] + np.arange(LENGTH)].ravel().tolist())
    for trace in traces:
        if trace.experiment in left_out:
            assert not trained & set(trace.temp_c.tolist())


def test_labels_of_one_side_never_look_into_the_other():
    """A label looks 20 s ahead, in its own trace only: the next trace in the pool does not change it."""
    quiet, hot = sensor(1, "a", "runaway"), sensor(60, "b", "runaway")
    quiet = replace(quiet, temp_c=quiet.temp_c[:-10], clean_c=quiet.clean_c[:-10])
    pool = training_pool(Config(), only((quiet, hot)))
    of_quiet = pool.experiments == "a"
    assert of_quiet.any()
    assert not pool.labels[of_quiet].any()
    assert pool.labels[~of_quiet].any()


def test_no_window_crosses_from_one_trace_into_the_next():
    traces = tuple(sensor(number, f"{number}", "benign") for number in range(8))
    pool = training_pool(Config(), only(traces))
    assert (pool.starts // SAMPLES == (pool.starts + LENGTH - 1) // SAMPLES).all()


def test_sensors_that_were_not_declared_are_still_kept_together_by_their_clock(tmp_path):
    rng = np.random.default_rng(4)
    for logger in range(4):
        time_s = np.cumsum(rng.uniform(0.4, 0.6, 300))
        for channel in range(3):
            temp_c = 20.0 + logger + 0.1 * channel + rng.normal(0, 0.02, 300)
            suffix = "_exception" if channel == 0 else ""
            write_recording(
                tmp_path / f"{channel}{logger}{suffix}.csv", time_s[: 300 - 50 * channel], temp_c[: 300 - 50 * channel]
            )
    sizes = SimulationConfig(abused=0, benign=0, validation_abused=0, validation_benign=0)
    prepared = prepare(Config(data=DataConfig(recordings=str(tmp_path)), simulation=sizes))
    placed = split_folds(prepared.recorded, 4)
    folds = {trace.name: placed[trace.experiment] for trace in prepared.recorded}
    assert len(set(placed.values())) == 4
    assert all(len({folds[f"{channel}{logger}"] for channel in range(3)}) == 1 for logger in range(4))


@pytest.fixture(scope="module")
def simulated():
    """A prepared simulation, and the seed of every stream of random numbers that it drew from."""
    drawn, make = [], np.random.default_rng

    def spy(seed):
        drawn.append(seed)
        return make(seed)

    sizes = SimulationConfig(abused=5, benign=3, validation_abused=5, validation_benign=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulate.np.random, "default_rng", spy)
        return prepare(Config(simulation=sizes)), drawn


def test_validation_traces_come_from_streams_that_training_never_draws_from(simulated):
    _, drawn = simulated
    assert len(drawn) == 2 * (1 + 5 + 3), "a batch of cells, and a stream for each trace"
    assert len(set(drawn)) == len(drawn)


def test_no_validation_window_is_a_training_window(simulated):
    prepared, _ = simulated
    pool = training_pool(Config(), prepared)
    trained = {window.tobytes() for window in pool.flat[pool.starts[:, None] + np.arange(LENGTH)]}
    seen = 0
    for trace in prepared.validation:
        used = np.flatnonzero(np.isin(label_windows(trace), (POSITIVE, NEGATIVE)))
        ends = np.intersect1d(used, complete_windows(trace.temp_c))[::10]
        moving = [window for window in windows_ending_at(trace.temp_c, ends) if np.ptp(window) > 0.0]
        seen += len(moving)
        assert not trained & {window.tobytes() for window in moving}
    assert seen > 100
