"""Forest, boosting and rules: what is trained is what the file answers, in ONNX Runtime and in numpy alone."""

import numpy as np
import pytest

from btr_core.risk.engine import load_engine
from btr_core.risk.rule_engine import RuleEngine
from btr_training.calibrate import Calibration
from btr_training.card import make_card, write_model
from btr_training.config import AlarmConfig, Config, ModelConfig, TreesConfig
from btr_training.families import FAMILIES
from btr_training.graph import logit_model, with_calibration
from btr_training.scoring import LogitFile
from btr_training.statistics import RELATIVE
from btr_training.trees import exact_unit, round_in_place, rounded_down, tree_data
from btr_training.windows import AHEAD, LENGTH, WindowPool

from .varied_windows import varied_windows

TREES = ("random_forest", "gradient_boosting")
RULES = ("rate_rule", "limit_rule")
UNCHANGED = Calibration(1.0, 0.0)
SMALL = TreesConfig(count=30, depth=6, leaf=5)


def pool_of(windows, labels):
    count = len(windows)
    ahead_k = np.full((count, len(AHEAD)), np.nan, np.float32)
    weights = np.ones(count, np.float32)
    starts = np.arange(count) * LENGTH
    return WindowPool(windows.ravel(), starts, labels.astype(np.float32), weights, np.full(count, "one"), ahead_k)


def varied_pool(count=4000):
    """Windows of all kinds; those that rose by 2 K in the last 10 s are positive, nine times out of ten."""
    windows = varied_windows(count, seed=11)
    labels = (windows[:, -1] - windows[:, -20] > 2.0) & (np.random.default_rng(8).random(len(windows)) < 0.9)
    return pool_of(windows, labels)


@pytest.fixture(scope="module")
def fitted():
    return {name: fit(name, varied_pool()) for name in TREES + RULES}


def fit(name, pool, progress=lambda *_: None):
    return FAMILIES[name].fit(pool, config_of(name), progress)


def config_of(name):
    return Config(model=ModelConfig(family=name), trees=SMALL)


def probability(name, fitted, windows):
    """As the integration computes it: the file with its sigmoid, a rule with its own 0.5."""
    return LogitFile(with_calibration(logit_model(fitted[name]), UNCHANGED, AlarmConfig())).logits(windows)


@pytest.mark.parametrize("name", TREES + RULES)
def test_the_file_answers_as_the_trained_model_does_for_ten_thousand_windows(name, fitted):
    windows = varied_windows(10_000, seed=12)
    exported = LogitFile(logit_model(fitted[name])).logits(windows)
    assert np.abs(exported - fitted[name].logits(windows)).max() <= 1e-5
    assert np.ptp(exported) > 1.0


@pytest.mark.parametrize("name", TREES)
def test_a_sample_on_the_very_threshold_takes_the_same_branch(name, fitted):
    """Given the windows that were trained on, whose statistics the thresholds were put between."""
    windows = varied_pool().flat.reshape(-1, LENGTH)
    exported = LogitFile(logit_model(fitted[name])).logits(windows)
    assert np.abs(exported - fitted[name].logits(windows)).max() <= 1e-5


@pytest.mark.parametrize("name", TREES + RULES)
def test_the_integration_takes_file_and_card_and_computes_the_same_without_onnxruntime(name, fitted, tmp_path):
    windows = varied_windows(2000, seed=13)
    model = with_calibration(logit_model(fitted[name]), UNCHANGED, AlarmConfig())
    path = tmp_path / "model.onnx"
    write_model(path, model, make_card(config_of(name), model, "0" * 64, {}))
    engine, alone = load_engine(path, "onnxruntime"), load_engine(path, "numpy")
    assert engine.card.family == name
    assert np.abs(engine.predict(windows) - alone.predict(windows)).max() <= 1e-6


@pytest.mark.parametrize("name", TREES)
def test_training_learns_and_is_the_same_for_the_same_seed(name):
    rng = np.random.default_rng(3)
    rising = 20 + np.arange(LENGTH) * rng.uniform(0.2, 1.0, (300, 1))
    windows = np.concatenate([rising, np.full((300, LENGTH), 20.0)]) + rng.normal(0, 0.02, (600, LENGTH))
    windows = windows.astype(np.float32)
    pool = pool_of(windows, np.repeat([1.0, 0.0], 300))
    first = fit(name, pool)
    logits = first.logits(windows)
    assert logits[:300].min() > logits[300:].max()
    assert logit_model(first) == logit_model(fit(name, pool))
    assert sum(first.facts["splits"].values()) == first.facts["leaves"] - first.facts["trees"]


