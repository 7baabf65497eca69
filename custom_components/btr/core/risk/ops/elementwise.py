"""Operators that work on each element by itself, with ONNX's (numpy's) broadcasting."""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..onnx_file import ELEMENT_TYPES
from ..onnx_wire import RefusedError
from .base import MANY, Array, Build, Kernel, Making, Meter, Operator, Table, floating, same_type

Function = Callable[[Array, Array], None]  # (input, result): fills the result, which may be the input


def _each(function: Function, making: Making, *, floats: bool = True) -> Kernel:
    """Return a kernel that fills an array like its input."""
    arena = making.arena

    def kernel(values: Array, out: Array | None = None) -> Array:
        if floats:
            floating(values)
        result = arena.like(values) if out is None else out
        function(values, result)
        return result

    return kernel


def _unary(ufunc: np.ufunc, *, floats: bool = True) -> Operator:
    return Operator(lambda making: _each(lambda x, y: ufunc(x, out=y), making, floats=floats), in_place=True)


def _activation(make: Callable[[Making], Function]) -> Operator:
    return Operator(lambda making: _each(make(making), making), in_place=True)


def sigmoid(values: Array, result: Array) -> None:
    """Fill ``result`` with 1 / (1 + e^-x); far below zero e^-x is infinite and the result 0, as it should be."""
    np.negative(values, out=result)
    np.exp(result, out=result)
    np.add(result, 1, out=result)
    np.divide(1, result, out=result)


def _relu(values: Array, result: Array) -> None:
    np.maximum(values, 0, out=result)


def _leaky(making: Making) -> Function:
    alpha = making.number("alpha", 0.01)

    def function(values: Array, result: Array) -> None:
        # multiplied first: the input may be the result
        negative = np.minimum(values, 0) * alpha
        np.maximum(values, 0, out=result)
        result += negative

    return function


def _exponential(alpha: float, gamma: float = 1.0) -> Function:
    """Return gamma x for x > 0, else gamma alpha (e^x - 1)."""

    def function(values: Array, result: Array) -> None:
        negative = np.expm1(np.minimum(values, 0)) * (gamma * alpha)
        np.maximum(values, 0, out=result)
        result *= gamma
        result += negative

    return function


def _celu(making: Making) -> Function:
    alpha = making.number("alpha", 1.0)

    def function(values: Array, result: Array) -> None:
        negative = np.expm1(np.minimum(values, 0) / alpha) * alpha
        np.maximum(values, 0, out=result)
        result += negative

    return function


def _softplus(values: Array, result: Array) -> None:
    np.logaddexp(values, 0, out=result)


def _softsign(values: Array, result: Array) -> None:
    size = np.abs(values)
    size += 1
    np.divide(values, size, out=result)


def _hard_sigmoid(making: Making) -> Function:
    alpha, beta = making.number("alpha", 0.2), making.number("beta", 0.5)

    def function(values: Array, result: Array) -> None:
        np.multiply(values, alpha, out=result)
        result += beta
        np.clip(result, 0, 1, out=result)

    return function


def _hard_swish(values: Array, result: Array) -> None:
    gate = values / 6
    gate += 0.5
    np.clip(gate, 0, 1, out=gate)
    np.multiply(values, gate, out=result)


def _mish(values: Array, result: Array) -> None:
    np.multiply(values, np.tanh(np.logaddexp(values, 0)), out=result)


def _thresholded(making: Making) -> Function:
    alpha = making.number("alpha", 1.0)

    def function(values: Array, result: Array) -> None:
        np.multiply(values, values > alpha, out=result)

    return function


# erf near the points of a table by Taylor's series: erf' = 2/sqrt(pi) e^(-x^2) = d, erf'' = -2xd, erf''' = (4x^2 - 2)d.
# The points are 1/64 apart, so that the first term left out is below 2e-9; beyond 6 erf is 1 in double precision.
_ERF_PER_UNIT: Final = 64
_ERF_END: Final = 6
_ERF_POINTS: Final = [index / _ERF_PER_UNIT for index in range(_ERF_END * _ERF_PER_UNIT + 1)]
_ERF: Final = {
    np.dtype(kind): (
        np.array([math.erf(x) for x in _ERF_POINTS], kind),
        np.array([2 / math.sqrt(math.pi) * math.exp(-x * x) for x in _ERF_POINTS], kind),
    )
    for kind in (np.float32, np.float64)
}


def erf(values: Array, result: Array) -> None:
    """Fill ``result`` with the error function, at most 1e-7 (float32) from it."""
    value_at, slope_at = _ERF[values.dtype]
    sign = np.copysign(1, values).astype(values.dtype)
    size = np.abs(values)
    np.fmin(size, _ERF_END, out=size)
    index = np.rint(size * _ERF_PER_UNIT).astype(np.intp)
    base = index.astype(values.dtype) / values.dtype.type(_ERF_PER_UNIT)
    size -= base
    series = (2 * base * base - 1) * (size / 3)
    series -= base
    series *= size
    series += 1
    series *= size
    series *= slope_at[index]
    series += value_at[index]
    np.multiply(series, sign, out=result)


