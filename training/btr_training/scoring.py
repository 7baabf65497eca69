"""Logits of whole traces from an exported file, so that what is calibrated is what is shipped."""

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .graph import INPUT
from .windows import Float32Array, complete_windows, windows_ending_at

BATCH = 2048


class LogitFile:
    """A file of :func:`~.graph.logit_model` in ONNX Runtime, on one thread."""

    def __init__(self, content: bytes) -> None:
        """Make the session."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def logits(self, windows: Float32Array) -> Float32Array:
        """Return the logits float32 (N,) of raw windows float32 (N, 60)."""
        parts = [
            self._session.run(None, {INPUT: windows[start : start + BATCH]})[0]
            for start in range(0, len(windows), BATCH)
        ]
        return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)

    def of_trace(self, temp_c: Float32Array, wanted: NDArray[np.bool_] | None = None) -> Float32Array:
        """Return the logit of every complete window of a trace at its last sample; NaN where there is none.

        With ``wanted`` only the windows that end where it is true are computed, the others are NaN.
        """
        logits = np.full(len(temp_c), np.nan, dtype=np.float32)
        ends = complete_windows(temp_c)
        if wanted is not None:
            ends = ends[wanted[ends]]
        logits[ends] = self.logits(windows_ending_at(temp_c, ends))
        return logits
