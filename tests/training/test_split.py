"""Splits of recordings that were written and read again; test_leaks searches among random ones."""

import pytest

from btr_training.config import Config, DataConfig, SimulationConfig, TrainConfig
from btr_training.fitting import training_pool
from btr_training.pipeline import split_folds
from btr_training.prepared import prepare
from btr_training.windows import LENGTH


@pytest.fixture(scope="module")
def config(recordings_folder):
    return Config(
        data=DataConfig(recordings=str(recordings_folder)),
        simulation=SimulationConfig(abused=0, benign=0, validation_abused=0, validation_benign=0),
        train=TrainConfig(folds=3),
    )


@pytest.fixture(scope="module")
def prepared(config):
    return prepare(config)


def test_every_experiment_is_in_one_fold_and_every_fold_has_a_runaway(prepared):
    folds = split_folds(prepared.recorded, 3)
    assert folds.keys() == {trace.experiment for trace in prepared.recorded}
    for fold in range(3):
        kinds = {trace.kind for trace in prepared.recorded if folds[trace.experiment] == fold}
        assert "runaway" in kinds


def test_no_window_of_a_left_out_experiment_is_trained_on(config, prepared):
    folds = split_folds(prepared.recorded, 3)
    for fold in range(3):
        left_out = frozenset(name for name, place in folds.items() if place == fold)
        pool = training_pool(config, prepared, left_out)
        assert not left_out & set(pool.experiments)
        windows = {pool.flat[start : start + LENGTH].tobytes() for start in pool.starts}
        for trace in prepared.recorded:
            if trace.experiment in left_out and trace.kind == "runaway":
                rows = range(0, len(trace.temp_c) - LENGTH, 7)
                assert not any(trace.temp_c[row : row + LENGTH].tobytes() in windows for row in rows)


def test_all_recordings_are_trained_on_in_the_end(config, prepared):
    pool = training_pool(config, prepared)
    assert {trace.experiment for trace in prepared.recorded} <= set(pool.experiments)