def _erf(values: Array, result: Array) -> None:
    nothing = np.isnan(values)
    erf(values, result)
    result[nothing] = np.nan


def _gelu(making: Making) -> Function:
    if making.choice("approximate", "none", ("none", "tanh")) == "tanh":
        return _gelu_tanh

    def function(values: Array, result: Array) -> None:
        inner = values * values.dtype.type(math.sqrt(0.5))
        erf(inner, inner)
        inner += 1
        inner *= 0.5
        np.multiply(values, inner, out=result)

    return function


def _gelu_tanh(values: Array, result: Array) -> None:
    inner = values * values
    inner *= 0.044715
    inner += 1
    inner *= values
    inner *= math.sqrt(2 / math.pi)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= 0.5
    np.multiply(values, inner, out=result)


def room(meter: Meter, first: Array, second: Array) -> tuple[int, ...]:
    """Return the shape of two arrays broadcast together, once there is room for it."""
    both = np.broadcast(first, second)
    meter.claim(both.size)
    return both.shape


def _binary(ufunc: Callable[..., Any], *, kinds: str = "fi") -> Operator:
    def build(making: Making) -> Kernel:
        meter, arena = making.meter, making.arena

        def kernel(first: Array, second: Array, out: Array | None = None) -> Array:
            same_type(first, second)
            if first.dtype.kind not in kinds:
                raise TypeError(f"input of {first.dtype} is not allowed here; add a Cast")
            shape = room(meter, first, second)
            if out is None or out.shape != shape:
                out = arena.like(first) if first.shape == shape else arena.empty(shape, first.dtype)
            result: Array = ufunc(first, second, out=out)
            return result

        return kernel

    return Operator(build, (2, 2), in_place=True)


def _divide(first: Array, second: Array, out: Array | None = None) -> Array:
    if first.dtype.kind == "f":
        result: Array = np.divide(first, second, out=out)
        return result
    # C++ truncates, numpy rounds down
    remainder = np.fmod(first, second)
    quotient: Array = np.floor_divide(first - remainder, second, out=out)
    return quotient


def _modulo(making: Making) -> Kernel:
    ufunc = np.fmod if making.flag("fmod") else np.mod
    inner = _binary(ufunc).build(making)

    def kernel(first: Array, second: Array, out: Array | None = None) -> Array:
        if ufunc is np.mod and first.dtype.kind == "f":
            raise TypeError("floats need fmod = 1; export the model again")
        result: Array = inner(first, second, out=out)
        return result

    return kernel


def _power(making: Making) -> Kernel:
    meter = making.meter
    constant = making.constant(1)
    square = constant is not None and constant.size == 1 and constant.ndim == 0 and float(constant) == 2.0

    def kernel(base: Array, exponent: Array, out: Array | None = None) -> Array:
        if square:
            result: Array = np.multiply(base, base, out=out if out is base else None)
            return result
        room(meter, base, exponent)
        power: Array = np.power(base, exponent.astype(base.dtype, copy=False))
        return power

    return kernel


def _compare(ufunc: np.ufunc, kinds: str = "fib") -> Operator:
    def build(making: Making) -> Kernel:
        meter = making.meter

        def kernel(first: Array, second: Array) -> Array:
            same_type(first, second)
            if first.dtype.kind not in kinds:
                raise TypeError(f"input of {first.dtype} is not allowed here; add a Cast")
            room(meter, first, second)
            result: Array = ufunc(first, second)
            return result

        return kernel

    return Operator(build, (2, 2))


def _test(ufunc: np.ufunc, kinds: str) -> Operator:
    def kernel(values: Array) -> Array:
        if values.dtype.kind not in kinds:
            raise TypeError(f"input of {values.dtype} is not allowed here; add a Cast")
        result: Array = ufunc(values)
        return result

    return Operator(lambda making: kernel)


def _many(ufunc: np.ufunc, *, mean: bool = False) -> Operator:
    def build(making: Making) -> Kernel:
        meter = making.meter

        def kernel(*arrays: Array, out: Array | None = None) -> Array:
            same_type(*arrays)
            if len(arrays) == 1:
                return arrays[0].copy()
            shape = room(meter, arrays[0], arrays[1])
            if out is not None and (out.shape != shape or any(array is out for array in arrays[2:])):
                out = None
            total: Array = np.asarray(ufunc(arrays[0], arrays[1], out=out))
            for array in arrays[2:]:
                shape = room(meter, total, array)
                total = np.asarray(ufunc(total, array, out=total if total.shape == shape else None))
            if mean:
                total /= len(arrays)
            return total

        return kernel

    return Operator(build, (1, MANY), in_place=True)


