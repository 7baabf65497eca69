"""Operators that reduce, normalise or weigh along axes."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..onnx_wire import RefusedError
from .base import Array, Kernel, Making, Operator, Table, axes_of, axis_of, floating, same_type, whole_numbers

Axes = tuple[int, ...]
Reduce = Callable[[Array, Axes, bool], Any]


# As plain ufuncs: the stubs of numpy 2.4 know no reduce whose keepdims is a variable.
_ADD: Final[np.ufunc] = np.add
_MULTIPLY: Final[np.ufunc] = np.multiply
_MAXIMUM: Final[np.ufunc] = np.maximum
_MINIMUM: Final[np.ufunc] = np.minimum


def _total(values: Array, axes: Axes, keep: bool) -> Any:
    return _ADD.reduce(values, axes, values.dtype, keepdims=keep)


def _mean(values: Array, axes: Axes, keep: bool) -> Any:
    floating(values)
    count = 1
    for axis in axes:
        count *= values.shape[axis]
    return _total(values, axes, keep) / values.dtype.type(count)


def _log_sum_exp(values: Array, axes: Axes, keep: bool) -> Any:
    floating(values)
    most = values.max(axes, keepdims=True)
    most = np.where(np.isfinite(most), most, 0)
    result = np.log(np.exp(values - most).sum(axes, keepdims=True)) + most
    return result if keep else result.squeeze(axes)


def _norm(values: Array, axes: Axes, keep: bool) -> Any:
    floating(values)
    return np.sqrt(_total(values * values, axes, keep))


def _log_sum(values: Array, axes: Axes, keep: bool) -> Any:
    floating(values)
    return np.log(_total(values, axes, keep))


_REDUCTIONS: Final[dict[str, Reduce]] = {
    "ReduceL1": lambda values, axes, keep: _total(np.abs(values), axes, keep),
    "ReduceL2": _norm,
    "ReduceLogSum": _log_sum,
    "ReduceLogSumExp": _log_sum_exp,
    "ReduceMax": lambda values, axes, keep: _MAXIMUM.reduce(values, axes, keepdims=keep),
    "ReduceMean": _mean,
    "ReduceMin": lambda values, axes, keep: _MINIMUM.reduce(values, axes, keepdims=keep),
    "ReduceProd": lambda values, axes, keep: _MULTIPLY.reduce(values, axes, values.dtype, keepdims=keep),
    "ReduceSum": _total,
    "ReduceSumSquare": lambda values, axes, keep: _total(values * values, axes, keep),
}


def _reduction(reduce: Reduce) -> Operator:
    def build(making: Making) -> Kernel:
        # axes moved from the attributes to the inputs with opset 13 (ReduceSum) and 18 (the others)
        listed = making.integers("axes")
        keep, nothing = making.flag("keepdims", default=True), making.flag("noop_with_empty_axes")
        value = making.constant(1)
        known = listed if value is None else whole_numbers(value, "axes")

        def kernel(values: Array, axes: Array | None = None) -> Array:
            chosen = whole_numbers(axes, "axes") if known is None and axes is not None else known
            if not chosen and nothing:
                return values.copy()
            return np.asarray(reduce(values, axes_of(chosen or range(values.ndim), values.ndim), keep))

        return kernel

    return Operator(build, (1, 2))


def _softmax(making: Making) -> Kernel:
    axis, arena = making.integer("axis", -1), making.arena

    def kernel(values: Array, out: Array | None = None) -> Array:
        floating(values)
        at = axis_of(axis, values.ndim)
        result: Array = np.subtract(
            values, values.max(at, keepdims=True), out=arena.like(values) if out is None else out
        )
        np.exp(result, out=result)
        result /= result.sum(at, keepdims=True)
        return result

    return kernel


def _log_softmax(making: Making) -> Kernel:
    axis, arena = making.integer("axis", -1), making.arena

    def kernel(values: Array, out: Array | None = None) -> Array:
        floating(values)
        at = axis_of(axis, values.ndim)
        result: Array = np.subtract(
            values, values.max(at, keepdims=True), out=arena.like(values) if out is None else out
        )
        result -= np.log(np.exp(result).sum(at, keepdims=True))
        return result

    return kernel


def _layer_norm(making: Making) -> Kernel:
    axis, epsilon = making.integer("axis", -1), making.number("epsilon", 1e-5)
    making.integer("stash_type", 1, 1, 1)
    several, arena = making.wants(1) or making.wants(2), making.arena

    def kernel(values: Array, scale: Array, bias: Array | None = None, out: Array | None = None) -> Any:
        floating(values)
        same_type(values, scale)
        axes = tuple(range(axis_of(axis, values.ndim), values.ndim))
        mean = _mean(values, axes, True)
        result: Array = np.subtract(values, mean, out=out if out is values else arena.like(values))
        squares = np.multiply(result, result, out=arena.like(result))
        spread = _mean(squares, axes, True)
        arena.take_back(squares)
        spread += spread.dtype.type(epsilon)
        inverse = 1 / np.sqrt(spread)
        result *= inverse
        result *= scale
        if bias is not None:
            result += bias
        return (result, mean, inverse) if several else result

    return kernel


def _batch_norm(making: Making) -> Kernel:
    epsilon = making.number("epsilon", 1e-5)
    making.number("momentum", 0.9)
    if making.flag("training_mode") or making.wants(1):
        raise RefusedError("is in training mode; export the model for inference")
    scale, bias, mean, variance = (
        making.fixed(index, what) for index, what in enumerate(("scale", "bias", "mean", "variance"), 1)
    )
    same_type(scale, bias, mean, variance)
    factor = scale / np.sqrt(variance + variance.dtype.type(epsilon))
    shift = bias - mean * factor

    def kernel(values: Array, *rest: Array, out: Array | None = None) -> Array:
        same_type(values, factor)
        shape = (-1, *(1,) * (values.ndim - 2))
        if values.ndim < 2 or values.shape[1] != factor.size:
            raise ValueError(f"input of shape {list(values.shape)} does not have {factor.size} channels")
        result: Array = np.multiply(values, factor.reshape(shape), out=out if out is values else None)
        result += shift.reshape(shape)
        return result

    return kernel


def _instance_norm(making: Making) -> Kernel:
    epsilon = making.number("epsilon", 1e-5)

    def kernel(values: Array, scale: Array, bias: Array) -> Array:
        same_type(values, scale, bias)
        floating(values)
        axes, shape = tuple(range(2, values.ndim)), (-1, *(1,) * (values.ndim - 2))
        result: Array = values - _mean(values, axes, True)
        result /= np.sqrt(_mean(result * result, axes, True) + values.dtype.type(epsilon))
        result *= scale.reshape(shape)
        result += bias.reshape(shape)
        return result

    return kernel


OPERATORS: Final[Table] = {
    **{name: _reduction(reduce) for name, reduce in _REDUCTIONS.items()},
    "BatchNormalization": Operator(_batch_norm, (5, 5), 5, in_place=True),
    "InstanceNormalization": Operator(_instance_norm, (3, 3)),
    "LayerNormalization": Operator(_layer_norm, (2, 3), 3, in_place=True),
    "LogSoftmax": Operator(_log_softmax, in_place=True),
    "Softmax": Operator(_softmax, in_place=True),
}
