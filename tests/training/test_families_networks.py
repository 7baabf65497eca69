"""The networks of the originals: each learns, and its file answers as it does, on whatever it is asked."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import onnxruntime
import pytest
import torch

from btr_core.risk.engine import load_engine
from btr_training.calibrate import Calibration
from btr_training.card import make_card, write_model
from btr_training.config import AlarmConfig, Config, ModelConfig, NetworkConfig, TrainConfig
from btr_training.errors import ConfigError
from btr_training.families import FAMILIES
from btr_training.features import LEAST_SCALE_K, Standardised, add_cleaned, cleaned
from btr_training.fitting import training_pool
from btr_training.graph import Graph, logit_model, with_calibration
from btr_training.prepared import Prepared
from btr_training.windows import Trace

NETWORKS = ("lstm", "lstm_60s", "gru", "cnn_lstm", "transformer")
CALIBRATION = Calibration(1.3, 0.7)
SMALL = Config(
    train=TrainConfig(epochs=1, batch_size=100, learning_rate=0.01), network=NetworkConfig(width=16, layers=1)
)
LEARNING = Config(
    train=TrainConfig(epochs=15, batch_size=50, learning_rate=0.005), network=NetworkConfig(width=16, layers=2)
)


def fit(name, pool, config=SMALL):
    return FAMILIES[name].fit(pool, config, lambda *_: None)


@pytest.fixture(scope="module", params=NETWORKS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def trained(name, separable_pool):
    """A network of two layers, trained, and the losses on the way."""
    losses = []
    fitted = FAMILIES[name].fit(separable_pool, LEARNING, lambda _epoch, _epochs, loss: losses.append(loss))
    return fitted, losses


@pytest.fixture(scope="module")
def fitted(trained):
    return trained[0]


@pytest.fixture(scope="module")
def model(fitted):
    return with_calibration(logit_model(fitted), CALIBRATION, AlarmConfig())


@lru_cache
def session(model):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options)


def run(model, windows):
    return session(model).run(None, {"windows": windows})[0]


def probability(fitted, windows):
    return 1 / (1 + np.exp(-CALIBRATION.scale * (fitted.logits(windows) - CALIBRATION.threshold)))


def test_the_exported_file_answers_as_the_network_does_on_ten_thousand_odd_windows(fitted, model, odd_windows):
    wanted = probability(fitted, odd_windows)
    assert len(odd_windows) == 10_000
    assert wanted.std() > 0.05
    assert np.abs(run(model, odd_windows) - wanted).max() <= 1e-5


def test_answers_do_not_depend_on_the_batch(model, odd_windows):
    few = odd_windows[::200]
    alone = np.concatenate([run(model, few[row : row + 1]) for row in range(len(few))])
    assert np.abs(alone - run(model, odd_windows)[::200]).max() < 1e-6


def test_equal_weights_give_equal_bytes(name, fitted, model, separable_pool):
    again = fit(name, separable_pool, replace(SMALL, network=LEARNING.network))
    again.net.load_state_dict(fitted.net.state_dict())
    assert with_calibration(logit_model(again), CALIBRATION, AlarmConfig()) == model


def test_the_integration_accepts_the_file_and_its_card(name, fitted, model, tmp_path, odd_windows):
    config = replace(SMALL, model=ModelConfig(family=name))
    write_model(tmp_path / "model.onnx", model, make_card(config, model, "0" * 64, {}))
    assert len(model) < 200_000
    for engine in ("onnxruntime", "numpy"):
        loaded = load_engine(tmp_path / "model.onnx", prefer=engine)
        assert (loaded.card.family, loaded.card.horizon_s) == (name, 60.0 if name == "lstm_60s" else 20.0)
        some = odd_windows[::20]
        assert np.abs(loaded.predict(some) - probability(fitted, some)).max() <= 1e-5


def test_it_learns(trained, separable_pool):
    fitted, losses = trained
    assert losses[-1] < 0.3 * losses[0]
    logits = fitted.logits(separable_pool.flat.reshape(400, 60))
    assert logits[:200].min() > logits[200:].max()


def test_the_same_seed_gives_the_same_file_and_another_seed_another(name, separable_pool):
    first, again = (logit_model(fit(name, separable_pool)) for _ in range(2))
    other = fit(name, separable_pool, replace(SMALL, train=replace(SMALL.train, seed=2)))
    assert first == again
    assert first != logit_model(other)


def test_its_facts_tell_the_size_and_the_statistics(fitted, separable_pool):
    facts = fitted.facts
    scaler = Standardised(separable_pool)
    assert facts["weights"] == sum(parameter.numel() for parameter in fitted.net.parameters())
    assert facts["scaler"] == {"mean": scaler.mean.tolist(), "scale": scaler.scale.tolist()}


def test_the_statistics_are_those_of_the_windows_of_the_pool(separable_pool):
    scaler = Standardised(separable_pool)
    medians = np.median(
        np.lib.stride_tricks.sliding_window_view(separable_pool.flat.reshape(400, 60), 3, axis=1), axis=2
    )
    level, change = medians[:, 1:], np.diff(medians, axis=1)
    assert scaler.mean.tolist() == pytest.approx([level.mean(), change.mean()], rel=1e-4)
    assert scaler.scale.tolist() == pytest.approx([level.std(), change.std()], rel=1e-4)


def test_samples_outside_the_windows_of_the_pool_do_not_move_the_statistics(separable_pool):
    """Given a pool whose traces hold an absurd level where no window was drawn."""
    longer = replace(separable_pool, flat=np.concatenate([separable_pool.flat, np.full(6000, 190.0, np.float32)]))
    assert Standardised(longer).facts == Standardised(separable_pool).facts


def test_an_experiment_that_is_left_out_does_not_move_the_statistics():
    """Given one quiet experiment, and one at an absurd level that is kept for the judgement."""

    def trace(experiment, level_c):
        temp_c = (level_c + np.random.default_rng(1).normal(0, 0.1, 2000)).astype(np.float32)
        return Trace(experiment, experiment, "benign", 0.0, temp_c, temp_c)

    def statistics(recorded, left_out):
        prepared = Prepared(recorded, (trace("simulated", 30.0),), (), None, {})
        return Standardised(training_pool(Config(), prepared, left_out)).facts["scaler"]

    quiet, absurd = trace("quiet", 20.0), trace("absurd", 190.0)
    kept_out = statistics((quiet, absurd), frozenset({"absurd"}))
    assert kept_out == statistics((quiet,), frozenset())
    assert kept_out["mean"][0] < 31.0
    assert statistics((quiet, absurd), frozenset())["mean"][0] > 60.0


def test_a_pool_without_any_change_is_not_divided_by_zero(separable_pool):
    flat = replace(separable_pool, flat=np.full_like(separable_pool.flat, 20.0))
    scaler = Standardised(flat)
    assert scaler.scale.tolist() == pytest.approx([LEAST_SCALE_K] * 2)
    assert torch.isfinite(scaler(torch.full((1, 60), 25.0))).all()


def test_features_are_bounded_and_deaf_to_one_wrong_sample(separable_pool, odd_windows):
    scaler = Standardised(separable_pool)
    assert scaler(torch.from_numpy(odd_windows)).abs().max() <= 1.0
    spiked = torch.full((58, 60), 25.0)
    spiked[torch.arange(58), torch.arange(1, 59)] = 195.0
    assert torch.equal(scaler(spiked), scaler(torch.full((58, 60), 25.0)))


def test_cleaning_as_nodes_is_cleaning_in_torch(odd_windows):
    class Last:
        def add_to(self, graph: Graph, windows: str) -> str:
            median = add_cleaned(graph, windows)
            last = graph.cut(median, "last", 1, 57, 58)
            return graph.add("Squeeze", last, graph.integers("axis", 1), name="logit")

    torch_answer = cleaned(torch.from_numpy(odd_windows))[:, -1].numpy()
    assert np.array_equal(run(logit_model(Last()), odd_windows), torch_answer)


def test_a_width_that_the_heads_cannot_share_is_refused(separable_pool):
    with pytest.raises(ConfigError, match="multiple of"):
        fit("transformer", separable_pool, replace(SMALL, network=NetworkConfig(width=18, heads=4)))
