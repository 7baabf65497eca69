"""The network as one ONNX file: raw degC in, probability out, everything between inside the graph.

Built node by node instead of traced, so that the file holds only plain operators, reads like the model, and has the
same bytes whenever the weights are the same.
"""

from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .calibrate import Calibration
from .config import AlarmConfig
from .data import INTERVAL_S
from .model import FILTERED, KERNEL, LAYERS, LEFT_PAD, LEVEL_SCALE_K, LONGEST_LAG, RiskNet, feature_kernel
from .windows import HIGHEST_C, LENGTH, LOWEST_C

OPSET: Final = 17
IR_VERSION: Final = 8
THRESHOLD: Final = 0.5
PRODUCER: Final = "btr-train"


class _Builder:
    """Collects nodes and weights under readable names."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, onnx.TensorProto] = {}

    def add(self, operator: str, *inputs: str, name: str, **attributes: Any) -> str:
        """Add one node and return the name of its output."""
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def weight(self, name: str, values: NDArray[np.float32] | NDArray[np.int64]) -> str:
        """Add one constant and return its name."""
        self.weights[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def scalar(self, name: str, value: float) -> str:
        """Add one float32 number."""
        return self.weight(name, np.array(value, dtype=np.float32))

    def cut(self, source: str, name: str, axis: int, start: int, stop: int, step: int = 1) -> str:
        """Add a slice along one axis."""
        parts = {"start": start, "stop": stop, "axis": axis, "step": step}
        inputs = [self.weight(f"{name}.{key}", np.array([value], dtype=np.int64)) for key, value in parts.items()]
        return self.add("Slice", source, *inputs, name=name)


def build_model(net: RiskNet, calibration: Calibration, alarm: AlarmConfig) -> bytes:
    """Return the ONNX model of a trained network, its calibration folded in; equal inputs give equal bytes."""
    graph = _Builder()
    state = {name: tensor.detach().numpy().astype(np.float32) for name, tensor in net.state_dict().items()}
    signal = _features(graph)
    for index in range(LAYERS):
        weight = graph.weight(f"layer{index}.weight", state[f"layers.{index}.weight"])
        bias = graph.weight(f"layer{index}.bias", state[f"layers.{index}.bias"])
        pads = [LEFT_PAD if index == 0 else 0, 0]
        after = graph.add(
            "Conv", signal, weight, bias, name=f"layer{index}", kernel_shape=[KERNEL], strides=[2], pads=pads
        )
        if index > 0:
            after = graph.add(
                "Add", after, graph.cut(signal, f"layer{index}.skip", 2, 2, 2**31, 2), name=f"layer{index}.sum"
            )
        signal = graph.add("Relu", after, name=f"layer{index}.out")
    _head(graph, signal, state, calibration)
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "battery_risk",
            [helper.make_tensor_value_info("windows", TensorProto.FLOAT, ["N", LENGTH])],
            [helper.make_tensor_value_info("probability", TensorProto.FLOAT, ["N"])],
            list(graph.weights.values()),
            doc_string="Raw degC every 0.5 s, oldest first, to the probability of runaway; 0.5 is the alarm threshold.",
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name=PRODUCER,
        ir_version=IR_VERSION,
    )
    metadata = {
        "sequence_length": LENGTH,
        "sample_interval_s": INTERVAL_S,
        "threshold": THRESHOLD,
        "consecutive": alarm.k,
    }
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _features(graph: _Builder) -> str:
    """Add clipping, median of three, relative features and soft-sign; return the name of (N, 5, 58)."""
    clipped = graph.add(
        "Clip", "windows", graph.scalar("lowest_c", LOWEST_C), graph.scalar("highest_c", HIGHEST_C), name="clipped"
    )
    first, second, third = (graph.cut(clipped, f"sample{shift}", 1, shift, shift + FILTERED) for shift in range(3))
    low = graph.add("Min", first, second, name="lower")
    high = graph.add("Min", graph.add("Max", first, second, name="higher"), third, name="middle")
    median = graph.add("Max", low, high, name="median")
    risen = graph.add("Sub", median, graph.cut(median, "oldest", 1, 0, 1), name="risen")
    ahead = graph.add("Sub", median, graph.cut(median, "newest", 1, FILTERED - 1, FILTERED), name="to_newest")
    axis = graph.weight("channel_axis", np.array([1], dtype=np.int64))
    risen = graph.add("Unsqueeze", risen, axis, name="risen.channel")
    ahead = graph.add("Unsqueeze", ahead, axis, name="to_newest.channel")
    ahead = graph.add("Div", ahead, graph.scalar("level_scale_k", LEVEL_SCALE_K), name="to_newest.scaled")
    kernel = graph.weight("feature_kernel", feature_kernel())
    changes = graph.add("Conv", risen, kernel, name="changes", kernel_shape=[LONGEST_LAG + 1], pads=[LONGEST_LAG, 0])
    stacked = graph.add("Concat", changes, ahead, name="stacked", axis=1)
    size = graph.add(
        "Add", graph.add("Abs", stacked, name="stacked.size"), graph.scalar("one", 1.0), name="stacked.size_plus_one"
    )
    return graph.add("Div", stacked, size, name="features")


def _head(graph: _Builder, signal: str, state: dict[str, NDArray[np.float32]], calibration: Calibration) -> None:
    """Add the two dense layers and the sigmoid whose 0.5 is the calibrated threshold."""
    newest = graph.add("Squeeze", signal, graph.weight("time_axis", np.array([2], dtype=np.int64)), name="newest_state")
    hidden_weight = graph.weight("hidden.weight", state["hidden.weight"])
    hidden_bias = graph.weight("hidden.bias", state["hidden.bias"])
    hidden = graph.add("Gemm", newest, hidden_weight, hidden_bias, name="hidden", transB=1)
    hidden = graph.add("Relu", hidden, name="hidden.out")
    scale = np.float64(calibration.scale)
    weight = (state["output.weight"] * scale).astype(np.float32)
    bias = ((state["output.bias"] - calibration.threshold) * scale).astype(np.float32)
    score = graph.add(
        "Gemm", hidden, graph.weight("output.weight", weight), graph.weight("output.bias", bias), name="score", transB=1
    )
    column = graph.add("Sigmoid", score, name="probability.column")
    graph.add("Squeeze", column, graph.weight("last_axis", np.array([1], dtype=np.int64)), name="probability")
