"""Small graphs for the operator tests: built with onnx, run by ONNX Runtime and by the numpy engine's plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnxruntime
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from btr_core.risk.onnx_file import read_onnx
from btr_core.risk.ops import TABLES
from btr_core.risk.ops.base import Kernel
from btr_core.risk.plan import Plan, Step, compile_graph

IR_VERSION = {17: 8, 18: 8, 19: 9, 20: 9, 21: 10, 22: 10}
RUNTIME_OPTIONS = onnxruntime.SessionOptions()
RUNTIME_OPTIONS.intra_op_num_threads = 1
RUNTIME_OPTIONS.log_severity_level = 4


@dataclass
class Case:
    """One node: its first input depends on the windows, the others are constants unless ``dynamic``."""

    op_type: str
    first: Any
    others: Sequence[Any] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    outputs: int = 1
    opset: int = 17
    domain: str = ""
    dynamic: bool = False
    tolerance: float = 1e-5
    ml_opset: int = 3

    def __str__(self) -> str:
        """Return the name of the test."""
        values = [f"{key}={np.asarray(value).tolist()}"[:40] for key, value in self.attributes.items()]
        shape = list(np.shape(self.first))
        return " ".join([self.op_type, str(np.asarray(self.first).dtype), str(shape), *values, f"opset {self.opset}"])[
            :150
        ]


def model(case: Case, output: int) -> ModelProto:
    """The model of one case whose output is the node's output of that number."""
    first = np.asarray(case.first)
    nodes: list[NodeProto] = []
    initializers = []
    flat_type = TensorProto.FLOAT
    nodes.append(helper.make_node("Cast", ["windows"], ["cast"], to=helper.np_dtype_to_tensor_dtype(first.dtype)))
    initializers.append(numpy_helper.from_array(np.array(first.shape, np.int64), "first_shape"))
    nodes.append(helper.make_node("Reshape", ["cast", "first_shape"], ["first"], allowzero=1))
    names = ["first"]
    for index, other in enumerate(case.others):
        if other is None:
            names.append("")
            continue
        array = np.asarray(other)
        initializers.append(numpy_helper.from_array(array, f"constant{index}"))
        names.append(f"constant{index}")
        if case.dynamic:
            nodes.extend(_made_dynamic(f"constant{index}", array.dtype, f"other{index}"))
            names[-1] = f"other{index}"
    outputs = [f"output{index}" for index in range(case.outputs)]
    nodes.append(helper.make_node(case.op_type, names, outputs, domain=case.domain, **case.attributes))
    if case.dynamic:
        initializers.append(numpy_helper.from_array(np.float32(0), "zero"))
    graph = helper.make_graph(
        nodes,
        "case",
        [helper.make_tensor_value_info("windows", flat_type, [first.size])],
        [helper.make_empty_tensor_value_info(outputs[output])],
        initializers,
    )
    opsets = [helper.make_opsetid("", case.opset), helper.make_opsetid("ai.onnx.ml", case.ml_opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION[case.opset])


def _made_dynamic(name: str, dtype: np.dtype, result: str) -> list[NodeProto]:
    """Nodes that give the same values in a way that depends on the windows."""
    nodes = [
        helper.make_node("ReduceSum", ["windows"], [f"{name}.sum"], keepdims=0),
        helper.make_node("Mul", [f"{name}.sum", "zero"], [f"{name}.nothing"]),
    ]
    if dtype == np.bool_:
        nodes.append(helper.make_node("Cast", [f"{name}.nothing"], [f"{name}.no"], to=TensorProto.BOOL))
        return [*nodes, helper.make_node("Or", [name, f"{name}.no"], [result])]
    to = helper.np_dtype_to_tensor_dtype(dtype)
    nodes.append(helper.make_node("Cast", [f"{name}.nothing"], [f"{name}.same"], to=to))
    return [*nodes, helper.make_node("Add", [name, f"{name}.same"], [result])]


def plan(made: ModelProto) -> Plan:
    """The numpy engine's plan of a model."""
    return compile_graph(read_onnx(made.SerializeToString()))


def by_numpy(made: ModelProto, windows: np.ndarray) -> np.ndarray:
    """The answer of the numpy engine; the input comes out unchanged, and no step hides that it shares memory."""
    before = windows.copy()
    steps = plan(made)
    for step in steps.steps:
        step.kernel = _watched(step)
    answer = steps.run(windows)
    np.testing.assert_array_equal(windows, before)
    return answer


def _watched(step: Step) -> Kernel:
    operator = TABLES[step.node.domain][step.node.op_type]
    kernel = step.kernel

    def watched(*arrays: Any, **more: Any) -> Any:
        results = kernel(*arrays, **more)
        for result in results if isinstance(results, tuple) else (results,):
            shared = [array for array in arrays if array is not None and np.may_share_memory(result, array)]
            if not operator.aliases:
                assert all(array is more.get("out") for array in shared), f"{step.node} shares memory"
        return results

    return watched


def by_runtime(made: ModelProto, windows: np.ndarray) -> np.ndarray:
    """The answer of ONNX Runtime."""
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), RUNTIME_OPTIONS, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"windows": windows})[0]


def assert_same(case: Case) -> None:
    """Both engines give the same for every output of the case."""
    windows = np.asarray(case.first).astype(np.float32).reshape(-1)
    for output in range(case.outputs):
        made = model(case, output)
        expected, answer = by_runtime(made, windows), by_numpy(made, windows)
        assert answer.dtype == expected.dtype
        assert answer.shape == expected.shape
        np.testing.assert_allclose(answer, expected, rtol=case.tolerance, atol=case.tolerance)
