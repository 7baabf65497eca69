"""The small operators of `ai.onnx.ml`: scaling, linear models, picking columns."""

import math
from typing import Final

import numpy as np

from ..onnx_wire import RefusedError
from .base import Array, Kernel, Making, Operator, Table, floating, of_rank
from .trees import TRANSFORMS


def _scaler(making: Making) -> Kernel:
    offset, scale = making.array("offset", np.float32), making.array("scale", np.float32)

    def kernel(values: Array) -> Array:
        if not values.ndim or any(len(part) not in (1, values.shape[-1]) for part in (offset, scale)):
            raise ValueError(f"input of shape {list(values.shape)} for {len(offset)} offsets and {len(scale)} scales")
        return np.asarray((values.astype(np.float32) - offset) * scale)

    return kernel


def _normalizer(making: Making) -> Kernel:
    norm = making.choice("norm", "MAX", ("MAX", "L1", "L2"))

    def kernel(values: Array) -> Array:
        of_rank(values, 2)
        rows = values.astype(np.float32)
        if norm == "MAX":
            size = rows.max(axis=1, keepdims=True)
        elif norm == "L1":
            size = np.abs(rows).sum(axis=1, keepdims=True)
        else:
            size = np.sqrt((rows * rows).sum(axis=1, keepdims=True))
        return np.asarray(rows / np.where(size == 0, 1, size))

    return kernel


def _linear(making: Making, targets: int) -> tuple[Array, Array]:
    """Return coefficients [features, targets] and intercepts [targets]."""
    coefficients = making.array("coefficients", np.float32)
    intercepts = making.array("intercepts", np.float32, ())
    if not len(coefficients) or len(coefficients) % targets or len(intercepts) not in (0, targets):
        raise RefusedError(
            f"has {len(coefficients)} coefficients and {len(intercepts)} intercepts for {targets} targets"
        )
    if not len(intercepts):
        intercepts = np.zeros(targets, np.float32)
    return np.ascontiguousarray(coefficients.reshape(targets, -1).T), intercepts


def _scored(values: Array, coefficients: Array, intercepts: Array, making: Making) -> Array:
    of_rank(values, 2)
    making.meter.claim(len(values) * len(intercepts), values.size * len(intercepts))
    result: Array = values.astype(np.float32) @ coefficients
    result += intercepts
    return result


def _linear_regressor(making: Making) -> Kernel:
    targets = making.integer("targets", 1, 1, 1 << 16)
    coefficients, intercepts = _linear(making, targets)
    transform = TRANSFORMS[making.choice("post_transform", "NONE", tuple(TRANSFORMS))]
    return lambda values: transform(_scored(values, coefficients, intercepts, making))


def _linear_classifier(making: Making) -> Kernel:
    if making.has_attribute("classlabels_strings"):
        raise RefusedError("has texts as labels, which are not known here; export it with numbers")
    labels = making.array("classlabels_ints", np.int64)
    making.flag("multi_class")
    transform = TRANSFORMS[making.choice("post_transform", "NONE", tuple(TRANSFORMS))]
    if len(labels) < 2:
        raise RefusedError(f"has {len(labels)} labels, needed are two or more")
    coefficients, intercepts = _linear(making, len(labels))

    def kernel(values: Array) -> tuple[Array, Array]:
        scores = _scored(values, coefficients, intercepts, making)
        return labels[scores.argmax(axis=1)], transform(scores)

    return kernel


def _pick(making: Making) -> Kernel:
    meter = making.meter

    def kernel(values: Array, columns: Array) -> Array:
        flat = columns.reshape(-1)
        if columns.dtype.kind != "i" or not values.ndim:
            raise TypeError(f"columns of {columns.dtype} out of {list(values.shape)}, needed are whole numbers")
        if flat.min(initial=0) < 0:
            raise IndexError("a column before the first")
        meter.claim(math.prod(values.shape[:-1]) * len(flat))
        picked = np.take(values, flat, axis=-1)
        return picked.reshape(1, -1) if values.ndim == 1 else picked

    return kernel


def _binarizer(making: Making) -> Kernel:
    threshold = making.number("threshold", 0.0)

    def kernel(values: Array) -> Array:
        floating(values)
        return (values > threshold).astype(values.dtype)

    return kernel


OPERATORS: Final[Table] = {
    "ArrayFeatureExtractor": Operator(_pick, (2, 2)),
    "Binarizer": Operator(_binarizer),
    "LinearClassifier": Operator(_linear_classifier, outputs=2),
    "LinearRegressor": Operator(_linear_regressor),
    "Normalizer": Operator(_normalizer),
    "Scaler": Operator(_scaler),
}