def _clip(making: Making) -> Kernel:
    def kernel(values: Array, low: Array | None = None, high: Array | None = None, out: Array | None = None) -> Array:
        result = out if out is values else values.copy()
        for ufunc, bound in ((np.maximum, low), (np.minimum, high)):
            if bound is not None:
                same_type(values, bound)
                if bound.size != 1:
                    raise ValueError(f"bound of shape {list(bound.shape)}, needed is one number")
                ufunc(result, bound.reshape(()), out=result)
        return result

    return kernel


def _prelu(making: Making) -> Kernel:
    meter = making.meter

    def kernel(values: Array, slope: Array) -> Array:
        same_type(values, slope)
        if room(meter, values, slope) != values.shape:
            raise ValueError(f"slope {list(slope.shape)} does not fit {list(values.shape)}")
        return np.where(values < 0, values * slope, values)

    return kernel


def _where(making: Making) -> Kernel:
    meter = making.meter

    def kernel(condition: Array, first: Array, second: Array) -> Array:
        same_type(first, second)
        if condition.dtype != np.bool_:
            raise TypeError(f"condition of {condition.dtype}, needed is bool; add a Cast")
        meter.claim(np.broadcast(condition, first, second).size)
        return np.where(condition, first, second)

    return kernel


def _cast(making: Making) -> Kernel:
    number = making.integer("to")
    making.integer("saturate", 1)
    dtype = ELEMENT_TYPES.get(number)
    if dtype is None:
        raise RefusedError(f"makes element type {number}, allowed are {', '.join(map(str, ELEMENT_TYPES))}")
    return lambda values: values.astype(dtype)


def _cast_like(making: Making) -> Kernel:
    making.integer("saturate", 1)
    return lambda values, like: values.astype(like.dtype)


def _is_inf(making: Making) -> Kernel:
    negative, positive = making.flag("detect_negative", default=True), making.flag("detect_positive", default=True)

    def kernel(values: Array) -> Array:
        floating(values)
        result: Array = np.isinf(values) & ((values < 0) & negative | (values > 0) & positive)
        return result

    return kernel


def _build(function: Function) -> Callable[[Making], Function]:
    return lambda making: function


_FLOAT_UFUNCS: Final = {
    "Ceil": np.ceil, "Cos": np.cos, "Exp": np.exp, "Floor": np.floor, "Log": np.log, "Reciprocal": np.reciprocal,
    "Round": np.rint, "Sin": np.sin, "Sqrt": np.sqrt, "Tanh": np.tanh, "Tan": np.tan, "Atan": np.arctan,
}  # fmt: skip
_FUNCTIONS: Final[dict[str, Callable[[Making], Function]]] = {
    "Celu": _celu,
    "Elu": lambda making: _exponential(making.number("alpha", 1.0)),
    "Erf": _build(_erf),
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _build(_hard_swish),
    "LeakyRelu": _leaky,
    "Mish": _build(_mish),
    "Selu": lambda making: _exponential(
        making.number("alpha", 1.67326319217681884765625), making.number("gamma", 1.05070102214813232421875)
    ),
    "Sigmoid": _build(sigmoid),
    "Softplus": _build(_softplus),
    "Softsign": _build(_softsign),
    "ThresholdedRelu": _thresholded,
}
_BUILDS: Final[dict[str, tuple[Build, tuple[int, int], bool]]] = {
    "Cast": (_cast, (1, 1), False),
    "CastLike": (_cast_like, (2, 2), False),
    "Clip": (_clip, (1, 3), True),
    "IsInf": (_is_inf, (1, 1), False),
    "Mod": (_modulo, (2, 2), True),
    "PRelu": (_prelu, (2, 2), False),
    "Pow": (_power, (2, 2), True),
    "Where": (_where, (3, 3), False),
}

OPERATORS: Final[Table] = {
    **{name: _unary(ufunc) for name, ufunc in _FLOAT_UFUNCS.items()},
    **{name: _activation(make) for name, make in _FUNCTIONS.items()},
    **{name: Operator(build, inputs, in_place=place) for name, (build, inputs, place) in _BUILDS.items()},
    "Abs": _unary(np.absolute, floats=False),
    "Neg": _unary(np.negative, floats=False),
    "Sign": _unary(np.sign, floats=False),
    "Relu": Operator(lambda making: _each(_relu, making, floats=False), in_place=True),
    "Not": _test(np.logical_not, "b"),
    "IsNaN": _test(np.isnan, "f"),
    "Add": _binary(np.add),
    "Sub": _binary(np.subtract),
    "Mul": _binary(np.multiply),
    "Div": _binary(_divide),
    "Max": _many(np.maximum),
    "Min": _many(np.minimum),
    "Sum": _many(np.add),
    "Mean": _many(np.add, mean=True),
    "And": _compare(np.logical_and, "b"),
    "Or": _compare(np.logical_or, "b"),
    "Xor": _compare(np.logical_xor, "b"),
    "Equal": _compare(np.equal),
    "Greater": _compare(np.greater, "fi"),
    "GreaterOrEqual": _compare(np.greater_equal, "fi"),
    "Less": _compare(np.less, "fi"),
    "LessOrEqual": _compare(np.less_equal, "fi"),
}
