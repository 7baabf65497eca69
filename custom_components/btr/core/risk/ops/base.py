"""What an operator is to the numpy engine: a builder that reads a node once and returns the function that runs.

A kernel takes arrays (None for an input left out) and returns one array or a tuple of them. It never changes its
inputs, unless the plan hands one of them to it again as ``out``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..onnx_file import MAX_RANK, AttributeValue, Node
from ..onnx_wire import RefusedError
from .arena import Arena

Array = NDArray[Any]
Kernel = Callable[..., Any]

# The most that one step may make, in elements (16 MiB of float32), and the most that stays alive at once.
MAX_ELEMENTS: Final = 4 * 1024 * 1024
MAX_LIVE_BYTES: Final = 48 * 1024 * 1024
# Multiplications of one run, less than a tenth of a second of one core. Each element of a result counts for several:
# the slowest functions take some 30 ns for one.
MAX_WORK: Final = 500_000_000
_WORK_PER_ELEMENT: Final = 16
WORK_PER_CALL: Final = 2000
# The most inputs of an operator that takes any number of them; none of those may be left out.
MANY: Final = 1024


class OverBudgetError(ValueError):
    """A step would need more memory or time than a model of ours ever does."""


class Meter:
    """Counts what one run makes and computes, before it does, and stops it at the budget.

    ``most_elements`` is the largest array of the run so far, ``work`` the multiplications.
    """

    __slots__ = ("live_bytes", "most_elements", "most_live_bytes", "work")

    def __init__(self) -> None:
        """Start at nothing."""
        self.start()

    def start(self) -> None:
        """Begin a run."""
        self.work = self.live_bytes = self.most_live_bytes = self.most_elements = 0

    def claim(self, elements: int, work: int = 0) -> None:
        """Announce an array and so many multiplications; raise OverBudgetError beyond the budget."""
        if elements > self.most_elements:
            if elements > MAX_ELEMENTS:
                raise OverBudgetError(
                    f"would make {elements} elements, allowed are {MAX_ELEMENTS}; make the model smaller"
                )
            self.most_elements = elements
        self._spend(elements + work)

    def keep(self, array: Array) -> None:
        """Count the result of a step; raise OverBudgetError beyond the budget."""
        self._spend(_WORK_PER_ELEMENT * array.size)
        self.live_bytes += array.nbytes
        if self.live_bytes > self.most_live_bytes:
            if self.live_bytes > MAX_LIVE_BYTES:
                raise OverBudgetError(f"holds more than {MAX_LIVE_BYTES} bytes at once; make the model smaller")
            self.most_live_bytes = self.live_bytes

    def drop(self, array: Array) -> None:
        """Count a result as gone."""
        self.live_bytes -= array.nbytes

    def _spend(self, work: int) -> None:
        self.work += work
        if self.work > MAX_WORK:
            raise OverBudgetError("needs more computing than a batch may take; make the model smaller")


class Making:
    """A node while its kernel is built: attributes, checked and each read once, and inputs that are known already."""

    def __init__(self, node: Node, opset: int, constants: Sequence[Array | None], meter: Meter, arena: Arena) -> None:
        """``constants`` holds the value of each input that does not depend on the windows, else None."""
        self.node, self.opset, self.meter, self.arena = node, opset, meter, arena
        self._constants = constants
        self._left = dict(node.attributes)

    def has(self, index: int) -> bool:
        """Whether the node has this input."""
        return index < len(self.node.inputs) and self.node.inputs[index] != ""

    def wants(self, index: int) -> bool:
        """Whether anything may use this output."""
        return index < len(self.node.outputs) and self.node.outputs[index] != ""

    def constant(self, index: int) -> Array | None:
        """Return the value of an input that is the same for all windows; None when it is not, or is left out."""
        return self._constants[index] if index < len(self._constants) else None

    def fixed(self, index: int, what: str) -> Array:
        """Return the value of an input that has to be the same for all windows."""
        value = self.constant(index)
        if value is None:
            raise RefusedError(f"its {what} is computed from the windows; export it as a constant")
        return value

    def has_attribute(self, name: str) -> bool:
        """Whether the node has this attribute."""
        return name in self._left

    def integer(self, name: str, default: int | None = None, low: int = -(2**31), high: int = 2**31) -> int:
        """Return an attribute that is one integer within the bounds."""
        value = self._take(name, int, default)
        if not low <= value <= high:
            raise RefusedError(f"its attribute {name} is {value}, allowed are {low} to {high}")
        return int(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return an attribute that is 0 or 1."""
        return bool(self.integer(name, int(default), 0, 1))

    def number(self, name: str, default: float | None = None) -> float:
        """Return an attribute that is one float."""
        return float(self._take(name, float, default))

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return an attribute that is one of a few texts."""
        value = self._take(name, bytes, default.encode()).decode("utf-8", "replace")
        if value not in allowed:
            raise RefusedError(f"its attribute {name} is {value[:40]!r}, allowed are {', '.join(allowed)}")
        return str(value)

    def integers(self, name: str, low: int = -(2**31), high: int = 2**31, *, most: int = MAX_RANK) -> list[int] | None:
        """Return an attribute that is a short list of integers, None when it is left out."""
        if name not in self._left:
            return None
        values = self.array(name, np.int64)
        if len(values) > most or any(not low <= value <= high for value in values.tolist()):
            raise RefusedError(f"its attribute {name} has a value outside {low} to {high}, or more than {most} of them")
        return [int(value) for value in values]

    def texts(self, name: str) -> list[str] | None:
        """Return an attribute that is a list of texts, None when it is left out."""
        if name not in self._left:
            return None
        value: tuple[bytes, ...] = self._take(name, tuple, None)
        return [text.decode("utf-8", "replace") for text in value]

    def array(self, name: str, dtype: type, default: object = None) -> Array:
        """Return an attribute that is a list of floats or of integers, of any length."""
        value: Array = self._take(name, np.ndarray, None if default is None else np.array(default, dtype))
        if value.dtype != dtype or value.ndim != 1:
            raise RefusedError(f"its attribute {name} has elements of {value.dtype}, needed are {np.dtype(dtype)}")
        return value

    def tensor(self, name: str) -> Array | None:
        """Return an attribute that is a tensor, None when it is left out."""
        value: Array | None = self._take(name, np.ndarray, None) if name in self._left else None
        return value

    def finish(self) -> None:
        """Refuse attributes that nobody asked for: they might have changed the result."""
        if self._left:
            raise RefusedError(f"its attribute {next(iter(self._left))[:80]!r} is not known here; export it without")

    def _take(self, name: str, kind: type, default: AttributeValue | None) -> Any:
        value = self._left.pop(name, default)
        if value is None:
            raise RefusedError(f"lacks the attribute {name}; export the model again")
        if not isinstance(value, kind):
            raise RefusedError(f"its attribute {name} is of another type; export the model again")
        return value


Build = Callable[[Making], Kernel]


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator: how its kernel is built and what the plan may do with it.

    ``inputs`` is the least and most number of inputs, ``outputs`` the most outputs. ``in_place``: the kernel takes
    ``out``, an input that nobody needs any more, and may write its result there. ``aliases``: its result may share
    memory with its inputs.
    """

    build: Build
    inputs: tuple[int, int] = (1, 1)
    outputs: int = 1
    in_place: bool = False
    aliases: bool = False


