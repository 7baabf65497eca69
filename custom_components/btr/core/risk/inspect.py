"""What a model file is, found out before any inference engine is made (requirement M1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ..errors import ModelCardError
from .onnx_file import MAX_MODEL_BYTES, Node, OnnxFile, TensorInfo, read_onnx
from .onnx_wire import RefusedError
from .ops import TABLES

__all__ = ["MAX_MODEL_BYTES", "OPERATORS", "OPSETS", "ModelFacts", "TensorInfo", "inspect_model", "read_model"]

OPSETS: Final[Mapping[str, range]] = MappingProxyType({"ai.onnx": range(17, 23), "ai.onnx.ml": range(1, 6)})
# What the numpy engine implements is what a model may use, so that every model runs everywhere. No control flow, no
# functions, nothing that reads a file or makes random numbers.
OPERATORS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {domain: frozenset(table) for domain, table in TABLES.items()}
)
_FLOAT: Final = 1


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What a model file says of itself: opset per domain, ``domain:operator`` used, input, output, metadata."""

    opsets: Mapping[str, int]
    operators: frozenset[str]
    input: TensorInfo
    output: TensorInfo
    metadata: Mapping[str, str]


def inspect_model(data: bytes, name: str, length: int) -> ModelFacts:
    """Return the facts of an ONNX file that maps float32 ``[N, length]`` to float32 ``[N]`` with allowed means only.

    Raises:
        ModelCardError: whatever else ``data`` is; the message begins with ``name``.
    """
    file = read_model(data, name, length)
    operators = frozenset(f"{node.domain}:{node.op_type}" for node in file.nodes)
    return ModelFacts(file.opsets, operators, file.inputs[0], file.outputs[0], file.metadata)


def read_model(data: bytes, name: str, length: int) -> OnnxFile:
    """Return the file as objects, under the same conditions as :func:`inspect_model`: its graph is sound.

    Every name is made once and before its use, every operator is on the list and its opset imported.
    """
    try:
        file = read_onnx(data)
        _check_opsets(file.opsets)
        for node in file.nodes:
            _check_operator(node, file.opsets)
        _only(file.inputs, "input", (None, length))
        _only(file.outputs, "output", (None,))
        _check_names(file)
    except RefusedError as error:
        raise ModelCardError(f"model {name}: {error}") from error
    return file


def _check_opsets(opsets: Mapping[str, int]) -> None:
    for domain, version in opsets.items():
        allowed = OPSETS.get(domain)
        if allowed is None:
            raise RefusedError(f"uses the operator domain {domain[:80]!r}, allowed are {', '.join(OPSETS)}")
        if version not in allowed:
            raise RefusedError(f"opset of {domain} is {version}, allowed are {allowed[0]} to {allowed[-1]}")


def _check_operator(node: Node, opsets: Mapping[str, int]) -> None:
    operator = f"{node.domain[:40]}:{node.op_type[:40]}"
    if node.op_type not in OPERATORS.get(node.domain, frozenset()):
        raise RefusedError(
            f"{node} uses the operator {operator}, which is not on the list of allowed operators; "
            "export the model without it"
        )
    if node.domain not in opsets:
        raise RefusedError(f"{node} uses the operator {operator} without importing its opset; export the model again")


def _check_names(file: OnnxFile) -> None:
    known = {tensor.name for tensor in file.inputs}
    if "" in known or not known.isdisjoint(file.constants):
        raise RefusedError("its input has no name, or the name of an initializer; export the model again")
    known.update(file.constants)
    for node in file.nodes:
        for name in node.inputs:
            if name and name not in known:
                raise RefusedError(
                    f"{node} uses {name[:80]!r} which nothing makes before it: the graph is cyclic, out of order or "
                    "incomplete; export the model again"
                )
        for name in filter(None, node.outputs):
            if name in known:
                raise RefusedError(f"{node} makes {name[:80]!r}, which exists already; export the model again")
            known.add(name)
    for tensor in file.outputs:
        if tensor.name not in known:
            raise RefusedError(f"nothing makes its output {tensor.name[:80]!r}; export the model again")


def _only(tensors: tuple[TensorInfo, ...], what: str, shape: tuple[int | None, ...]) -> None:
    wanted = f"one float32 {what} of shape {_shape_text(shape)}"
    if len(tensors) != 1:
        raise RefusedError(f"has {len(tensors)} {what}s, needed is {wanted}")
    tensor = tensors[0]
    if tensor.element_type != _FLOAT or tensor.shape != shape:
        got = f"element type {tensor.element_type} and shape {_shape_text(tensor.shape)}"
        raise RefusedError(f"its {what} has {got}, needed is {wanted}")


def _shape_text(shape: tuple[int | None, ...]) -> str:
    return "[" + ", ".join("N" if size is None else str(size) for size in shape[:8]) + "]"
