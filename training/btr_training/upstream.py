"""The leaky column: windows, labels and random split by the convention of the recordings' original authors.

For comparison with their figures on their terms, and for nothing else. Neighbouring windows overlap by 29.5 s and land
on both sides of the split, so a model is examined on what it has learnt by heart; sensors that broke count as heat, and
cells that were heated by a neighbour as negatives. No other module uses this one for training or for choosing anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .data import Recording, to_grid
from .windows import LENGTH, RISE_K, Float32Array

HORIZON: Final = 40
TEST_SHARE: Final = 0.2
# The chamber files hold 8 million windows; as many as these are 0.1 GB and of the same kind.
QUIET_STRIDE: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class LeakyWindows:
    """``windows`` float32 (N, 60) raw degC, oldest first; ``labels`` 0/1; ``files`` place of each one's recording."""

    windows: Float32Array
    labels: NDArray[np.int8]
    files: NDArray[np.int64]


def upstream_windows(recordings: Sequence[Recording], quiet_stride: int = QUIET_STRIDE) -> LeakyWindows:
    """Return every window that 20 s follow in an ``_exception`` file, and every ``quiet_stride``-th of the others.

    In an ``_exception`` file a window is positive when the greatest of the next 40 samples exceeds its last by more
    than 5 K; every other window is negative. Nothing is set aside.
    """
    windows, labels, files = [np.empty((0, LENGTH), np.float32)], [np.empty(0, np.int8)], [np.empty(0, np.int64)]
    for place, recording in enumerate(recordings):
        for time_s, temp_c in recording.segments:
            grid_c = to_grid(time_s, temp_c)[1].astype(np.float32)
            if len(grid_c) < LENGTH + HORIZON:
                continue
            spans = np.lib.stride_tricks.sliding_window_view(grid_c, LENGTH + HORIZON)
            spans = spans[:: 1 if recording.runaway else quiet_stride]
            rise_k = spans[:, LENGTH:].max(axis=1) - spans[:, LENGTH - 1]
            windows.append(spans[:, :LENGTH].copy())
            labels.append(((rise_k > RISE_K) & recording.runaway).astype(np.int8))
            files.append(np.full(len(spans), place, dtype=np.int64))
    return LeakyWindows(np.concatenate(windows), np.concatenate(labels), np.concatenate(files))


def random_split(count: int, seed: int, test_share: float = TEST_SHARE) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (training, test) places of ``count`` windows, drawn without regard to file or experiment; both sorted."""
    order = np.random.default_rng(seed).permutation(count)
    tested = round(count * test_share)
    return np.sort(order[tested:]), np.sort(order[:tested])