def test_boosting_tells_the_loss_of_every_stage():
    told = []
    fit("gradient_boosting", varied_pool(500), lambda *stage: told.append(stage))
    assert [stage[:2] for stage in told] == [(number, SMALL.count) for number in range(1, SMALL.count + 1)]
    assert told[-1][2] < 0.7 * told[0][2]


def test_boosting_does_not_know_the_level(fitted):
    windows = np.round(varied_windows(1000).clip(0, 60) * 1024).astype(np.float32) / 1024
    boosting = fitted["gradient_boosting"]
    assert np.array_equal(boosting.logits(windows), boosting.logits(windows + np.float32(40)))


def test_a_dearer_false_alarm_makes_the_trees_more_careful():
    pool = varied_pool()
    weights = tree_data(pool, RELATIVE, Config().train).weights
    assert np.array_equal(weights, np.where(pool.labels > 0, 1.0, Config().train.negative_weight))


def test_a_threshold_is_rounded_down_so_that_no_float32_changes_sides():
    thresholds = np.random.default_rng(1).normal(0, 100, 2000)
    rounded = rounded_down(thresholds)
    assert (rounded.astype(np.float64) <= thresholds).all()
    assert (np.nextafter(rounded, np.float32(np.inf)).astype(np.float64) > thresholds).all()


def test_rounded_leaves_have_one_float32_sum_in_any_order():
    rng = np.random.default_rng(2)
    leaves = [rng.normal(0, 0.3, 20) for _ in range(200)]
    original = np.array(leaves)
    round_in_place(leaves)
    terms = np.array([array[0] for array in leaves])
    assert np.abs(np.array(leaves) - original).max() <= exact_unit(original) / 2 < 1e-4
    for _ in range(5):
        total = np.float32(0)
        for term in rng.permutation(terms).astype(np.float32):
            total += term
        assert float(total) == terms.sum()


def test_the_rate_rule_decides_as_the_engine_of_the_integration_does(fitted):
    rng = np.random.default_rng(4)
    near = 20 + 0.25 * np.arange(LENGTH) + rng.normal(0, 0.05, (4000, LENGTH))
    windows = np.concatenate([varied_windows(6000, seed=14), near]).astype(np.float32)
    expected = RuleEngine().predict(windows) >= 0.5
    assert 500 < expected.sum() < 9500
    assert np.array_equal(probability("rate_rule", fitted, windows) >= 0.5, expected)


@pytest.mark.parametrize("start_c", [-40.0, 0.0, 25.0, 100.0])
def test_the_rate_rule_holds_from_its_limit_on_and_for_three_seconds(fitted, start_c):
    """Given 0.5 degC/s for 5 s, which is 3 s of 2-s rates; then a hair less at the end, then half a second less."""
    window = np.full(LENGTH, start_c, np.float32)
    window[-11:] += 0.25 * np.arange(11, dtype=np.float32)
    slower, shorter = window.copy(), np.concatenate([window[:1], window[:-1]])
    slower[-1] = np.nextafter(slower[-1], np.float32(-np.inf))
    shorter[-11:-10] = shorter[-10]
    at_limit, below, early = probability("rate_rule", fitted, np.stack([window, slower, shorter]))
    assert at_limit >= 0.5
    assert below < 0.5
    assert early < 0.5


def test_the_limit_rule_holds_from_60_degc_on_in_three_samples(fitted):
    hair_less = np.nextafter(np.float32(60), np.float32(0))
    windows = np.full((5, LENGTH), 20.0, np.float32)
    windows[0, -3:] = 60.0
    windows[1, -3:] = [60.0, hair_less, 60.0]
    windows[2, -2:] = 90.0
    windows[3, -3:] = [hair_less, 60.0, 60.0]
    windows[4, -4:-1] = 90.0
    assert (probability("limit_rule", fitted, windows) >= 0.5).tolist() == [True, False, False, False, False]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_its_own_limit(name):
    assert not FAMILIES[name].calibrated
