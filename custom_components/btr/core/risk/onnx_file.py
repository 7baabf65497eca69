"""An ONNX file as frozen, typed objects: what it holds, not yet whether it may run.

Field numbers and attribute kinds are those of the public `onnx.proto`. Everything is refused that could reach outside
the file or hide a program in it: external data, subgraphs, functions, training code, sparse tensors.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .onnx_wire import Message, RefusedError, Value, as_fixed, as_int, as_ints, as_text, as_view

Array = NDArray[Any]
AttributeValue = int | float | bytes | Array | tuple[bytes, ...]

MAX_MODEL_BYTES: Final = 5 * 1024 * 1024
MAX_NODES: Final = 4096
MAX_RANK: Final = 8
_MAX_TENSORS: Final = 8192
_MAX_ATTRIBUTES: Final = 32
# The element types an engine must know: ONNX number -> numpy.
ELEMENT_TYPES: Final[Mapping[int, np.dtype[Any]]] = MappingProxyType(
    {
        1: np.dtype(np.float32),
        6: np.dtype(np.int32),
        7: np.dtype(np.int64),
        9: np.dtype(np.bool_),
        11: np.dtype(np.float64),
    }
)
_TYPE_NAMES: Final = "1 float32, 6 int32, 7 int64, 9 bool, 11 float64"


class _Model:
    """Field numbers of ModelProto."""

    GRAPH, OPSET, METADATA, TRAINING, FUNCTIONS = 7, 8, 14, 20, 25


class _Graph:
    """Field numbers of GraphProto."""

    NODE, INITIALIZER, INPUT, OUTPUT, SPARSE = 1, 5, 11, 12, 15


class _Node:
    """Field numbers of NodeProto."""

    INPUT, OUTPUT, NAME, OP_TYPE, ATTRIBUTE, DOMAIN = 1, 2, 3, 4, 5, 7


class _Attribute:
    """Field numbers of AttributeProto; REFUSED holds graphs, sparse tensors, types and references of functions."""

    NAME, FLOAT, INT, STRING, TENSOR, FLOATS, INTS, STRINGS, KIND = 1, 2, 3, 4, 5, 7, 8, 9, 20
    REFUSED: Final = frozenset({6, 10, 11, 14, 15, 21, 22, 23})


class _Tensor:
    """Field numbers of TensorProto."""

    DIMS, TYPE, SEGMENT, FLOATS, INT32S, INT64S, NAME, RAW, DOUBLES = 1, 2, 3, 4, 5, 7, 8, 9, 10
    EXTERNAL_DATA, DATA_LOCATION = 13, 14


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, ONNX element type (1 is float32) and shape of an input or output; a free dimension is None."""

    name: str
    element_type: int
    shape: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One operator of the graph; an empty input or output name is one left out. ``index`` counts from 0."""

    index: int
    name: str
    domain: str
    op_type: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, AttributeValue]

    def __str__(self) -> str:
        """Return how errors name this node."""
        return f"node {self.index} {self.name[:80]!r} ({self.op_type[:80]})"


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """One graph with its constants (read-only arrays), opset per domain and metadata."""

    opsets: Mapping[str, int]
    metadata: Mapping[str, str]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    constants: Mapping[str, Array]
    nodes: tuple[Node, ...]


def read_onnx(data: bytes) -> OnnxFile:
    """Return what the file holds.

    Raises:
        RefusedError: larger than MAX_MODEL_BYTES, damaged, or with parts that no model of ours has; in words.
    """
    if len(data) > MAX_MODEL_BYTES:
        raise RefusedError(f"{len(data)} bytes, allowed are at most {MAX_MODEL_BYTES}")
    opsets: dict[str, int] = {}
    metadata: dict[str, str] = {}
    graphs: list[Message] = []
    file = Message(memoryview(data), "the model")
    for number, value in file.fields():
        if number == _Model.GRAPH:
            graphs.append(file.inner(value, "the graph"))
        elif number == _Model.OPSET:
            domain, version = _opset(file.inner(value, "an opset"))
            if opsets.setdefault(domain, version) != version:
                raise RefusedError(f"imports two opsets of {domain[:80]}; export the model again")
        elif number == _Model.METADATA:
            key, text = _pair(file.inner(value, "metadata"))
            metadata[key] = text
        elif number in (_Model.FUNCTIONS, _Model.TRAINING):
            raise RefusedError("holds local functions or training code; export the model with plain operators only")
    if len(graphs) != 1 or "ai.onnx" not in opsets:
        raise RefusedError("is not an ONNX model with one graph and its opset; the file may be truncated")
    return _graph(graphs[0], opsets, metadata)


def _graph(message: Message, opsets: dict[str, int], metadata: dict[str, str]) -> OnnxFile:
    nodes: list[Node] = []
    constants: dict[str, Array] = {}
    inputs: list[TensorInfo] = []
    outputs: list[TensorInfo] = []
    for number, value in message.fields():
        if number == _Graph.NODE:
            if len(nodes) == MAX_NODES:
                raise RefusedError(f"has more than {MAX_NODES} nodes; export a smaller model")
            nodes.append(_node(message.inner(value, "a node"), len(nodes)))
        elif number == _Graph.INITIALIZER:
            name, array = _tensor(message.inner(value, "an initializer"))
            if name in constants or len(constants) == _MAX_TENSORS:
                raise RefusedError(f"has the initializer {name[:80]!r} twice, or more than {_MAX_TENSORS} of them")
            constants[name] = array
        elif number == _Graph.SPARSE:
            raise RefusedError("holds sparse tensors, which are not allowed; export it with plain ones")
        elif number == _Graph.INPUT:
            inputs.append(_tensor_info(message.inner(value, "an input")))
        elif number == _Graph.OUTPUT:
            outputs.append(_tensor_info(message.inner(value, "an output")))
    return OnnxFile(
        MappingProxyType(opsets),
        MappingProxyType(metadata),
        tuple(inputs),
        tuple(outputs),
        MappingProxyType(constants),
        tuple(nodes),
    )


def _node(message: Message, index: int) -> Node:
    name = domain = op_type = ""
    inputs: list[str] = []
    outputs: list[str] = []
    raw: list[Message] = []
    for number, value in message.fields():
        if number == _Node.INPUT:
            inputs.append(as_text(value, "an input's name"))
        elif number == _Node.OUTPUT:
            outputs.append(as_text(value, "an output's name"))
        elif number == _Node.NAME:
            name = as_text(value, "a node's name")
        elif number == _Node.OP_TYPE:
            op_type = as_text(value, "an operator")
        elif number == _Node.DOMAIN:
            domain = as_text(value, "a domain")
        elif number == _Node.ATTRIBUTE:
            raw.append(message.inner(value, "an attribute"))
    node = Node(index, name, domain or "ai.onnx", op_type, tuple(inputs), tuple(outputs), MappingProxyType({}))
    try:
        attributes = _attributes(raw)
    except RefusedError as error:
        raise RefusedError(f"{node}: {error}") from error
    return replace(node, attributes=MappingProxyType(attributes))


def _attributes(messages: list[Message]) -> dict[str, AttributeValue]:
    attributes: dict[str, AttributeValue] = {}
    for message in messages:
        name, content = _attribute(message)
        if name in attributes or len(attributes) == _MAX_ATTRIBUTES:
            raise RefusedError(f"has the attribute {name[:80]!r} twice, or more than {_MAX_ATTRIBUTES} of them")
        attributes[name] = content
    return attributes


# AttributeProto.type -> the field of its value
_KINDS: Final[Mapping[int, int]] = MappingProxyType(
    {
        1: _Attribute.FLOAT,
        2: _Attribute.INT,
        3: _Attribute.STRING,
        4: _Attribute.TENSOR,
        6: _Attribute.FLOATS,
        7: _Attribute.INTS,
        8: _Attribute.STRINGS,
    }
)


def _attribute(message: Message) -> tuple[str, AttributeValue]:
    name, kind = "", 0
    found: dict[int, list[Value]] = {}
    for number, value in message.fields():
        if number in _Attribute.REFUSED:
            raise RefusedError("carries a graph, a sparse tensor or a reference, which is not allowed")
        if number == _Attribute.NAME:
            name = as_text(value, "an attribute's name")
        elif number == _Attribute.KIND:
            kind = as_int(value, "an attribute's type")
        elif number in _KINDS.values():
            found.setdefault(number, []).append(value)
    where = f"attribute {name[:80]!r}"
    field = _KINDS.get(kind)
    if not name or field is None or set(found) - {field}:
        raise RefusedError(f"{where} has type {kind} and a value of another; export the model again")
    return name, _content(message, field, found.get(field, []), where)


def _content(message: Message, field: int, values: list[Value], where: str) -> AttributeValue:
    if field == _Attribute.FLOATS:
        return _joined([as_fixed(value, np.float32, where) for value in values], np.float32)
    if field == _Attribute.INTS:
        return _joined([as_ints(value, where) for value in values], np.int64)
    if field == _Attribute.STRINGS:
        known: dict[bytes, bytes] = {}
        texts = (bytes(as_view(value, where)) for value in values)
        return tuple(known.setdefault(text, text) for text in texts)
    # proto3 leaves a zero out
    if field == _Attribute.FLOAT:
        return float(as_fixed(values[-1], np.float32, where)[-1]) if values else 0.0
    if field == _Attribute.INT:
        return as_int(values[-1], where) if values else 0
    if field == _Attribute.STRING:
        return bytes(as_view(values[-1], where)) if values else b""
    if not values:
        raise RefusedError(f"{where} has no tensor; export the model again")
    return _tensor(message.inner(values[-1], where))[1]


def _joined(parts: list[Array], dtype: type) -> Array:
    return _frozen(np.concatenate([np.empty(0, dtype), *parts]))


def _frozen(array: Array) -> Array:
    array.setflags(write=False)
    return array


def _tensor(message: Message) -> tuple[str, Array]:
    name, element_type = "", 0
    dims: list[Array] = []
    lists: dict[int, list[Value]] = {}
    raw: memoryview | None = None
    for number, value in message.fields():
        if number == _Tensor.EXTERNAL_DATA or (number == _Tensor.DATA_LOCATION and as_int(value, "a tensor") != 0):
            raise RefusedError("keeps weights in another file; export it as one file without external data")
        if number == _Tensor.SEGMENT:
            raise RefusedError("keeps a tensor in segments; export it with whole ones")
        if number == _Tensor.NAME:
            name = as_text(value, "a tensor's name")
        elif number == _Tensor.TYPE:
            element_type = as_int(value, "a tensor's type")
        elif number == _Tensor.DIMS:
            dims.append(as_ints(value, "a tensor's shape"))
        elif number == _Tensor.RAW:
            raw = as_view(value, "a tensor")
        elif number in (_Tensor.FLOATS, _Tensor.INT32S, _Tensor.INT64S, _Tensor.DOUBLES):
            lists.setdefault(number, []).append(value)
    where = f"the tensor {name[:80]!r}"
    dtype = ELEMENT_TYPES.get(element_type)
    if dtype is None:
        raise RefusedError(
            f"{where} has element type {element_type}, allowed are {_TYPE_NAMES}; export it as one of them"
        )
    flat = _flat(dtype, lists, raw, where)
    return name, _frozen(flat.reshape(_shape(dims, flat.size, where)))


def _flat(dtype: np.dtype[Any], lists: dict[int, list[Value]], raw: memoryview | None, where: str) -> Array:
    if raw is not None:
        if lists or len(raw) % dtype.itemsize:
            raise RefusedError(f"{where} holds {len(raw)} bytes, which is no whole number of elements")
        flat = np.frombuffer(raw, dtype.newbyteorder("<"))
        return flat != 0 if dtype == np.bool_ else flat.astype(dtype)
    field = _TYPED_FIELD[dtype]
    if set(lists) - {field}:
        raise RefusedError(f"{where} keeps its values in the field of another type; the file is damaged")
    values = lists.get(field, [])
    if dtype.kind == "f":
        return np.concatenate([np.empty(0, dtype), *(as_fixed(value, dtype.type, where) for value in values)])
    numbers = np.concatenate([np.empty(0, np.int64), *(as_ints(value, where) for value in values)])
    return np.asarray(numbers.astype(dtype))


_TYPED_FIELD: Final = {
    np.dtype(np.float32): _Tensor.FLOATS,
    np.dtype(np.float64): _Tensor.DOUBLES,
    np.dtype(np.int64): _Tensor.INT64S,
    np.dtype(np.int32): _Tensor.INT32S,
    np.dtype(np.bool_): _Tensor.INT32S,
}


def _shape(dims: list[Array], size: int, where: str) -> tuple[int, ...]:
    shape = tuple(int(dim) for part in dims for dim in part[: MAX_RANK + 1])
    if len(shape) > MAX_RANK or sum(map(len, dims)) > MAX_RANK or not all(0 <= dim <= MAX_MODEL_BYTES for dim in shape):
        raise RefusedError(f"{where} has a shape that no model of ours has: {list(shape[:MAX_RANK])}")
    if math.prod(shape) != size or math.prod(dim or 1 for dim in shape) > MAX_MODEL_BYTES:
        raise RefusedError(f"{where} has {size} elements, its shape is {list(shape)}; the file is damaged")
    return shape


def _tensor_info(message: Message) -> TensorInfo:
    name, element_type, shape = "", 0, ()  # type: str, int, tuple[int | None, ...]
    for number, value in message.fields():
        if number == 1:
            name = as_text(value, "a name")
        elif number == 2:
            kind = message.inner(value, "a type")
            for inner, tensor in kind.fields():
                if inner != 1:
                    raise RefusedError("an input or output is no plain tensor")
                element_type, shape = _tensor_type(kind.inner(tensor, "a tensor type"))
    return TensorInfo(name, element_type, shape)


def _tensor_type(message: Message) -> tuple[int, tuple[int | None, ...]]:
    element_type = 0
    shape: list[int | None] = []
    for number, value in message.fields():
        if number == 1:
            element_type = as_int(value, "an element type")
        elif number == 2:
            dims = message.inner(value, "a shape")
            for inner, dim in dims.fields():
                if inner == 1:
                    shape.append(_dimension(dims.inner(dim, "a dimension")))
    return element_type, tuple(shape)


def _dimension(message: Message) -> int | None:
    sizes = [as_int(size, "a dimension") for number, size in message.fields() if number == 1]
    return sizes[-1] if sizes else None


def _opset(message: Message) -> tuple[str, int]:
    domain, version = "", 0
    for number, value in message.fields():
        if number == 1:
            domain = as_text(value, "a domain")
        elif number == 2:
            version = as_int(value, "an opset")
    return domain or "ai.onnx", version


def _pair(message: Message) -> tuple[str, str]:
    found = {number: as_text(value, "metadata") for number, value in message.fields() if number in (1, 2)}
    return found.get(1, ""), found.get(2, "")
