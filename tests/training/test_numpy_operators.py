"""Every operator of the table gives what ONNX Runtime gives, over the variants of its attributes."""

import numpy as np
import pytest

from btr_core.risk.ops import TABLES

from .numpy_graphs import Case, assert_same

RANDOM = np.random.default_rng(5)
F32, F64, I32, I64 = np.float32, np.float64, np.int32, np.int64


def real(*shape, kind=F32):
    return RANDOM.normal(size=shape).astype(kind)


def whole(*shape, kind=I64, low=-5, high=6):
    return RANDOM.integers(low, high, size=shape).astype(kind)


def positive(*shape):
    return np.abs(real(*shape)) + F32(0.1)


def ints(*values):
    return np.array(values, I64)


X = real(3, 4, 5) * 3
EDGES = np.array([-1e9, -100, -20, -6.5, -6, -3, -1, -0.5, -1e-6, 0, 1e-6, 0.5, 1, 2.5, 3.5, 6, 6.5, 20, 100, 1e9], F32)

UNARY = [
    Case(name, first)
    for name in (
        "Abs", "Ceil", "Cos", "Elu", "Erf", "Exp", "Floor", "HardSigmoid", "HardSwish", "Identity", "IsNaN",
        "LeakyRelu", "Neg", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Tanh", "Celu",
        "ThresholdedRelu", "Atan",
    )
    for first in (X, EDGES if name not in ("Cos", "Sin", "Exp") else EDGES[3:17])
]  # fmt: skip
UNARY += [Case("Mish", X, opset=18), Case("Gelu", X, opset=20), Case("Gelu", EDGES, opset=20)]
UNARY += [Case("Gelu", X, attributes={"approximate": "tanh"}, opset=20), Case("Tan", X / 4)]
UNARY += [Case(name, positive(3, 4)) for name in ("Log", "Sqrt", "Reciprocal")]
UNARY += [Case(name, X.astype(F64)) for name in ("Abs", "Exp", "Tanh", "Sigmoid", "Sqrt", "Floor", "Neg")]
UNARY += [Case(name, whole(6, kind=kind)) for name in ("Abs", "Neg", "Sign") for kind in (I32, I64)]
UNARY += [
    Case("Elu", X, attributes={"alpha": 0.3}),
    Case("LeakyRelu", X, attributes={"alpha": 0.3}),
    Case("Selu", X, attributes={"alpha": 1.1, "gamma": 2.0}),
    Case("Celu", X, attributes={"alpha": 0.7}),
    Case("HardSigmoid", X, attributes={"alpha": 0.1, "beta": 0.4}),
    Case("ThresholdedRelu", X, attributes={"alpha": 0.2}),
    Case("IsInf", np.array([1, np.inf, -np.inf], F32)),
    Case("IsInf", np.array([1, np.inf, -np.inf], F32), attributes={"detect_negative": 0}),
    Case("Not", whole(6) > 0),
]

