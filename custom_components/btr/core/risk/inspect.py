"""What a model file is, found out before any inference session is made (requirement M1).

A minimal reader of the protobuf wire format for the few ONNX messages that matter. It trusts no length, nests to a
fixed depth, and never builds an object whose size the file decides. Field numbers are those of the public
`onnx.proto`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ..errors import ModelCardError

MAX_MODEL_BYTES: Final = 5 * 1024 * 1024
OPSETS: Final[Mapping[str, range]] = MappingProxyType({"ai.onnx": range(17, 23), "ai.onnx.ml": range(1, 6)})
_PLAIN: Final = """
    Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast CastLike Ceil Clip Concat Constant ConstantOfShape
    Conv Cos CumSum Div Dropout Einsum Elu Equal Erf Exp Expand Flatten Floor GRU Gather GatherElements GatherND
    Gelu Gemm GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish
    Identity InstanceNormalization IsInf IsNaN LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax
    MatMul Max MaxPool Mean Min Mish Mod Mul Neg Not OneHot Or PRelu Pad Pow RNN Range Reciprocal ReduceL1 ReduceL2
    ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Round Selu
    Shape Sigmoid Sign Sin Size Slice Softmax Softplus Softsign Split Sqrt Squeeze Sub Sum Tanh Tile TopK Transpose
    Trilu Unsqueeze Where Xor
"""
_CLASSIC: Final = """
    ArrayFeatureExtractor Binarizer LinearClassifier LinearRegressor Normalizer Scaler TreeEnsemble
    TreeEnsembleClassifier TreeEnsembleRegressor
"""
# No control flow, no functions, nothing that reads a file or makes random numbers.
OPERATORS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"ai.onnx": frozenset(_PLAIN.split()), "ai.onnx.ml": frozenset(_CLASSIC.split())}
)

_FLOAT: Final = 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_View = memoryview


class _Model:
    """Field numbers of ModelProto."""

    GRAPH, OPSET, METADATA, TRAINING, FUNCTIONS = 7, 8, 14, 20, 25


class _Graph:
    """Field numbers of GraphProto."""

    NODE, INITIALIZER, INPUT, OUTPUT, SPARSE = 1, 5, 11, 12, 15


class _Node:
    """Field numbers of NodeProto."""

    OP_TYPE, ATTRIBUTE, DOMAIN = 4, 5, 7


class _Attribute:
    """Field numbers of AttributeProto; REFUSED holds graphs, sparse tensors and references of functions."""

    TENSOR, TENSORS = 5, 10
    REFUSED: Final = frozenset({6, 11, 21, 22, 23})


class _Tensor:
    """Field numbers of TensorProto."""

    EXTERNAL_DATA, DATA_LOCATION = 13, 14


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Name, ONNX element type (1 is float32) and shape of an input or output; a free dimension is None."""

    name: str
    element_type: int
    shape: tuple[int | None, ...]


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
    try:
        return _inspect(memoryview(data), length)
    except _RefusedError as error:
        raise ModelCardError(f"model {name}: {error}") from error


class _RefusedError(Exception):
    """Why the file is not taken."""


def _inspect(data: _View, length: int) -> ModelFacts:
    if len(data) > MAX_MODEL_BYTES:
        raise _RefusedError(f"{len(data)} bytes, allowed are at most {MAX_MODEL_BYTES}")
    opsets: dict[str, int] = {}
    metadata: dict[str, str] = {}
    graphs: list[_View] = []
    for number, value in _fields(data, "the model"):
        if number == _Model.GRAPH:
            graphs.append(_bytes(value, "the graph"))
        elif number == _Model.OPSET:
            domain, version = _opset(_bytes(value, "an opset"))
            opsets[domain] = version
        elif number == _Model.METADATA:
            key, text = _strings(_bytes(value, "metadata"), "metadata", (1, 2))
            metadata[key] = text
        elif number in (_Model.FUNCTIONS, _Model.TRAINING):
            raise _RefusedError("holds local functions or training code; export the model with plain operators only")
    if len(graphs) != 1 or "ai.onnx" not in opsets:
        raise _RefusedError("is not an ONNX model with one graph and its opset; the file may be truncated")
    _check_opsets(opsets)
    operators, inputs, outputs = _graph(graphs[0])
    for operator in sorted(operators):
        domain, _, op_type = operator.partition(":")
        if op_type not in OPERATORS.get(domain, frozenset()):
            raise _RefusedError(f"uses the operator {operator[:80]}, which is not on the list of allowed operators")
        if domain not in opsets:
            raise _RefusedError(f"uses the operator {operator[:80]} without importing its opset")
    taken = _only(inputs, "input", (None, length))
    given = _only(outputs, "output", (None,))
    return ModelFacts(MappingProxyType(opsets), operators, taken, given, MappingProxyType(metadata))


def _check_opsets(opsets: Mapping[str, int]) -> None:
    for domain, version in opsets.items():
        allowed = OPSETS.get(domain)
        if allowed is None:
            raise _RefusedError(f"uses the operator domain {domain[:80]!r}, allowed are {', '.join(OPSETS)}")
        if version not in allowed:
            raise _RefusedError(f"opset of {domain} is {version}, allowed are {allowed[0]} to {allowed[-1]}")


def _only(tensors: list[TensorInfo], what: str, shape: tuple[int | None, ...]) -> TensorInfo:
    wanted = f"one float32 {what} of shape {_shape_text(shape)}"
    if len(tensors) != 1:
        raise _RefusedError(f"has {len(tensors)} {what}s, needed is {wanted}")
    tensor = tensors[0]
    if tensor.element_type != _FLOAT or tensor.shape != shape:
        got = f"element type {tensor.element_type} and shape {_shape_text(tensor.shape)}"
        raise _RefusedError(f"its {what} has {got}, needed is {wanted}")
    return tensor


