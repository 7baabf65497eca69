"""Where tasks run never changes what they return: this process, others, a Ray cluster."""

import pytest
import ray

from btr_training.config import load_config
from btr_training.errors import TrainingError
from btr_training.fitting import train_one
from btr_training.prepared import prepare
from btr_training.scale_out import LOCAL, Workers

TASKS = [(3, 2), (2, 10), (5, 0)]
ANSWERS = [9, 1024, 1]

TINY = [
    "simulation.abused=8",
    "simulation.benign=8",
    "simulation.validation_abused=4",
    "simulation.validation_benign=12",
    "alarm.false_per_day=8.0",
    "train.epochs=1",
    "train.batch_size=128",
]


def test_one_process_or_two_answer_alike_and_in_order():
    assert list(Workers(1).run(pow, TASKS)) == ANSWERS
    assert list(Workers(2).run(pow, TASKS)) == ANSWERS


def test_a_ray_cluster_trains_the_very_same_model():
    config = load_config(None, TINY)
    task = (config, prepare(config), "final", frozenset())
    try:
        assert list(Workers(1, LOCAL).run(pow, TASKS)) == ANSWERS
        ((there, _),) = Workers(1, LOCAL).run(train_one, [task])
        assert len(ray.nodes()) == 1
    finally:
        ray.shutdown()
    ((here, _),) = Workers(1).run(train_one, [task])
    assert there == here


def test_a_cluster_that_is_not_there_is_said_in_one_sentence():
    with pytest.raises(TrainingError, match="no cluster answers there"):
        list(Workers(1, "nonsense://nowhere").run(pow, TASKS))
