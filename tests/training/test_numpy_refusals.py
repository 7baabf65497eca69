"""M1 and I6: what the numpy engine cannot run is refused with the node, the reason and the remedy."""

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from btr_core.errors import EngineError, ModelCardError
from btr_core.risk.card import parse_card
from btr_core.risk.inspect import inspect_model
from btr_core.risk.numpy_engine import NumpyRiskEngine

CARD_FILE = Path(__file__).parents[1] / "fixtures" / "models" / "rate.json"
CARD = parse_card(CARD_FILE.read_bytes(), "rate")
INT64, FLOAT = np.int64, np.float32


def node(op_type, *inputs, made="value", domain="", **attributes):
    return helper.make_node(op_type, list(inputs), [made], name=f"the {op_type}", domain=domain, **attributes)


def file(*nodes, constants=None, opset=17, tensors=()):
    """A model that ends in a probability: [N, 1] named ``value`` or the first column of the window, squeezed."""
    known = {"last": np.array([-1], INT64), "end": np.array([2**31], INT64), "one": np.array([1], INT64)} | (
        constants or {}
    )
    ends = [
        helper.make_node("Slice", [nodes[-1].output[0] if nodes else "window", "last", "end", "one"], ["column"]),
        helper.make_node("Sigmoid", ["column"], ["share"]),
        helper.make_node("Squeeze", ["share", "one"], ["risk"]),
    ]  # fmt: skip
    graph = helper.make_graph(
        [*nodes, *ends],
        "risk",
        [helper.make_tensor_value_info("window", TensorProto.FLOAT, ["N", 60])],
        [helper.make_tensor_value_info("risk", TensorProto.FLOAT, ["N"])],
        [*(numpy_helper.from_array(np.asarray(value), name) for name, value in known.items()), *tensors],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString()


def load(data):
    inspect_model(data, "odd", 60)
    return NumpyRiskEngine(data, CARD)


def test_the_sound_model_around_the_cases_works():
    assert load(file(node("Neg", "window"))).predict(np.zeros((2, 60), FLOAT)).tolist() == [0.5, 0.5]


WEIGHT = {"weight": np.ones((2, 1, 3), FLOAT)}
TEXTS = ["a", "b"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (file(node("Elu", "window", alpha=1)), r"\(Elu\): its attribute alpha is of another type"),
        (file(node("Elu", "window", beta=1.0)), r"\(Elu\): its attribute 'beta' is not known here"),
        (file(node("Concat", "window", "window")), r"\(Concat\): lacks the attribute axis"),
        (file(node("Softmax", "window", axis=2**40)), r"\(Softmax\): its attribute axis is 1099511627776"),
        (file(node("Gelu", "window", approximate="fast"), opset=20), r"\(Gelu\): its attribute approximate is 'fast'"),
        (file(node("Add", "window")), r"\(Add\): has 1 inputs, needed are 2 to 2"),
        (file(node("Max", "window", "")), r"\(Max\): has 2 inputs"),
        (file(node("Cast", "window", to=10)), r"\(Cast\): makes element type 10"),
        (file(node("Conv", "window", "window")), r"\(Conv\): its weight is computed from the windows"),
        (file(node("Conv", "window", "w"), constants={"w": np.ones((2, 1, 3, 3), FLOAT)}), "only one axis of time"),
        (file(node("Conv", "window", "weight", group=3), constants=WEIGHT), r"\(Conv\): its attribute group is 3"),
        (file(node("Conv", "window", "weight", kernel_shape=[5]), constants=WEIGHT), "its kernel_shape is 5"),
        (file(node("Constant", value_strings=TEXTS)), r"\(Constant\): has no value, or two, or a text"),
        (file(node("LinearClassifier", "window", domain="ai.onnx.ml", coefficients=[1.0], classlabels_strings=TEXTS)),
         r"\(LinearClassifier\): has texts as labels"),
        (file(node("LSTM", "window", "weight", "weight", hidden_size=3), constants=WEIGHT), r"\(LSTM\): its weights"),
        (file(node("Dropout", "window", "", "yes"), constants={"yes": np.bool_(True)}), "is in training mode"),
        (file(node("Sqrt", "window"), opset=23), "opset of ai.onnx is 23"),
        (file(node("If", "window")), "node 0 'the If' .* not on the list"),
        (file(node("Neg", "later"), node("Neg", "window", made="later")),
         r"uses 'later' which nothing makes before it"),
        (file(node("Neg", "value")), r"uses 'value' which nothing makes before it"),
        (file(node("Neg", "window"), node("Abs", "window")), r"\(Abs\) makes 'value', which exists already"),
        (file(node("Neg", "window", made="window")), r"makes 'window', which exists already"),
        (file(node("Neg", "window"), tensors=[helper.make_tensor("h", TensorProto.FLOAT16, [1], [1.0])]), "type 10"),
        (file(node("Neg", "window"), tensors=[helper.make_tensor("t", TensorProto.STRING, [1], [b"x"])]), "type 8"),
        (file(node("Tile", "c", "n"), constants={"c": np.ones(1, FLOAT), "n": np.array([10**12])}),
         r"\(Tile\): would make 1000000000000 elements"),
        (file(node("ConstantOfShape", "n"), constants={"n": np.array([2**62, 2**62])}),
         r"\(ConstantOfShape\): would make"),
        (file(node("Range", "z", "n", "d"), constants={"z": INT64(0), "n": INT64(2**62), "d": INT64(1)}),
         r"\(Range\): would"),
        (file(node("Gather", "z", "i"), constants={"z": np.ones(2, FLOAT), "i": np.array([5])}),
         r"\(Gather\): .*out of bounds"),
    ],
)  # fmt: skip
def test_m1_what_cannot_run_is_refused_when_it_is_read(data, reason):
    with pytest.raises(ModelCardError, match=f"^model (odd|rate): .*{reason}"):
        load(data)