SHAPES = [((3, 4, 5), (3, 4, 5)), ((3, 4, 5), (5,)), ((3, 1, 5), (4, 1)), ((), (2, 3)), ((1,), (1,)), ((2, 0), (1,))]
BINARY = [
    Case(name, real(*first), [real(*second)], dynamic=dynamic)
    for name in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean")
    for first, second in SHAPES
    for dynamic in (False, True)
    if first or not dynamic
]
BINARY += [
    Case(name, whole(7, kind=kind), [whole(7, kind=kind, low=1)])
    for name in ("Add", "Mul", "Div", "Max")
    for kind in (I32, I64)
]
BINARY += [
    Case(name, whole(4, 5), [whole(5)]) for name in ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual")
]
BINARY += [Case(name, X.round(), [X.round()[:, ::-1].copy()]) for name in ("Equal", "Greater", "Less", "LessOrEqual")]
BINARY += [Case(name, whole(4, 5) > 0, [whole(5) > 0], dynamic=True) for name in ("And", "Or", "Xor")]
BINARY += [
    Case("Sum", X, [real(5), real(4, 1)], dynamic=True),
    Case("Max", X[:, :1], [real(4, 1), real(5)], dynamic=True),
    Case("Mean", X, [real(5), real(4, 1)]),
    Case("Min", X),
    Case("Mod", whole(20), [whole(20, low=1)]),
    Case("Mod", whole(20), [-whole(20, low=1)]),
    Case("Mod", whole(20), [-whole(20, low=1)], attributes={"fmod": 1}),
    Case("Mod", X, [positive(5)], attributes={"fmod": 1}),
    Case("Pow", X, [F32(2)]),
    Case("Pow", X, [I64(3)]),
    Case("Pow", positive(3, 4), [real(4)], dynamic=True),
    Case("Pow", X.astype(F64), [F32(2)]),
    Case("PRelu", X, [real(5)]),
    Case("PRelu", X, [real(4, 1)]),
    Case("Where", X > 0, [real(5), real(4, 1)], dynamic=True),
    Case("Where", whole(3, 1) > 0, [real(1, 4), F32(2)]),
    Case("Clip", X, [F32(-1), F32(1)]),
    Case("Clip", X, [None, F32(1)]),
    Case("Clip", X, [F32(-1)]),
    Case("Clip", X),
    Case("Clip", X, [F32(1), F32(-1)], dynamic=True),
    Case("Clip", whole(9), [I64(-2), I64(3)]),
]
CASTS = [
    Case("Cast", first, attributes={"to": to}, opset=opset)
    for first in (X, whole(3, 4), X > 0, X.astype(F64))
    for to, opset in ((1, 17), (6, 19), (7, 21), (9, 17), (11, 22))
]
CASTS += [Case("CastLike", X, [I64(1)]), Case("CastLike", whole(3), [F32(1)], opset=19)]

REDUCTIONS = ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceProd")
REDUCING = [
    Case(name, X, attributes={"keepdims": keep} | ({"axes": axes} if axes else {}))
    for name in (*REDUCTIONS, "ReduceLogSumExp")
    for axes in (None, [1], [-1], [0, 2])
    for keep in (0, 1)
]
REDUCING += [
    Case(name, X, [ints(*axes)], {"keepdims": keep}, opset=opset, dynamic=dynamic)
    for name in (*REDUCTIONS, "ReduceSum", "ReduceLogSumExp")
    for axes, keep, opset, dynamic in (((1,), 0, 18, False), ((-1, 0), 1, 20, True))
]
REDUCING += [
    Case("ReduceSum", X, [ints()], {"noop_with_empty_axes": 1}),
    Case("ReduceSum", X, [ints()]),
    Case("ReduceSum", whole(3, 4, kind=I32), [ints(1)]),
    Case("ReduceMax", whole(3, 4), [ints(1)], opset=18),
    Case("ReduceLogSum", positive(3, 4), attributes={"axes": [1]}),
    Case("Softmax", X), Case("Softmax", X, attributes={"axis": 1}), Case("Softmax", X * 40, attributes={"axis": 0}),
    Case("LogSoftmax", X), Case("LogSoftmax", X * 40, attributes={"axis": 1}), Case("Softmax", X.astype(F64)),
    Case("LayerNormalization", X, [real(5), real(5)]),
    Case("LayerNormalization", X, [real(5)], {"epsilon": 0.1}),
    Case("LayerNormalization", X, [real(4, 5), real(4, 5)], {"axis": 1}, outputs=3),
    Case("LayerNormalization", X.astype(F64), [real(5, kind=F64)]),
    Case("BatchNormalization", X, [real(4), real(4), real(4), positive(4)]),
    Case("BatchNormalization", X[0], [real(5), real(5), real(5), positive(5)], {"epsilon": 0.01}),
    Case("InstanceNormalization", X, [real(4), real(4)]),
]  # fmt: skip