def _shape_text(shape: tuple[int | None, ...]) -> str:
    return "[" + ", ".join("N" if size is None else str(size) for size in shape[:8]) + "]"


def _graph(data: _View) -> tuple[frozenset[str], list[TensorInfo], list[TensorInfo]]:
    operators: set[str] = set()
    inputs: list[TensorInfo] = []
    outputs: list[TensorInfo] = []
    for number, value in _fields(data, "the graph"):
        if number == _Graph.NODE:
            operators.add(_node(_bytes(value, "a node")))
        elif number == _Graph.INITIALIZER:
            _check_tensor(_bytes(value, "an initializer"))
        elif number == _Graph.SPARSE:
            raise _RefusedError("holds sparse tensors, which are not allowed")
        elif number == _Graph.INPUT:
            inputs.append(_tensor_info(_bytes(value, "an input")))
        elif number == _Graph.OUTPUT:
            outputs.append(_tensor_info(_bytes(value, "an output")))
    return frozenset(operators), inputs, outputs


def _node(data: _View) -> str:
    domain = op_type = ""
    for number, value in _fields(data, "a node"):
        if number == _Node.OP_TYPE:
            op_type = _text(value, "an operator")
        elif number == _Node.DOMAIN:
            domain = _text(value, "a domain")
        elif number == _Node.ATTRIBUTE:
            _check_attribute(_bytes(value, "an attribute"))
    return f"{domain or 'ai.onnx'}:{op_type}"


def _check_attribute(data: _View) -> None:
    for number, value in _fields(data, "an attribute"):
        if number in _Attribute.REFUSED:
            raise _RefusedError("a node carries a graph, a sparse tensor or a reference, which is not allowed")
        if number in (_Attribute.TENSOR, _Attribute.TENSORS):
            _check_tensor(_bytes(value, "a tensor"))


def _check_tensor(data: _View) -> None:
    for number, value in _fields(data, "a tensor"):
        if number == _Tensor.EXTERNAL_DATA or (number == _Tensor.DATA_LOCATION and value != 0):
            raise _RefusedError("keeps weights in another file; export it as one file without external data")


def _tensor_info(data: _View) -> TensorInfo:
    name, element_type, shape = "", 0, ()  # type: str, int, tuple[int | None, ...]
    for number, value in _fields(data, "an input or output"):
        if number == 1:
            name = _text(value, "a name")
        elif number == 2:
            for kind, tensor in _fields(_bytes(value, "a type"), "a type"):
                if kind != 1:
                    raise _RefusedError("an input or output is no plain tensor")
                element_type, shape = _tensor_type(_bytes(tensor, "a tensor type"))
    return TensorInfo(name, element_type, shape)


def _tensor_type(data: _View) -> tuple[int, tuple[int | None, ...]]:
    element_type = 0
    shape: list[int | None] = []
    for number, value in _fields(data, "a tensor type"):
        if number == 1:
            element_type = value if isinstance(value, int) else 0
        elif number == 2:
            for kind, dimension in _fields(_bytes(value, "a shape"), "a shape"):
                if kind == 1:
                    sizes = [size for key, size in _fields(_bytes(dimension, "a dimension"), "a dimension") if key == 1]
                    shape.append(sizes[-1] if sizes and isinstance(sizes[-1], int) else None)
    return element_type, tuple(shape)


def _opset(data: _View) -> tuple[str, int]:
    domain, version = "", 0
    for number, value in _fields(data, "an opset"):
        if number == 1:
            domain = _text(value, "a domain")
        elif number == 2 and isinstance(value, int):
            version = value
    return domain or "ai.onnx", version


def _strings(data: _View, where: str, numbers: tuple[int, int]) -> tuple[str, str]:
    found = {number: _text(value, where) for number, value in _fields(data, where) if number in numbers}
    return found.get(numbers[0], ""), found.get(numbers[1], "")


def _fields(data: _View, where: str) -> Iterator[tuple[int, int | _View]]:
    """Yield (field number, value) of one message: an int for plain numbers, a view for what has a length."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at, where)
        number, wire = key >> 3, key & 7
        if wire == _VARINT:
            value, at = _varint(data, at, where)
            yield number, value
            continue
        if wire == _BYTES:
            size, at = _varint(data, at, where)
        elif wire in (_FIXED32, _FIXED64):
            size = 4 if wire == _FIXED32 else 8
        else:
            raise _RefusedError(f"{where} is no protobuf message (wire type {wire}); the file is damaged")
        end = at + size
        if end > len(data):
            raise _RefusedError(f"{where} ends before its announced length; the file is truncated")
        yield number, (data[at:end] if wire == _BYTES else int.from_bytes(data[at:end], "little"))
        at = end


def _varint(data: _View, at: int, where: str) -> tuple[int, int]:
    value = shift = 0
    for byte in data[at : at + 10]:
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise _RefusedError(f"{where} ends inside a number; the file is truncated or damaged")


def _bytes(value: int | _View, where: str) -> _View:
    if isinstance(value, int):
        raise _RefusedError(f"{where} is no protobuf message; the file is damaged")
    return value


def _text(value: int | _View, where: str) -> str:
    try:
        return str(_bytes(value, where), "utf-8")
    except UnicodeDecodeError as error:
        raise _RefusedError(f"{where} is no text; the file is damaged") from error