SHAPE = [node("Shape", "window", made="shape")]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (file(node("Add", "window", "row"), constants={"row": np.ones(7, FLOAT)}),
         r"'the Add' \(Add\): .*broadcast"),
        (file(node("Add", "window", "row"), constants={"row": np.ones(60, np.float64)}),
         "do not go together; add a Cast"),
        (file(node("Conv", "window", "weight"), constants=WEIGHT),
         r"\(Conv\): input of shape \[2, 60\], needed are 3"),
        (file(node("Reshape", "window", "to"), constants={"to": np.array([-1, 7])}),
         r"\(Reshape\): cannot reshape"),
        (file(node("Tile", "window", "n"), constants={"n": np.array([1, 10**7])}),
         r"\(Tile\): would make \d+ elements"),
        (file(node("Expand", "window", "n"), constants={"n": np.array([10**6, 1, 1])}), r"\(Expand\): would make"),
        (file(node("Unsqueeze", "window", "axis", made="wide"), node("Transpose", "wide", perm=[0, 2, 1], made="high"),
              node("MatMul", "high", "wide", made="big"), node("Expand", "big", "n"),
              constants={"axis": np.array([1]), "n": np.array([600, 1, 1, 1])}), r"\(Expand\): would make"),
        (file(*[node("Concat", f"v{at}" if at else "window", f"v{at}" if at else "window", axis=1, made=f"v{at + 1}")
                for at in range(40)]), r"\(Concat\): (would make|holds more)"),
        (file(node("Gather", "window", "i", axis=1), constants={"i": np.array([[60]])}),
         r"\(Gather\): .*out of bounds"),
        (file(*[node("Tanh", f"v{at}" if at else "window", made=f"v{at + 1}") for at in range(3)], *SHAPE,
              node("Gather", "window", "shape", axis=0)), r"\(Gather\): .*out of bounds"),
    ],
)  # fmt: skip
def test_i6_what_fails_on_a_window_says_where(data, reason):
    with pytest.raises(EngineError, match=f"^model rate failed in numpy at node .*{reason}"):
        load(data)


def test_i6_a_model_that_computes_for_ever_is_stopped():
    constants = {"wider": np.ones((60, 1000), FLOAT), "again": np.ones((1000, 1000), FLOAT) / 1000}
    steps = [node("MatMul", "window", "wider", made="v0")]
    steps += [node("MatMul", f"v{at}", "again", made=f"v{at + 1}") for at in range(600)]
    with pytest.raises(EngineError, match="more computing than a batch may take"):
        load(file(*steps, constants=constants))
