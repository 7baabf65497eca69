"""Matrix products, convolutions and pooling over one axis.

A convolution is one matrix product: each output is a row of the samples under the kernel. The rows are copied out of
a strided view of the input laid out samples x channels; the result keeps that layout under a transposed view, so that
the next convolution copies whole rows.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..onnx_wire import RefusedError
from .arena import Arena
from .base import Array, Kernel, Making, Operator, Table, floating, of_rank, same_type


def _gemm(making: Making) -> Kernel:
    alpha, beta = making.number("alpha", 1.0), making.number("beta", 1.0)
    turn_first, turn_second = making.flag("transA"), making.flag("transB")
    constant, meter, arena = making.constant(1), making.meter, making.arena
    ready = None if constant is None else np.ascontiguousarray(constant.T if turn_second else constant)

    def kernel(first: Array, second: Array, bias: Array | None = None) -> Array:
        of_rank(first, 2)
        of_rank(second, 2)
        same_type(first, second)
        left = first.T if turn_first else first
        right = ready if ready is not None else second.T if turn_second else second
        meter.claim(left.shape[0] * right.shape[1], left.size * right.shape[1])
        result = np.matmul(left, right, out=arena.empty((left.shape[0], right.shape[1]), left.dtype))
        if alpha != 1.0:
            result *= alpha
        if bias is not None and beta != 0.0:
            same_type(result, bias)
            result += bias if beta == 1.0 else (bias * beta).astype(bias.dtype)
        return result

    return kernel


def _matmul(making: Making) -> Kernel:
    meter, arena = making.meter, making.arena

    def kernel(first: Array, second: Array) -> Array:
        same_type(first, second)
        if first.ndim > 2 and second.ndim == 2:
            # one large product instead of one for each window
            meter.claim(first.size // max(first.shape[-1], 1) * second.shape[1], first.size * second.shape[1])
            rows = first.reshape(-1, first.shape[-1])
            result = np.matmul(rows, second, out=arena.empty((len(rows), second.shape[1]), first.dtype))
            return result.reshape(*first.shape[:-1], second.shape[1])
        if first.ndim > 1 and second.ndim > 1:
            shape = (*np.broadcast_shapes(first.shape[:-2], second.shape[:-2]), first.shape[-2], second.shape[-1])
            made = math.prod(shape)
            meter.claim(made, made * first.shape[-1])
            return np.matmul(first, second, out=arena.empty(shape, first.dtype))
        meter.claim(max(first.size, second.size), max(first.size, second.size))
        return np.asarray(np.matmul(first, second))

    return kernel


@dataclass(frozen=True, slots=True)
class _Window:
    """How a kernel of ``size`` samples moves over one axis."""

    size: int
    stride: int
    dilation: int
    pads: tuple[int, int]
    auto: str
    ceil: bool = False

    @property
    def reach(self) -> int:
        """Samples from the first to the last under the kernel."""
        return (self.size - 1) * self.dilation + 1

    def over(self, length: int) -> tuple[int, int, int]:
        """Return the samples to put before and after, and the number of outputs, for an axis of ``length``."""
        before, after = self.pads
        if self.auto.startswith("SAME"):
            count = -(-length // self.stride)
            total = max((count - 1) * self.stride + self.reach - length, 0)
            before = (total + 1) // 2 if self.auto == "SAME_LOWER" else total // 2
            return before, total - before, count
        room = before + length + after - self.reach
        count = room // self.stride + 1
        if self.ceil and room >= 0:
            count = -(-room // self.stride) + 1
            # the last window has to start on the samples or on what was put before them
            count -= (count - 1) * self.stride >= length + before
            after = max(after, (count - 1) * self.stride + self.reach - length - before)
        if count < 1:
            raise ValueError(f"{length} samples are too few for a kernel over {self.reach}")
        return before, after, count


def _window(making: Making, size: int | None, *, dilated: bool = True, ceil: bool = False) -> _Window:
    """Return the moving kernel of a node; refuses more than one axis."""

    def one(name: str, low: int, default: int) -> int:
        values = making.integers(name, low, 1 << 16)
        if values is None:
            return default
        if len(values) != 1:
            raise RefusedError(f"its attribute {name} is for {len(values)} axes; only one axis of time is known here")
        return values[0]

    given = one("kernel_shape", 1, size or 0)
    if given < 1 or size not in (None, given):
        raise RefusedError(f"its kernel_shape is {given}, its weights have {size}; export the model again")
    pads = making.integers("pads", 0, 1 << 16) or [0, 0]
    if len(pads) != 2:
        raise RefusedError(f"its attribute pads has {len(pads)} values; only one axis of time is known here")
    auto = making.choice("auto_pad", "NOTSET", ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"))
    return _Window(
        given,
        one("strides", 1, 1),
        one("dilations", 1, 1) if dilated else 1,
        (pads[0], pads[1]) if auto == "NOTSET" else (0, 0),
        auto,
        making.flag("ceil_mode") if ceil else False,
    )


def _conv(making: Making) -> Kernel:
    weight, meter, arena = making.fixed(1, "weight"), making.meter, making.arena
    if weight.ndim != 3 or not weight.size:
        raise RefusedError(f"its weight has the shape {list(weight.shape)}; only one axis of time is known here")
    groups = making.integer("group", 1, 1, weight.shape[0])
    window = _window(making, weight.shape[2])
    filters, channels, size = weight.shape
    if filters % groups:
        raise RefusedError(f"its {filters} filters do not divide into {groups} groups; export the model again")
    # [groups, kernel x channels, filters of the group]
    matrix = np.ascontiguousarray(
        weight.reshape(groups, filters // groups, channels, size)
        .transpose(0, 3, 2, 1)
        .reshape(groups, -1, filters // groups)
    )

    def kernel(values: Array, kernels: Array, bias: Array | None = None) -> Array:
        same_type(values, kernels)
        of_rank(values, 3)
        count, inputs, length = values.shape
        if inputs != groups * channels:
            raise ValueError(f"input of {inputs} channels, needed are {groups * channels}")
        before, after, outputs = window.over(length)
        rows = count * outputs
        meter.claim(rows * max(size * inputs, filters), rows * matrix.size)
        meter.claim(count * inputs * (length + before + after))
        padded = _padded(values, before, after, arena)
        under = arena.empty((count, outputs, size, inputs), values.dtype)
        np.copyto(under, _under(padded, window, outputs))
        if groups == 1:
            result = np.matmul(under.reshape(rows, -1), matrix[0], out=arena.empty((rows, filters), values.dtype))
        else:
            grouped = under.reshape(count, outputs, size, groups, channels).transpose(3, 0, 1, 2, 4)
            made = np.matmul(grouped.reshape(groups, rows, -1), matrix)
            result = np.ascontiguousarray(made.transpose(1, 0, 2)).reshape(rows, filters)
        arena.take_back(under)
        if padded.base is not values.base:
            arena.take_back(padded)
        if bias is not None:
            same_type(values, bias)
            result += bias
        return result.reshape(count, outputs, filters).transpose(0, 2, 1)

    return kernel


def _padded(values: Array, before: int, after: int, arena: Arena) -> Array:
    """Return [N, C, L] as contiguous [N, L, C] with zeros put before and after the samples."""
    turned = values.transpose(0, 2, 1)
    if not before and not after:
        return np.ascontiguousarray(turned)
    count, length, channels = turned.shape
    padded = arena.empty((count, length + before + after, channels), values.dtype)
    padded[:, :before] = 0
    padded[:, before + length :] = 0
    padded[:, before : before + length] = turned
    return padded


def _under(values: Array, window: _Window, outputs: int) -> Array:
    """Return what lies under the kernel at each output: a view [N, outputs, kernel, C] of [N, L, C]."""
    count, _, channels = values.shape
    row, sample, channel = values.strides
    return as_strided(
        values,
        (count, outputs, window.size, channels),
        (row, sample * window.stride, sample * window.dilation, channel),
        writeable=False,
    )


def _max_pool(making: Making) -> Kernel:
    window = _window(making, None, ceil=True)
    making.flag("storage_order")
    if making.wants(1):
        raise RefusedError("has the indices as an output, which are not known here; export it without")
    meter = making.meter

    def kernel(values: Array) -> Array:
        under = _pooled(values, window, meter.claim, -np.inf)
        return np.asarray(under.max(axis=2)).transpose(0, 2, 1)

    return kernel


def _average_pool(making: Making) -> Kernel:
    window = _window(making, None, ceil=True)
    padding_counts, meter = making.flag("count_include_pad"), making.meter

    def kernel(values: Array) -> Array:
        under = _pooled(values, window, meter.claim, 0.0)
        real = np.ones((1, 1, values.shape[2]), values.dtype)
        if padding_counts:
            # what the window's own padding covers counts, what rounding up added does not
            real = np.pad(
                real,
                ((0, 0), (0, 0), window.over(values.shape[2])[:2] if window.auto != "NOTSET" else window.pads),
                constant_values=1,
            )
            inside = _Window(window.size, window.stride, window.dilation, (0, 0), "NOTSET", window.ceil)
        else:
            inside = window
        counts = _pooled(real, inside, meter.claim, 0.0).sum(axis=2)
        return np.asarray(under.sum(axis=2) / counts).transpose(0, 2, 1)

    return kernel


def _pooled(values: Array, window: _Window, claim: object, fill: float) -> Array:
    of_rank(values, 3)
    floating(values)
    before, after, outputs = window.over(values.shape[2])
    count, channels, _ = values.shape
    claim(count * channels * outputs * window.size)  # type: ignore[operator]
    claim(count * channels * (values.shape[2] + before + after))  # type: ignore[operator]
    padded = np.pad(values.transpose(0, 2, 1), ((0, 0), (before, after), (0, 0)), constant_values=fill)
    return _under(padded, window, outputs)


def _global(function: str) -> Operator:
    def kernel(values: Array) -> Array:
        floating(values)
        if values.ndim < 3:
            raise ValueError(f"input of shape {list(values.shape)}, needed are 3 dimensions")
        return np.asarray(getattr(values, function)(axis=tuple(range(2, values.ndim)), keepdims=True))

    return Operator(lambda making: kernel)


OPERATORS: Final[Table] = {
    "AveragePool": Operator(_average_pool),
    "Conv": Operator(_conv, (2, 3)),
    "Gemm": Operator(_gemm, (2, 3)),
    "GlobalAveragePool": _global("mean"),
    "GlobalMaxPool": _global("max"),
    "MatMul": Operator(_matmul, (2, 2)),
    "MaxPool": Operator(_max_pool, (1, 1), 2),
}
