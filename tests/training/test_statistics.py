"""Statistics of windows: right, and the same to the last bit in numpy and in the file."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from btr_training.graph import Graph, logit_model
from btr_training.statistics import ABSOLUTE, RELATIVE, StatisticsTable
from btr_training.windows import LENGTH

from .varied_windows import varied_windows

TABLES = pytest.mark.parametrize("table", [ABSOLUTE, RELATIVE], ids=["absolute", "relative"])


class FirstColumn:
    """Draws the first statistic where a model draws its logit."""

    def __init__(self, table):
        self.table = table

    def add_to(self, graph: Graph, windows: str) -> str:
        column = graph.cut(self.table.add_to(graph, windows), "column", 1, 0, 1)
        return graph.add("Squeeze", column, graph.integers("column.axis", 1), name="logit")


def in_the_file(table: StatisticsTable, windows):
    model = onnx.load_from_string(logit_model(FirstColumn(table)))
    model.graph.output.append(helper.make_tensor_value_info("statistics", TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return session.run(["statistics"], {"windows": windows})[0]


def column_of(table, name, windows):
    return table.of_windows(np.asarray(windows, dtype=np.float32))[:, table.names.index(name)]


@TABLES
def test_the_file_computes_every_statistic_to_the_last_bit(table):
    windows = varied_windows()
    assert np.array_equal(in_the_file(table, windows), table.of_windows(windows))


@TABLES
def test_a_batch_and_its_windows_alone_agree(table):
    windows = varied_windows(50)
    alone = np.concatenate([table.of_windows(windows[row : row + 1]) for row in range(len(windows))])
    assert np.array_equal(alone, table.of_windows(windows))
    assert table.of_windows(windows[:0]).shape == (0, len(table.names))


@TABLES
def test_names_are_unique(table):
    assert len(set(table.names)) == len(table.names)


def test_absolute_statistics_are_those_of_the_textbook():
    windows = np.round(varied_windows(400).clip(-50, 200).astype(np.float64) * 1024) / 1024
    steps = np.diff(windows, axis=1)
    seconds = np.arange(LENGTH) * 0.5
    expected = {
        "mean_c": windows.mean(axis=1),
        "first_c": windows[:, 0],
        "last_c": windows[:, -1],
        "change_k": windows[:, -1] - windows[:, 0],
        "slope_k_per_s": np.polyfit(seconds, windows.T, 1)[0],
        "spread_k": windows.std(axis=1),
        "least_c": windows.min(axis=1),
        "greatest_c": windows.max(axis=1),
        "range_k": np.ptp(windows, axis=1),
        "step_spread_k": steps.std(axis=1),
        "greatest_step_k": steps.max(axis=1),
        "least_step_k": steps.min(axis=1),
        "step_size_k": np.abs(steps).mean(axis=1),
    }
    assert tuple(expected) == ABSOLUTE.names
    for name, values in expected.items():
        assert column_of(ABSOLUTE, name, windows) == pytest.approx(values, rel=1e-5, abs=1e-4), name


def test_relative_statistics_of_a_steady_rise_are_those_of_the_rise():
    """Given 0.5 K/s for the whole window."""
    rising = (20 + 0.25 * np.arange(LENGTH))[None]
    expected = {
        "change_0_5_s_k": 0.25,
        "change_25_s_k": 12.5,
        "slope_3_s_k_per_s": 0.5,
        "slope_29_s_k_per_s": 0.5,
        "bend_5_s_k_per_s": 0.0,
        "least_rate_of_3_s_k_per_s": 0.5,
        "least_rate_k_per_s": 0.5,
        "greatest_rate_k_per_s": 0.5,
        "above_least_k": 57 * 0.25,
        "below_greatest_k": 0.25,
        "spread_k": 0.25 * np.arange(58).std(),
        "step_spread_k": 0.0,
        "rising_share": 1.0,
        "rising_share_of_10_s": 1.0,
        "step_size_k": 0.25,
        "noise_k": 0.0,
    }
    for name, value in expected.items():
        assert column_of(RELATIVE, name, rising)[0] == pytest.approx(value, rel=1e-6), name


def test_relative_statistics_see_when_a_rise_began():
    """Given 1 K/s in the last 6 s only, after a spike of one sample; the 2-s rates of the last 6 s begin at rest."""
    window = np.full(LENGTH, 20.0)
    window[20] = 60.0
    window[-13:] += 0.5 * np.arange(13)
    for name, value in {
        "greatest_rate_k_per_s": 1.0,
        "least_rate_of_3_s_k_per_s": 1.0,
        "least_rate_of_6_s_k_per_s": 0.0,
        "bend_5_s_k_per_s": 1.0,
        "above_least_k": 5.5,
        "change_5_s_k": 5.0,
    }.items():
        assert column_of(RELATIVE, name, window[None])[0] == pytest.approx(value, abs=0.06), name


def test_relative_statistics_do_not_know_the_level():
    windows = np.round(varied_windows(2000).clip(0, 60) * 1024).astype(np.float32) / 1024
    assert np.array_equal(RELATIVE.of_windows(windows), RELATIVE.of_windows(windows + np.float32(40)))