Table = Mapping[str, Operator]


def same_type(*arrays: Array) -> None:
    """Raise TypeError unless all arrays have one element type: ONNX converts nothing by itself."""
    first = arrays[0].dtype
    for array in arrays[1:]:
        if array.dtype != first:
            raise TypeError(f"inputs of {first} and {array.dtype} do not go together; add a Cast")


def floating(array: Array) -> None:
    """Raise TypeError unless the array holds floats."""
    if array.dtype.kind != "f":
        raise TypeError(f"input of {array.dtype}, needed are floats; add a Cast")


def of_rank(array: Array, rank: int) -> None:
    """Raise ValueError unless the array has so many dimensions."""
    if array.ndim != rank:
        raise ValueError(f"input of shape {list(array.shape)}, needed are {rank} dimensions")


def axis_of(axis: int, rank: int) -> int:
    """Return the axis counted from the front; raise ValueError when there is none such."""
    if not -rank <= axis < max(rank, 1):
        raise ValueError(f"axis {axis} of an array with {rank} dimensions")
    return axis % rank if rank else 0


def axes_of(axes: Sequence[int], rank: int) -> tuple[int, ...]:
    """Return the axes counted from the front; raise ValueError when one does not exist or comes twice."""
    found = tuple(axis_of(axis, rank) for axis in axes)
    if len(set(found)) != len(found):
        raise ValueError(f"axes {list(axes)} name one twice")
    return found


def whole_numbers(array: Array, what: str, most: int = MAX_RANK) -> list[int]:
    """Return a short list of integers from a tensor with at most one dimension."""
    if array.dtype.kind != "i" or array.ndim > 1 or array.size > most:
        raise ValueError(f"{what} is {array.dtype} {list(array.shape)[:8]}, needed is a short list of int64")
    return [int(value) for value in array.reshape(-1)]
