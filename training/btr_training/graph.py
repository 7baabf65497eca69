"""ONNX files built node by node: a trained model becomes one graph, raw degC in, probability out.

Built instead of traced, so that a file holds only plain operators, reads like the model it came from, and has the same
bytes whenever the weights are the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from .calibrate import Calibration
from .config import AlarmConfig
from .data import INTERVAL_S
from .windows import LENGTH

OPSET: Final = 17
OPSET_ML: Final = 3
ML: Final = "ai.onnx.ml"
IR_VERSION: Final = 8
THRESHOLD: Final = 0.5
PRODUCER: Final = "btr-train"
INPUT: Final = "windows"
PROBABILITY: Final = "probability"


class Graph:
    """Collects nodes and constants under readable names; each name is the name of one output."""

    def __init__(self) -> None:
        """Start with nothing but the input."""
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, onnx.TensorProto] = {}

    def add(self, operator: str, *inputs: str, name: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name; an empty input is one that is left out."""
        return self.add_many(operator, *inputs, outputs=(name,), **attributes)[0]

    def add_many(
        self, operator: str, *inputs: str, outputs: Sequence[str], domain: str = "", **attributes: Any
    ) -> tuple[str, ...]:
        """Add a node with several outputs, named after the first that is not empty, and return their names."""
        name = next(filter(None, outputs))
        self.nodes.append(helper.make_node(operator, inputs, outputs, name=name, domain=domain, **attributes))
        return tuple(outputs)

    def weight(self, name: str, values: NDArray[Any]) -> str:
        """Add one constant and return its name."""
        self.weights[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def scalar(self, name: str, value: float) -> str:
        """Add one float32 number."""
        return self.weight(name, np.array(value, dtype=np.float32))

    def integers(self, name: str, *values: int) -> str:
        """Add a list of int64, as axes and shapes are."""
        return self.weight(name, np.array(values, dtype=np.int64))

    def cut(self, source: str, name: str, axis: int, start: int, stop: int, step: int = 1) -> str:
        """Add a slice along one axis."""
        parts = {"start": start, "stop": stop, "axis": axis, "step": step}
        inputs = [self.integers(f"{name}.{key}", value) for key, value in parts.items()]
        return self.add("Slice", source, *inputs, name=name)


class Drawn(Protocol):
    """Whatever can draw itself as nodes."""

    def add_to(self, graph: Graph, windows: str) -> str:
        """Add nodes from float32 (N, 60) raw degC to the float32 (N,) logit; return the logit's name."""


def logit_model(model: Drawn) -> bytes:
    """Return the ONNX file from raw windows to the logit, before any calibration."""
    graph = Graph()
    logit = model.add_to(graph, INPUT)
    return _to_bytes(graph.nodes, list(graph.weights.values()), logit, {})


def with_calibration(logit_file: bytes, calibration: Calibration, alarm: AlarmConfig) -> bytes:
    """Return the file of :func:`logit_model` continued to the probability whose 0.5 is the alarm threshold."""
    raw = onnx.load_from_string(logit_file).graph
    tail = Graph()
    scale = tail.scalar("calibration.scale", calibration.scale)
    offset = tail.scalar("calibration.offset", -calibration.threshold * calibration.scale)
    scaled = tail.add("Mul", raw.output[0].name, scale, name="calibration.scaled")
    tail.add("Sigmoid", tail.add("Add", scaled, offset, name="calibration.score"), name=PROBABILITY)
    metadata = {
        "sequence_length": LENGTH,
        "sample_interval_s": INTERVAL_S,
        "threshold": THRESHOLD,
        "consecutive": alarm.k,
    }
    weights = [*raw.initializer, *tail.weights.values()]
    return _to_bytes([*raw.node, *tail.nodes], weights, PROBABILITY, metadata)


def _to_bytes(
    nodes: Sequence[onnx.NodeProto], weights: Sequence[onnx.TensorProto], output: str, metadata: Mapping[str, object]
) -> bytes:
    opsets = [helper.make_opsetid("", OPSET)]
    if any(node.domain == ML for node in nodes):
        opsets.append(helper.make_opsetid(ML, OPSET_ML))
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "battery_risk",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["N", LENGTH])],
            [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["N"])],
            weights,
            doc_string="Raw degC every 0.5 s, oldest first, to the probability of runaway; 0.5 is the alarm threshold.",
        ),
        opset_imports=opsets,
        producer_name=PRODUCER,
        ir_version=IR_VERSION,
    )
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))
