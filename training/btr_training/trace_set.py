"""Many traces in two arrays, so that other processes can share them instead of getting copies.

joblib writes an argument's large arrays into a file once and lets all its processes map it, Ray puts them into its
store once; a thousand small arrays would be copied into each task.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self, overload

import numpy as np
from numpy.typing import NDArray

from .windows import Float32Array, Trace


@dataclass(frozen=True, slots=True, eq=False)
class TraceSet(Sequence[Trace]):
    """A sequence of traces that are views of ``temp_c`` and ``clean_c``; make it with :meth:`of`.

    ``heads`` are name, experiment, kind and ``start_s`` of each, ``ends`` where each ends in the two arrays.
    """

    heads: tuple[tuple[str, str, str, float], ...]
    ends: NDArray[np.int64]
    temp_c: Float32Array
    clean_c: Float32Array

    @classmethod
    def of(cls, traces: Iterable[Trace]) -> Self:
        """Copy the traces into a set, in their order."""
        every = tuple(traces)
        nothing = np.empty(0, np.float32)
        return cls(
            tuple((trace.name, trace.experiment, trace.kind, trace.start_s) for trace in every),
            np.cumsum([len(trace.temp_c) for trace in every], dtype=np.int64),
            np.concatenate([nothing, *(trace.temp_c for trace in every)]),
            np.concatenate([nothing, *(trace.clean_c for trace in every)]),
        )

    def __len__(self) -> int:
        """Return the number of traces."""
        return len(self.heads)

    @overload
    def __getitem__(self, place: int) -> Trace: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Trace, ...]: ...
    def __getitem__(self, place: int | slice) -> Trace | tuple[Trace, ...]:
        """Return one trace, or those of a slice."""
        if isinstance(place, slice):
            return tuple(self[number] for number in range(*place.indices(len(self))))
        number = range(len(self))[place]
        samples = slice(int(self.ends[number - 1]) if number else 0, int(self.ends[number]))
        return Trace(*self.heads[number], self.temp_c[samples], self.clean_c[samples])
