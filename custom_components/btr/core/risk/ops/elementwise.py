"""Operators that put arrays together element by element, with ONNX's (numpy's) broadcasting, and conversions."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..onnx_file import ELEMENT_TYPES
from ..onnx_wire import RefusedError
from .base import MANY, Array, Build, Kernel, Making, Meter, Operator, Table, floating, same_type


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
    **{name: Operator(build, inputs, in_place=place) for name, (build, inputs, place) in _BUILDS.items()},
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
