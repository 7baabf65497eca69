"""The network and its ONNX file: the same function, the same bytes, and blind to absolute temperature."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch
from torch.nn import functional

from btr_core.errors import ModelCardError
from btr_core.risk.engine import load_engine
from btr_training.calibrate import Calibration, slope_for, threshold_for, vote
from btr_training.card import make_card, write_model
from btr_training.config import AlarmConfig, Config, TrainConfig
from btr_training.errors import TrainingError
from btr_training.families.tcn import FAMILY, LAYERS, LEFT_PAD, RiskNet, feature_kernel
from btr_training.graph import logit_model, with_calibration
from btr_training.neural import weight_count
from btr_training.train import Forecast, disturb

CALIBRATION = Calibration(1.3, 0.7)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(4)
    net = RiskNet()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return net.eval()


def windows(count=300, seed=2):
    rng = np.random.default_rng(seed)
    slopes = rng.choice([0.0, 0.02, 0.2, 2.0], (count, 1)) * np.arange(60)
    return (rng.uniform(-20, 120, (count, 1)) + slopes + rng.normal(0, 0.2, (count, 60))).astype(np.float32)


def probability(net, values):
    with torch.inference_mode():
        logits = net(torch.from_numpy(values)).numpy()
    return 1 / (1 + np.exp(-CALIBRATION.scale * (logits - CALIBRATION.threshold)))


def build_model(net, calibration=CALIBRATION):
    return with_calibration(logit_model(net), calibration, AlarmConfig())


def run(model, values):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options).run(None, {"windows": values})[0]


def test_the_pyramid_is_a_dilated_causal_network_at_its_newest_output(net):
    """Given layers with dilation 1, 2, 4, 8, 16 on every sample; the strided form is their last value."""
    values = torch.from_numpy(windows(20))
    signal = net.features(values)
    signal = functional.pad(signal, (LEFT_PAD, 0))
    for index, layer in enumerate(net.layers):
        dilation = 2**index
        after = functional.conv1d(signal, layer.weight, layer.bias, dilation=dilation)
        skip = signal[:, :, 2 * dilation :] if index else 0
        signal = torch.relu(after + skip)
    logits = net.output(torch.relu(net.hidden(signal[:, :, -1]))).squeeze(1)
    assert len(net.layers) == LAYERS
    assert torch.allclose(logits, net(values), atol=1e-4)


def test_it_has_about_six_thousand_weights():
    assert 5000 < weight_count(RiskNet()) < 6500


def test_the_exported_file_answers_as_the_network_does(net):
    values = windows()
    assert np.abs(run(build_model(net), values) - probability(net, values)).max() < 1e-5


def test_the_feature_filter_of_the_file_is_the_slicing_of_the_network(net):
    values = torch.from_numpy(windows(5))
    median = torch.median(torch.stack([values[:, :-2], values[:, 1:-1], values[:, 2:]]), dim=0).values
    levels = functional.pad(torch.stack([median - median[:, :1], median - median[:, -1:]], dim=1), (10, 0))
    scaled = functional.conv1d(levels, torch.from_numpy(feature_kernel()))
    assert torch.allclose(functional.softsign(scaled), net.features(values), atol=1e-5)


def test_the_calibrated_threshold_reads_one_half(net):
    values = windows(50)
    with torch.inference_mode():
        logit = float(net(torch.from_numpy(values[:1])))
    model = build_model(net, Calibration(1.3, logit))
    assert run(model, values[:1])[0] == pytest.approx(0.5, abs=1e-4)


def test_equal_weights_give_equal_bytes(net):
    again = RiskNet()
    again.load_state_dict(net.state_dict())
    assert build_model(net) == build_model(again.eval())


def test_absolute_temperature_does_not_matter(net):
    values = windows(40).clip(0, 60)
    assert np.abs(probability(net, values) - probability(net, values + 40)).max() < 1e-3


def test_one_wrong_sample_hardly_moves_the_answer(net):
    values = np.full((58, 60), 25.0, dtype=np.float32)
    spiked = values.copy()
    spiked[np.arange(58), np.arange(1, 59)] += 15
    assert np.abs(probability(net, spiked) - probability(net, values)).max() < 1e-6


def test_answers_do_not_depend_on_the_batch(net):
    model = build_model(net)
    values = windows(64)
    alone = np.concatenate([run(model, values[row : row + 1]) for row in range(64)])
    assert np.abs(alone - run(model, values)).max() < 1e-6


def test_model_and_card_pass_the_check_of_the_integration_and_a_changed_file_does_not(net, tmp_path):
    config = Config()
    model = build_model(net)
    path = tmp_path / "battery_risk.onnx"
    write_model(path, model, make_card(config, model, "0" * 64, {"events": 3}))
    engine = load_engine(path)
    assert engine.card.alarm.threshold == 0.5
    assert np.abs(engine.predict(windows()) - probability(net, windows())).max() < 1e-5
    path.write_bytes(model[:-1] + b"\x00")
    with pytest.raises(ModelCardError):
        load_engine(path)


def test_a_network_that_also_foretells_learns_both_and_keeps_its_size(separable_pool):
    pool = separable_pool
    config = Config(train=TrainConfig(epochs=30, batch_size=50, learning_rate=0.01, forecast_weight=5.0))
    losses = []
    fitted = FAMILY.fit(pool, config, lambda _epoch, _epochs, loss: losses.append(loss))
    assert losses[-1] < 0.3 * losses[0]
    assert fitted.facts == FAMILY.fit(pool, Config(train=TrainConfig(epochs=1)), lambda *_: None).facts
    assert not any(layer._forward_pre_hooks for layer in fitted.net.modules()), "the file answers without the forecast"


def test_a_forecast_is_not_judged_where_the_recording_ends(net, separable_pool):
    ahead_k = separable_pool.ahead_k.copy()
    ahead_k[0] = np.nan
    pool = replace(separable_pool, ahead_k=ahead_k)
    forecast = Forecast(net, pool)
    net(torch.from_numpy(windows(2)))
    rows = np.array([0, 1])
    assert torch.isfinite(forecast.loss(rows, torch.ones(2)))
    assert forecast.loss(rows, torch.tensor([1.0, 0.0])) == 0.0
    forecast.remove()


def test_training_learns_and_is_the_same_for_the_same_seed(separable_pool):
    pool = separable_pool
    config = Config(train=TrainConfig(epochs=30, batch_size=50, learning_rate=0.01))
    losses = []
    first = FAMILY.fit(pool, config, lambda _epoch, _epochs, loss: losses.append(loss))
    again = FAMILY.fit(pool, config, lambda *_: None)
    assert losses[-1] < 0.3 * losses[0]
    assert logit_model(first) == logit_model(again)
    logits = first.logits(pool.flat.reshape(400, 60))
    assert logits[:200].min() > logits[200:].max()


def test_disturbed_windows_keep_their_shape_and_level():
    values = torch.from_numpy(np.full((2000, 60), 20.0, dtype=np.float32))
    disturbed = disturb(np.random.default_rng(1), values)
    assert disturbed.shape == values.shape
    changed = (disturbed != values).any(dim=1).float().mean()
    assert 0.2 < changed < 0.5
    assert (disturbed - values).abs().max() < 1.0


def test_k_of_n_is_the_kth_largest_of_the_last_n():
    scores = np.array([0.9, 0.1, 0.8, np.nan, 0.7, 0.95], dtype=np.float32)
    voted = vote(scores, 2, 3)
    assert np.isneginf(voted[0])
    assert voted[1:].tolist() == pytest.approx([0.1, 0.8, 0.1, 0.7, 0.7])


def test_the_threshold_allows_the_false_alarms_asked_for_and_no_more():
    quiet = [np.full(7200, -3.0, np.float32) for _ in range(24)]
    for place, peak in enumerate((2.0, 1.0, 0.5)):
        quiet[place][1000:1005] = peak
    assert 2.0 < threshold_for(quiet, 2, 3, 0.0) < 2.01
    assert 1.0 < threshold_for(quiet, 2, 3, 1.0) < 1.01
    assert 0.5 < threshold_for(quiet, 2, 3, 2.0) < 0.51
    with pytest.raises(TrainingError, match="too few"):
        threshold_for(quiet, 2, 3, 1000.0)


def test_the_slope_is_that_of_the_logistic_regression():
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, 20_000).astype(np.float32)
    labels = (rng.random(20_000) < 1 / (1 + np.exp(-0.8 * logits + 0.3))).astype(np.float32)
    assert slope_for(logits, labels) == pytest.approx(0.8, abs=0.05)
