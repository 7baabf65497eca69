"""Memory that one run after the other takes again, instead of asking the system for it each time.

Large arrays come from the system page by page, and go back as soon as they are dropped; on musl always. Measured with
the C library told to do so, a batch took twice the time.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
# Below this the C library keeps the memory itself.
_LEAST_BYTES: Final = 64 * 1024


class Arena:
    """Lends arrays; takes them back when the plan knows that nobody reads them any more."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._free: dict[int, list[Array]] = {}
        self._lent: dict[int, Array] = {}
        self._rows = 0

    def start(self, rows: int) -> None:
        """Begin a run; what belongs to runs of another size is dropped, and what was not taken back is forgotten."""
        self._lent.clear()
        if rows != self._rows:
            self._rows = rows
            self._free.clear()

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return a contiguous array with any content, like numpy.empty."""
        size = math.prod(shape) * dtype.itemsize
        if size < _LEAST_BYTES:
            return np.empty(shape, dtype)
        free = self._free.get(size)
        buffer = free.pop() if free else np.empty(size, np.uint8)
        self._lent[id(buffer)] = buffer
        return buffer.view(dtype).reshape(shape)

    def like(self, array: Array) -> Array:
        """Return an array of the same shape and the same layout in memory, like numpy.empty_like."""
        if array.nbytes < _LEAST_BYTES or array.flags.c_contiguous:
            return self.empty(array.shape, array.dtype)
        order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
        made = self.empty(tuple(array.shape[axis] for axis in order), array.dtype)
        return made.transpose(np.argsort(order))

    def take_back(self, array: Array) -> None:
        """Lend the memory of this array again; nothing happens when it was not lent here."""
        buffer = self._lent.pop(id(array.base), None)
        if buffer is not None:
            self._free.setdefault(buffer.size, []).append(buffer)