CONVOLUTIONS = [
    Case("Conv", real(3, 4, 11), [real(6, 4 // group, kernel), *([real(6)] if bias else [])],
         {"kernel_shape": [kernel], "group": group} | attributes)
    for kernel, group, bias, attributes in (
        (1, 1, True, {}), (3, 1, False, {}), (3, 2, True, {"pads": [1, 2]}), (3, 1, True, {"strides": [2]}),
        (3, 1, True, {"dilations": [4], "pads": [8, 0]}), (2, 2, True, {"strides": [3], "dilations": [2]}),
        (3, 1, True, {"auto_pad": "SAME_UPPER"}), (4, 1, True, {"auto_pad": "SAME_LOWER", "strides": [2]}),
        (4, 1, True, {"auto_pad": "SAME_UPPER", "strides": [3]}), (4, 1, True, {"auto_pad": "VALID"}),
        (11, 1, True, {}),
    )
]  # fmt: skip
CONVOLUTIONS += [
    Case("Conv", real(2, 6, 9), [real(6, 1, 3), real(6)], {"group": 6, "pads": [2, 0]}),
    Case("Conv", real(2, 1, 9), [real(5, 1, 3)], opset=22),
]
CONVOLUTIONS += [
    Case(name, real(3, 4, 11), (), {"kernel_shape": [kernel]} | attributes, opset=opset)
    for name in ("MaxPool", "AveragePool")
    for kernel, opset, attributes in (
        (3, 17, {}), (3, 17, {"strides": [2]}), (3, 17, {"pads": [1, 1], "strides": [3]}), (2, 22, {"pads": [0, 1]}),
        (4, 19, {"strides": [3], "ceil_mode": 1}), (3, 19, {"strides": [2], "ceil_mode": 1, "pads": [1, 1]}),
        (3, 19, {"auto_pad": "SAME_UPPER", "strides": [2]}), (3, 19, {"dilations": [2]}),
        (3, 17, {"auto_pad": "SAME_LOWER"}), (3, 17, {"auto_pad": "VALID", "strides": [2]}),
    )
]  # fmt: skip
CONVOLUTIONS += [
    Case("AveragePool", real(3, 4, 11), (), {"kernel_shape": [3], "count_include_pad": 1} | attributes, opset=19)
    for attributes in ({"pads": [1, 2]}, {"pads": [1, 1], "strides": [2], "ceil_mode": 1}, {"auto_pad": "SAME_UPPER"})
]
CONVOLUTIONS += [Case("GlobalAveragePool", X), Case("GlobalMaxPool", X), Case("GlobalMaxPool", real(2, 3, 4, 5))]

PRODUCTS = [
    Case("Gemm", real(4, 3), [real(3, 5), *bias], attributes)
    for bias, attributes in (
        ([], {}), ([real(5)], {}), ([real(4, 1)], {"alpha": 0.5, "beta": 2.0}), ([real(4, 5)], {"beta": 0.0}),
        ([F32(2)], {}),
    )
]  # fmt: skip
PRODUCTS += [
    Case("Gemm", real(3, 4), [real(5, 3), real(5)], {"transA": 1, "transB": 1}),
    Case("Gemm", real(3, 4), [real(5, 3)], {"transA": 1, "transB": 1, "alpha": 2.0}, dynamic=True),
    Case("Gemm", real(4, 3, kind=F64), [real(3, 5, kind=F64)]),
]
PRODUCTS += [
    Case("MatMul", real(*first), [real(*second)], dynamic=True)
    for first, second in (
        ((4, 3), (3, 5)), ((2, 4, 3), (3, 5)), ((2, 4, 3), (2, 3, 5)), ((2, 1, 4, 3), (5, 3, 2)), ((3,), (3, 5)),
        ((4, 3), (3,)), ((3,), (3,)), ((2, 4, 3), (3,)), ((3,), (2, 3, 4)), ((0, 4, 3), (3, 2)),
    )
]  # fmt: skip
PRODUCTS += [Case("MatMul", whole(4, 3, kind=I32), [whole(3, 5, kind=I32)])]


@pytest.mark.parametrize("case", [*UNARY, *BINARY, *CASTS, *REDUCING, *CONVOLUTIONS, *PRODUCTS], ids=str)
def test_numbers_are_those_of_onnx_runtime(case):
    assert_same(case)


SLICES = [
    Case("Slice", X, [ints(*part) if part is not None else None for part in bounds], dynamic=dynamic)
    for bounds in (
        ((1,), (3,), (1,)), ((-3,), (-1,), (2,)), ((0, 1), (9, 99)), ((3,), (0,), (2,), (-1,)),
        ((-1,), (-99,), (1,), (-2,)),
        ((-1,), (-(2**63),), (1,), (-1,)), ((0,), (2**63 - 1,), (-1,), (2,)), ((5,), (9,), (1,)), ((3,), (1,), (1,)),
        ((1, 0), (3, 4), (2, 1), (1, 3)), ((0,), (2,), None, (1,)), ((99,), (0,), (1,), (-1,)),
    )
    for dynamic in (False, True)
    if not (dynamic and (2**63 - 1 in bounds[1] or -(2**63) in bounds[1]))
]  # fmt: skip
PLACES = [
    Case("Reshape", X, [ints(*shape)], {"allowzero": zero}, dynamic=dynamic)
    for shape, zero in (
        ((-1,), 0),
        ((0, -1), 0),
        ((5, 4, 3), 0),
        ((2, 0, 6, 1)[::-1][:0] or (60,), 0),
        ((0, 0, 5, 1), 0),
    )
    for dynamic in (False, True)
]
PLACES += [
    Case("Reshape", real(0, 4), [ints(0, 2)], {"allowzero": 1}),
    Case("Reshape", X.transpose(0, 2, 1), [ints(3, -1)]),
]
PLACES += [Case("Flatten", X, (), {"axis": axis}) for axis in (0, 1, 2, 3, -1)]
PLACES += [Case("Squeeze", real(1, 3, 1, 2), [ints(*axes)] if axes else (), dynamic=dynamic)
           for axes, dynamic in ((None, False), ((0,), False), ((-2,), True), ((0, 2), False))]  # fmt: skip
PLACES += [Case("Unsqueeze", X, [ints(*axes)], dynamic=dynamic)
           for axes, dynamic in (((0,), False), ((-1,), True), ((1, -1), False), ((4, 0), False))]  # fmt: skip
PLACES += [
    Case("Transpose", X),
    Case("Transpose", X, (), {"perm": [1, 2, 0]}),
    Case("Transpose", X, (), {"perm": [0, 2, 1]}),
]
PLACES += [
    Case("Split", X, [ints(1, 3)], {"axis": 1}, outputs=2),
    Case("Split", X, [ints(1, 0, 4)], {"axis": -1}, outputs=3, dynamic=True),
    Case("Split", X, (), {"axis": 1}, outputs=2),
    Case("Split", X, (), {"axis": 2, "num_outputs": 2}, outputs=2, opset=18),
    Case("Concat", X, [real(3, 2, 5), real(3, 1, 5)], {"axis": 1}, dynamic=True),
    Case("Concat", X, [real(3, 4, 2)], {"axis": -1}),
    Case("Concat", whole(3), [ints(1)], {"axis": 0}),
    Case("Concat", X, (), {"axis": 0}),
    Case("Gather", X, [ints(0, 2, -1)], {"axis": 1}),
    Case("Gather", X, [I64(-1)], {"axis": 1}, dynamic=True),
    Case("Gather", X, [np.array([[0, 1], [2, 2]], I32)]),
    Case("GatherElements", X, [whole(3, 2, 5, low=-4, high=4)], {"axis": 1}),
    Case("GatherElements", X, [whole(2, 4, 3, low=0, high=5)], {"axis": -1}),
    Case("Expand", real(3, 1), [ints(2, 1, 4)], dynamic=True),
    Case("Expand", real(3, 4), [ints(1)]),
    Case("Tile", X, [ints(2, 1, 3)]),
    Case("Tile", X, [ints(1, 0, 1)]),
    Case("Shape", X), Case("Shape", X, (), {"start": 1}),
    Case("Shape", X, (), {"start": -2, "end": -1}), Case("Size", X),
    Case("ConstantOfShape", ints(2, 3)), Case("Dropout", X, outputs=2), Case("Dropout", X, [F32(0.5), np.bool_(False)]),
    Case("Range", F32(1), [F32(3), F32(0.3)], dynamic=True), Case("Range", I64(9), [I64(1), I64(-2)]),
    Case("Range", I64(3), [I64(1), I64(2)]),
    Case("CumSum", X, [I64(1)]), Case("CumSum", X, [I32(-1)], {"exclusive": 1}),
    Case("CumSum", X, [I64(0)], {"reverse": 1}),
    Case("CumSum", X, [I64(2)], {"reverse": 1, "exclusive": 1}, dynamic=True),
    Case("Trilu", X), Case("Trilu", X, [I64(-1)], {"upper": 0}), Case("Trilu", X, [I64(2)]),
    Case("OneHot", whole(4, low=-3, high=3), [I64(3), np.array([-1, 2], F32)]),
    Case("OneHot", whole(4, 2, low=0, high=5), [I64(3), np.array([0, 1], F32)], {"axis": 0}),
    Case("TopK", X, [ints(3)], outputs=2), Case("TopK", whole(4, 9), [ints(4)], outputs=2),
    Case("TopK", X.round(), [ints(2)], {"axis": 1, "largest": 0}, outputs=2, dynamic=True),
    Case("TopK", X, [ints(0)], outputs=2),
]  # fmt: skip
PLACES += [
    Case(name, X.round(), (), {"axis": axis, "keepdims": keep, "select_last_index": last})
    for name in ("ArgMax", "ArgMin")
    for axis, keep, last in ((0, 1, 0), (-1, 0, 0), (1, 1, 1), (2, 0, 1))
]
PLACES += [
    Case("Pad", X, [ints(*pads), *value], {"mode": mode}, opset=opset)
    for pads, value, mode, opset in (
        ((0, 1, 2, 0, 0, 3), [], "constant", 17), ((0, 0, 2, 1, 0, 0), [F32(7)], "constant", 18),
        ((0, -1, 2, 0, -1, -2), [F32(7)], "constant", 18), ((0, 2, 2, 0, 1, 3), [], "edge", 17),
        ((0, 2, 2, 0, 1, 3), [], "reflect", 19), ((0, 2, 2, 0, 1, 3), [], "wrap", 19),
    )
]  # fmt: skip
PLACES += [Case("Pad", X, [ints(2, 0), F32(-1), ints(-1)], opset=18, dynamic=True)]


@pytest.mark.parametrize("case", [*SLICES, *PLACES], ids=str)
def test_places_are_those_of_onnx_runtime(case):
    assert_same(case)


def recurrent(op_type, gates, outputs, opset=17, *, bias=True, state=False, peep=False, **attributes):
    ways, hidden = 2 if attributes.get("direction") == "bidirectional" else 1, 5
    others = [real(ways, gates * hidden, 2), real(ways, gates * hidden, hidden)]
    others.append(real(ways, 2 * gates * hidden) if bias else None)
    if state:
        others += [None, real(ways, 3, hidden)]
        others += [real(ways, 3, hidden)] if op_type == "LSTM" else []
    if peep:
        others += [] if state else [None, None, None]
        others.append(real(ways, 3 * hidden))
    return Case(op_type, real(7, 3, 2), others, {"hidden_size": hidden} | attributes, outputs, opset)


DIRECTIONS = ("forward", "reverse", "bidirectional")
RECURRENT = [recurrent("LSTM", 4, 3, direction=way, state=state) for way in DIRECTIONS for state in (False, True)]
RECURRENT += [
    recurrent("GRU", 3, 2, direction=way, linear_before_reset=after, state=after == 1)
    for way in DIRECTIONS
    for after in (0, 1)
]
RECURRENT += [recurrent("RNN", 1, 2, direction=way) for way in DIRECTIONS]
RECURRENT += [
    recurrent("LSTM", 4, 3, 22, bias=False),
    recurrent("LSTM", 4, 3, peep=True, clip=0.6),
    recurrent("LSTM", 4, 3, state=True, peep=True, direction="bidirectional"),
    recurrent("LSTM", 4, 3, activations=["HardSigmoid", "Relu", "Softsign"]),
    recurrent("LSTM", 4, 3, activations=["Sigmoid", "LeakyRelu", "Tanh"], activation_alpha=[0.2]),
    recurrent("LSTM", 4, 3, activations=["HardSigmoid", "Elu", "Tanh"], activation_alpha=[0.3, 0.9],
              activation_beta=[0.4]),
    recurrent("GRU", 3, 2, bias=False, clip=0.6),
    recurrent("GRU", 3, 2, 22, activations=["HardSigmoid", "Softsign"], linear_before_reset=1),
    recurrent("GRU", 3, 2, direction="bidirectional", activations=["Sigmoid", "Tanh", "HardSigmoid", "Relu"]),
    recurrent("RNN", 1, 2, activations=["Relu"], state=True),
    recurrent("RNN", 1, 2, activations=["Affine"], activation_alpha=[0.5], activation_beta=[0.1]),
]  # fmt: skip


@pytest.mark.parametrize("case", RECURRENT, ids=str)
def test_states_are_those_of_onnx_runtime(case):
    assert_same(case)


def classic(op_type, first, others=(), outputs=1, **attributes):
    return Case(op_type, first, others, attributes, outputs, domain="ai.onnx.ml")


ROWS = real(6, 4)
CLASSIC = [
    classic("Scaler", ROWS, offset=[1.0, 2.0, 3.0, 4.0], scale=[0.5, 1.0, 2.0, 0.1]),
    classic("Scaler", ROWS, offset=[1.0], scale=[0.5]),
    *(classic("Normalizer", np.concatenate([ROWS, ROWS[:1] * 0]), norm=norm) for norm in ("MAX", "L1", "L2")),
    classic("ArrayFeatureExtractor", ROWS, [ints(2, 0, 2)]),
    classic("ArrayFeatureExtractor", ROWS[0], [ints(3)]),
    classic("Binarizer", ROWS, threshold=0.3),
    classic("LinearRegressor", ROWS, coefficients=real(4), intercepts=[0.5]),
    classic("LinearRegressor", ROWS, coefficients=real(12), targets=3),
    classic("LinearClassifier", ROWS, outputs=2, coefficients=real(12), intercepts=real(3), classlabels_ints=[3, 4, 5]),
    *(
        classic("LinearClassifier", ROWS, outputs=2, coefficients=real(12), intercepts=real(3),
                classlabels_ints=[0, 1, 2], post_transform=post)
        for post in ("LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO")
    ),
    classic("LinearClassifier", ROWS, outputs=2, coefficients=real(8), intercepts=real(2), classlabels_ints=[0, 1],
            post_transform="SOFTMAX"),
]  # fmt: skip


@pytest.mark.parametrize("case", CLASSIC, ids=str)
def test_classic_operators_are_those_of_onnx_runtime(case):
    assert_same(case)


def test_every_operator_of_the_table_is_compared():
    cases = [*UNARY, *BINARY, *CASTS, *REDUCING, *CONVOLUTIONS, *PRODUCTS, *SLICES, *PLACES, *RECURRENT, *CLASSIC]
    # the graphs around the cases hold the constants; trees have a file of their own
    elsewhere = {"Constant", "TreeEnsembleRegressor", "TreeEnsembleClassifier"}
    assert {case.op_type for case in cases} | elsewhere == set(TABLES["ai.onnx"]) | set(TABLES["ai.onnx.ml"])
