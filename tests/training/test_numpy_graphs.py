"""Whole graphs on numpy: memory that is used again never changes an answer, and the families of models agree."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from .numpy_graphs import by_numpy, by_runtime, plan

WINDOW = np.random.default_rng(3).normal(size=(3, 6)).astype(np.float32)
PAIRS = ("Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean")
SINGLES = ("Relu", "Tanh", "Sigmoid", "Abs", "Neg", "Identity", "Softmax", "Clip", "LeakyRelu", "Softsign", "Erf")


def graph_of(nodes, output, constants=(), shape=(3, 6), opset=17):
    initializers = [numpy_helper.from_array(np.asarray(value), name) for name, value in dict(constants).items()]
    return helper.make_model(
        helper.make_graph(
            nodes,
            "graph",
            [helper.make_tensor_value_info("windows", TensorProto.FLOAT, list(shape))],
            [helper.make_empty_tensor_value_info(output)],
            initializers,
        ),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=8,
    )


CONSTANTS = {
    "turn": np.array([6, 3], np.int64),
    "back": np.array([3, 6], np.int64),
    "minus": np.array([-1], np.int64),
    "first": np.array([0], np.int64),
    "last": np.array([-7], np.int64),
    "axis": np.array([1], np.int64),
    "weight": np.float32(0.5),
}


def views(name, number):
    """Three ways to look at the same values in the same shape, that share memory."""
    made = f"value{number}"
    middle = f"{made}.middle"
    back = helper.make_node("Reshape", [middle, "back"], [made])
    return {
        "reversed": [helper.make_node("Slice", [name, "minus", "last", "axis", "minus"], [made])],
        "reshaped": [helper.make_node("Reshape", [name, "turn"], [middle]), back],
        "turned": [helper.make_node("Transpose", [name], [middle]), back],
    }


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_a_random_graph_gives_the_same_with_its_memory_used_again(data):
    nodes, names = [], ["windows"]
    for number in range(data.draw(st.integers(2, 14))):
        one, two = (data.draw(st.sampled_from(names[-4:])) for _ in range(2))
        kind = data.draw(st.sampled_from(["pair", "single", "view", "constant"]))
        made = f"value{number}"
        if kind == "pair":
            nodes.append(helper.make_node(data.draw(st.sampled_from(PAIRS)), [one, two], [made]))
        elif kind == "constant":
            nodes.append(helper.make_node("Mul", [one, "weight"], [made]))
        elif kind == "single":
            nodes.append(helper.make_node(data.draw(st.sampled_from(SINGLES)), [one], [made]))
        else:
            nodes += views(one, number)[data.draw(st.sampled_from(["reversed", "reshaped", "turned"]))]
        names.append(made)
    made = graph_of(nodes, names[-1], CONSTANTS)
    np.testing.assert_allclose(by_numpy(made, WINDOW), by_runtime(made, WINDOW), rtol=1e-5, atol=1e-5)


def test_a_value_that_is_still_read_keeps_its_memory():
    nodes = [
        helper.make_node("Mul", ["windows", "weight"], ["half"]),
        helper.make_node("Slice", ["half", "minus", "last", "axis", "minus"], ["mirrored"]),
        helper.make_node("Tanh", ["half"], ["bent"]),
        helper.make_node("Sub", ["bent", "mirrored"], ["out"]),
    ]
    made = graph_of(nodes, "out", CONSTANTS)
    assert [step.reuse for step in plan(made).steps] == [None, None, None, 0]
    np.testing.assert_allclose(by_numpy(made, WINDOW), np.tanh(WINDOW / 2) - WINDOW[:, ::-1] / 2, rtol=1e-6)


def test_what_depends_on_no_window_is_computed_once_and_what_nobody_needs_never():
    nodes = [
        helper.make_node("Exp", ["weight"], ["grown"]),
        helper.make_node("Sqrt", ["grown"], ["root"]),
        helper.make_node("Tanh", ["windows"], ["unused"]),
        helper.make_node("Mul", ["windows", "root"], ["out"]),
    ]
    assert [step.node.op_type for step in plan(graph_of(nodes, "out", CONSTANTS)).steps] == ["Mul"]


def test_the_small_families_are_what_their_generator_makes(tmp_path):
    models = Path(__file__).parents[1] / "fixtures" / "models"
    script = tmp_path / "make_families.py"
    shutil.copy(models / "make_families.py", script)
    subprocess.run([sys.executable, str(script)], check=True)
    made = {path.name: path.read_bytes() for path in (tmp_path / "families").iterdir()}
    assert made == {path.name: path.read_bytes() for path in (models / "families").iterdir()}


def export(module, rows):
    """The ONNX model of a torch module, as torch itself exports it, with a free number of rows."""
    file = io.BytesIO()
    torch.onnx.export(
        module, (torch.zeros(2, rows),), file, input_names=["windows"], output_names=["risk"],
        dynamic_axes={"windows": {0: "N"}, "risk": {0: "N"}}, opset_version=17, dynamo=False,
    )  # fmt: skip
    return onnx.load_from_string(file.getvalue())


class Recurrent(torch.nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cell = kind(1, 16, num_layers=2, batch_first=True, bidirectional=True)
        self.out = torch.nn.Linear(32, 1)

    def forward(self, windows):
        return torch.sigmoid(self.out(self.cell(windows[:, :, None])[0][:, -1]))[:, 0]


class Attention(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.into = torch.nn.Linear(1, 24)
        layer = torch.nn.TransformerEncoderLayer(24, 4, 48, activation="gelu", batch_first=True, dropout=0.0)
        self.layers = torch.nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.out = torch.nn.Linear(24, 1)

    def forward(self, windows):
        return torch.sigmoid(self.out(self.layers(self.into(windows[:, :, None])).mean(dim=1)))[:, 0]


class Convolutional(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv1d(1, 8, 5, padding=2), torch.nn.BatchNorm1d(8), torch.nn.ReLU(), torch.nn.MaxPool1d(2),
            torch.nn.Conv1d(8, 16, 3, dilation=2, groups=4), torch.nn.GELU(), torch.nn.AdaptiveAvgPool1d(1),
        )  # fmt: skip
        self.cell = torch.nn.LSTM(16, 8, batch_first=True)
        self.out = torch.nn.Linear(8, 1)

    def forward(self, windows):
        inner = self.layers(windows[:, None, :]).transpose(1, 2)
        return torch.sigmoid(self.out(self.cell(inner)[1][0][-1]))[:, 0]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::torch.jit.TracerWarning")
@pytest.mark.parametrize(
    "make",
    [lambda: Recurrent(torch.nn.LSTM), lambda: Recurrent(torch.nn.GRU), Attention, Convolutional],
    ids=["LSTM", "GRU", "attention", "convolutions"],
)
def test_m3_what_torch_exports_answers_as_in_onnx_runtime(make):
    torch.manual_seed(4)
    made = export(make().eval(), 60)
    windows = np.random.default_rng(6).normal(size=(200, 60)).astype(np.float32).cumsum(axis=1)
    steps = plan(made)
    # as the engine does: a run has as many rows as its budget allows
    answer = np.concatenate([steps.run(windows[at : at + 50]) for at in range(0, 200, 50)])
    expected = by_runtime(made, windows)
    np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(steps.run(windows[:1]), expected[:1], rtol=1e-5, atol=1e-5)
