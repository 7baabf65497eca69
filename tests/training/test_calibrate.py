"""Calibration holds for any family: large logits of trees and networks, and data that cannot calibrate anything."""

import numpy as np
import pytest

from btr_training.calibrate import FLATTEST, STEEPEST, slope_for, threshold_for
from btr_training.errors import TrainingError


@pytest.fixture
def mixture():
    """Logits of two classes two sigma apart: the slope of their logistic regression is 2 by Bayes."""
    rng = np.random.default_rng(0)
    labels = (rng.random(5000) < 0.3).astype(np.float32)
    return (rng.normal(0.0, 1.0, 5000) + 2.0 * labels).astype(np.float32), labels


@pytest.mark.parametrize("factor", [2.0, 4.0, 8.0])
def test_the_slope_is_found_however_large_the_logits_are(mixture, factor):
    logits, labels = mixture
    assert slope_for(logits * np.float32(factor), labels) == pytest.approx(2.0 / factor, rel=0.06)


def test_a_few_huge_logits_do_not_throw_the_slope_to_the_other_end():
    rng = np.random.default_rng(1062)
    labels = (rng.random(2000) < 0.005).astype(np.float32)
    logits = (rng.standard_cauchy(2000) + 4.0 * labels).astype(np.float32)
    assert slope_for(logits, labels) == FLATTEST


def test_a_slope_stays_within_its_bounds(mixture):
    logits, labels = mixture
    assert slope_for(logits / 10.0, labels) == STEEPEST
    assert slope_for(logits * 100.0, labels) == FLATTEST
    assert slope_for(-logits, labels) == FLATTEST
    assert slope_for(labels * 2.0 - 1.0, labels) == STEEPEST, "classes that are separated ask for any slope"


@pytest.mark.parametrize("labels", [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], []])
def test_labels_of_one_kind_calibrate_nothing(labels):
    with pytest.raises(TrainingError, match="do not calibrate"):
        slope_for(np.arange(len(labels), dtype=np.float32), np.array(labels, dtype=np.float32))


def test_benign_traces_without_a_window_set_no_threshold():
    with pytest.raises(TrainingError, match="too few complete windows"):
        threshold_for([np.full(3000, np.nan, np.float32)], 2, 3, 2.0)
