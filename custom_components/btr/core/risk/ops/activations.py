"""Functions of one number: each is filled into an array like its input, or into the input itself."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from .base import Array, Kernel, Making, Operator, Table, floating

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

OPERATORS: Final[Table] = {
    **{name: _unary(ufunc) for name, ufunc in _FLOAT_UFUNCS.items()},
    **{name: _activation(make) for name, make in _FUNCTIONS.items()},
    "Abs": _unary(np.absolute, floats=False),
    "Neg": _unary(np.negative, floats=False),
    "Sign": _unary(np.sign, floats=False),
    "Relu": Operator(lambda making: _each(_relu, making, floats=False), in_place=True),
}
