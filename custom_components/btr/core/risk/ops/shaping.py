"""Operators that move elements about: shapes, slices, indices, padding, sorting."""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from ..onnx_wire import RefusedError
from .base import MANY, Array, Kernel, Making, Operator, Table, axes_of, axis_of, same_type, whole_numbers


def _numbers(making: Making, index: int, what: str) -> list[int] | None:
    """Return an input that is a short list of integers, when it is known already; it mostly is."""
    value = making.constant(index)
    return None if value is None else whole_numbers(value, what)


def _reshape(making: Making) -> Kernel:
    known, keep_zero = _numbers(making, 1, "shape"), making.flag("allowzero")

    def kernel(values: Array, shape: Array) -> Array:
        wanted = whole_numbers(shape, "shape") if known is None else known
        if not keep_zero:
            wanted = [values.shape[at] if size == 0 else size for at, size in enumerate(wanted)]
        if min(wanted, default=0) < -1:
            raise ValueError(f"shape {wanted} has a negative size")
        return values.reshape(wanted)

    return kernel


def _flatten(making: Making) -> Kernel:
    axis = making.integer("axis", 1)

    def kernel(values: Array) -> Array:
        at = axis if axis == values.ndim else axis_of(axis, values.ndim)
        return values.reshape(math.prod(values.shape[:at]), math.prod(values.shape[at:]))

    return kernel


def _squeeze(making: Making) -> Kernel:
    known = _numbers(making, 1, "axes")

    def kernel(values: Array, axes: Array | None = None) -> Array:
        chosen = known if axes is None or known is not None else whole_numbers(axes, "axes")
        return values.squeeze(None if chosen is None else axes_of(chosen, values.ndim))

    return kernel


def _unsqueeze(making: Making) -> Kernel:
    known = _numbers(making, 1, "axes")

    def kernel(values: Array, axes: Array) -> Array:
        chosen = whole_numbers(axes, "axes") if known is None else known
        return np.expand_dims(values, axes_of(chosen, values.ndim + len(chosen)))

    return kernel


def _transpose(making: Making) -> Kernel:
    order = making.integers("perm", 0)
    return lambda values: values.transpose(order)


def _slice(making: Making) -> Kernel:
    parts = [_numbers(making, index, "bounds") for index in (1, 2, 3, 4)]
    known = all(part is not None or not making.has(index) for index, part in enumerate(parts, 1))

    def kernel(values: Array, *bounds: Array | None) -> Array:
        if known:
            given: list[list[int] | None] = parts
        else:
            given = [None if bound is None else whole_numbers(bound, "bounds") for bound in bounds]
            given += [None] * (4 - len(given))
        starts, ends, axes, steps = given
        if starts is None or ends is None:
            raise ValueError("start or end is missing")
        chosen = axes_of(list(range(len(starts))) if axes is None else axes, values.ndim)
        steps = [1] * len(starts) if steps is None else steps
        index = [slice(None)] * values.ndim
        for start, end, axis, step in zip(starts, ends, chosen, steps, strict=True):
            if step == 0:
                raise ValueError("step is 0")
            index[axis] = slice(start, end, step)
        return values[tuple(index)]

    return kernel


def _split(making: Making) -> Kernel:
    axis, count = making.integer("axis", 0), len(making.node.outputs)
    making.integer("num_outputs", count, count, count)

    def kernel(values: Array, sizes: Array | None = None) -> tuple[Array, ...]:
        at = axis_of(axis, values.ndim)
        whole = values.shape[at]
        if sizes is None:
            size = -(-whole // count)
            parts = [min(size, max(0, whole - size * index)) for index in range(count)]
        else:
            parts = whole_numbers(sizes, "split", 1024)
        if len(parts) != count or sum(parts) != whole or min(parts) < 0:
            raise ValueError(f"{whole} elements cannot be split into {count} outputs of {parts[:8]}")
        ends = np.cumsum(parts).tolist()
        before = (slice(None),) * at
        return tuple(values[(*before, slice(end - size, end))] for size, end in zip(parts, ends, strict=True))

    return kernel


def _concat(making: Making) -> Kernel:
    axis, meter, arena = making.integer("axis"), making.meter, making.arena

    def kernel(*arrays: Array) -> Array:
        same_type(*arrays)
        meter.claim(sum(array.size for array in arrays))
        at, shape = axis_of(axis, arrays[0].ndim), list(arrays[0].shape)
        shape[at] = sum(array.shape[at] for array in arrays if array.ndim == len(shape))
        return np.concatenate(arrays, at, out=arena.empty(tuple(shape), arrays[0].dtype))

    return kernel


def _gather(making: Making) -> Kernel:
    axis, meter = making.integer("axis", 0), making.meter

    def kernel(values: Array, index: Array) -> Array:
        at = axis_of(axis, values.ndim)
        meter.claim(index.size * (values.size // max(values.shape[at], 1)))
        return np.take(values, index, at)

    return kernel


def _gather_elements(making: Making) -> Kernel:
    axis, meter = making.integer("axis", 0), making.meter

    def kernel(values: Array, index: Array) -> Array:
        at = axis_of(axis, values.ndim)
        meter.claim(index.size)
        if any(index.shape[side] > values.shape[side] for side in range(values.ndim) if side != at):
            raise ValueError(f"index {list(index.shape)} is larger than {list(values.shape)}")
        inside = tuple(slice(None) if side == at else slice(index.shape[side]) for side in range(values.ndim))
        return np.take_along_axis(values[inside], index, at)

    return kernel


def _expand(making: Making) -> Kernel:
    known, meter = _numbers(making, 1, "shape"), making.meter

    def kernel(values: Array, shape: Array) -> Array:
        wanted = whole_numbers(shape, "shape") if known is None else known
        _sizes(wanted)
        full = np.broadcast_shapes(values.shape, tuple(wanted))
        meter.claim(math.prod(full))
        return np.broadcast_to(values, full)

    return kernel


def _sizes(shape: list[int]) -> None:
    if min(shape, default=0) < 0:
        raise ValueError(f"shape {shape} has a negative size")


def _tile(making: Making) -> Kernel:
    meter = making.meter

    def kernel(values: Array, repeats: Array) -> Array:
        counts = whole_numbers(repeats, "repeats")
        _sizes(counts)
        if len(counts) != values.ndim:
            raise ValueError(f"{len(counts)} repeats for {values.ndim} dimensions")
        meter.claim(values.size * math.prod(counts))
        return np.tile(values, counts)

    return kernel


def _constant_of_shape(making: Making) -> Kernel:
    value, meter = making.tensor("value"), making.meter
    if value is not None and value.size != 1:
        raise RefusedError(f"its value has {value.size} elements, needed is one")
    fill = np.zeros(1, np.float32) if value is None else value.reshape(1)

    def kernel(shape: Array) -> Array:
        sizes = whole_numbers(shape, "shape")
        _sizes(sizes)
        meter.claim(math.prod(sizes))
        return np.full(sizes, fill[0], fill.dtype)

    return kernel


def _range(making: Making) -> Kernel:
    meter = making.meter

    def kernel(start: Array, limit: Array, delta: Array) -> Array:
        same_type(start, limit, delta)
        first, last, step = start.reshape(()).item(), limit.reshape(()).item(), delta.reshape(()).item()
        if not step or not all(map(math.isfinite, (first, last, step))):
            raise ValueError(f"range from {first} to {last} by {step}")
        count = max(math.ceil((last - first) / step), 0)
        meter.claim(count)
        return np.asarray(first + step * np.arange(count), start.dtype)

    return kernel


def _shape(making: Making) -> Kernel:
    start, end = making.integer("start", 0), making.integer("end", 2**31)
    return lambda values: np.array(values.shape[start:end], np.int64)


def _pad(making: Making) -> Kernel:
    mode = {"constant": "constant", "edge": "edge", "reflect": "reflect", "wrap": "wrap"}[
        making.choice("mode", "constant", ("constant", "edge", "reflect", "wrap"))
    ]
    meter = making.meter

    def kernel(values: Array, pads: Array, value: Array | None = None, axes: Array | None = None) -> Array:
        amounts = whole_numbers(pads, "pads", 32)
        chosen = range(values.ndim) if axes is None else axes_of(whole_numbers(axes, "axes"), values.ndim)
        if len(amounts) != 2 * len(chosen):
            raise ValueError(f"{len(amounts)} pads for {len(chosen)} axes")
        widths = [(0, 0)] * values.ndim
        for at, axis in enumerate(chosen):
            widths[axis] = (amounts[at], amounts[at + len(chosen)])
        # a negative pad cuts off
        values = values[
            tuple(slice(max(0, -a), size - max(0, -b)) for (a, b), size in zip(widths, values.shape, strict=True))
        ]
        grown = [(max(0, a), max(0, b)) for a, b in widths]
        meter.claim(math.prod(size + a + b for size, (a, b) in zip(values.shape, grown, strict=True)))
        if mode != "constant":
            return np.pad(values, grown, mode)  # type: ignore[call-overload, no-any-return]
        return np.pad(values, grown, constant_values=0 if value is None else value.reshape(()))

    return kernel


def _cumulative(making: Making) -> Kernel:
    exclusive, backwards = making.flag("exclusive"), making.flag("reverse")

    def kernel(values: Array, axis: Array) -> Array:
        at = axis_of(int(axis.reshape(())), values.ndim)
        turned = np.flip(values, at) if backwards else values
        total = np.cumsum(turned, at, dtype=values.dtype)
        if exclusive:
            total -= turned
        return np.flip(total, at) if backwards else total

    return kernel


def _arg(function: Any) -> Operator:
    def build(making: Making) -> Kernel:
        axis, keep = making.integer("axis", 0), making.flag("keepdims", default=True)
        last = making.flag("select_last_index")

        def kernel(values: Array) -> Array:
            at = axis_of(axis, values.ndim)
            if not last:
                return np.asarray(function(values, at, keepdims=keep), np.int64)
            found = np.asarray(function(np.flip(values, at), at, keepdims=keep), np.int64)
            return np.asarray(values.shape[at] - 1 - found)

        return kernel

    return Operator(build)


def _top(making: Making) -> Kernel:
    axis, largest = making.integer("axis", -1), making.flag("largest", default=True)
    making.flag("sorted", default=True)

    def kernel(values: Array, count: Array) -> tuple[Array, Array]:
        at = axis_of(axis, values.ndim)
        wanted, size = int(count.reshape(())), values.shape[at]
        if not 0 <= wanted <= size:
            raise ValueError(f"the top {wanted} of {size} elements")
        # the first of equals comes first in either direction
        if largest:
            order = size - 1 - np.flip(np.argsort(np.flip(values, at), at, kind="stable"), at)
        else:
            order = np.argsort(values, at, kind="stable")
        index = np.take(order, range(wanted), at).astype(np.int64)
        return np.take_along_axis(values, index, at), index

    return kernel


def _triangle(making: Making) -> Kernel:
    function = np.triu if making.flag("upper", default=True) else np.tril

    def kernel(values: Array, offset: Array | None = None) -> Array:
        return function(values, 0 if offset is None else int(offset.reshape(())))

    return kernel


def _one_hot(making: Making) -> Kernel:
    axis, meter = making.integer("axis", -1), making.meter

    def kernel(index: Array, depth: Array, values: Array) -> Array:
        count = int(depth.reshape(()))
        at = axis_of(axis, index.ndim + 1)
        if count < 1 or values.shape != (2,):
            raise ValueError(f"depth {count} and values {list(values.shape)}")
        meter.claim(index.size * count)
        wrapped = np.where(index < 0, index + count, index)
        shape = [1] * (index.ndim + 1)
        shape[at] = count
        hot: Array = np.where(np.expand_dims(wrapped, at) == np.arange(count).reshape(shape), values[1], values[0])
        return hot

    return kernel


def _dropout(making: Making) -> Kernel:
    making.integer("seed", 0, -(2**63), 2**63)
    training = making.constant(2)
    if making.has(2) and (training is None or training.any()):
        raise RefusedError("is in training mode; export the model for inference")
    if making.wants(1):
        return lambda values, *rest: (values, np.ones(values.shape, np.bool_))
    return lambda values, *rest: values


def _identity(making: Making) -> Kernel:
    return lambda values: values


def _constant(making: Making) -> Kernel:
    found = [np.asarray(read(making)) for name, read in _CONSTANTS.items() if making.has_attribute(name)]
    if len(found) != 1:
        raise RefusedError("has no value, or two, or a text; export the model again")
    return lambda: found[0]


_CONSTANTS: Final[dict[str, Callable[[Making], Any]]] = {
    "value": lambda making: making.tensor("value"),
    "value_float": lambda making: np.array(making.number("value_float"), np.float32),
    "value_int": lambda making: np.array(making.integer("value_int", None, -(2**63), 2**63 - 1), np.int64),
    "value_floats": lambda making: making.array("value_floats", np.float32),
    "value_ints": lambda making: making.array("value_ints", np.int64),
}

OPERATORS: Final[Table] = {
    "ArgMax": _arg(np.argmax),
    "ArgMin": _arg(np.argmin),
    "Concat": Operator(_concat, (1, MANY)),
    "Constant": Operator(_constant, (0, 0), aliases=True),
    "ConstantOfShape": Operator(_constant_of_shape),
    "CumSum": Operator(_cumulative, (2, 2)),
    "Dropout": Operator(_dropout, (1, 3), 2, aliases=True),
    "Expand": Operator(_expand, (2, 2), aliases=True),
    "Flatten": Operator(_flatten, aliases=True),
    "Gather": Operator(_gather, (2, 2)),
    "GatherElements": Operator(_gather_elements, (2, 2)),
    "Identity": Operator(_identity, aliases=True),
    "OneHot": Operator(_one_hot, (3, 3)),
    "Pad": Operator(_pad, (2, 4)),
    "Range": Operator(_range, (3, 3)),
    "Reshape": Operator(_reshape, (2, 2), aliases=True),
    "Shape": Operator(_shape),
    "Size": Operator(lambda making: lambda values: np.array(values.size, np.int64)),
    "Slice": Operator(_slice, (3, 5), aliases=True),
    "Split": Operator(_split, (1, 2), 1024, aliases=True),
    "Squeeze": Operator(_squeeze, (1, 2), aliases=True),
    "Tile": Operator(_tile, (2, 2)),
    "TopK": Operator(_top, (2, 2), 2),
    "Transpose": Operator(_transpose, aliases=True),
    "Trilu": Operator(_triangle, (1, 2)),
    "Unsqueeze": Operator(_unsqueeze, (2, 2), aliases=True),
}
