"""ONNX Runtime as an engine; the only file that knows of it.

One thread and one sequential session: the batch holds all devices, and Home Assistant's machine has other work to do.
"""

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import EngineError
from .card import ModelCard
from .engine import check_windows, checked_probabilities

# Rows of one run: a larger batch gains no speed on one thread.
_MOST_ROWS = 256


class OnnxRiskEngine:
    """A model in ONNX Runtime. Make and use it in an executor, one call at a time."""

    name = "onnxruntime"

    def __init__(self, model_bytes: bytes, card: ModelCard, most_rows: int = _MOST_ROWS) -> None:
        """Make the session and warm it up.

        ``model_bytes`` must have passed :func:`~.card.verify` with this card; no run has more than ``most_rows``, which
        bounds the memory of the activations.

        Raises:
            EngineError: ONNX Runtime is not installed, does not accept the model, or gets no probability out of it.
        """
        try:
            onnxruntime = _silent_runtime()
            self._failures = _failures(onnxruntime)
        except (ImportError, AttributeError) as error:
            # What an interrupted installation leaves behind is a package without anything in it.
            raise EngineError(f"onnxruntime cannot be imported on this machine ({error})") from error
        self.card = card
        self._rows = most_rows
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(model_bytes, options, providers=["CPUExecutionProvider"])
        except self._failures as error:
            raise EngineError(f"onnxruntime does not accept model {card.name}: {_first_line(error)}") from error
        self._input = self._session.get_inputs()[0].name
        low, high = card.input_range_c
        ramp = np.linspace(low, high, card.sequence_length, dtype=np.float32)
        self.predict(np.stack([np.full_like(ramp, (low + high) / 2), ramp]))

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities float32 ``[N]`` of windows float32 ``[N, T]``; see :class:`~.engine.RiskEngine`."""
        check_windows(windows, self.card)
        rows = self._rows
        if len(windows) <= rows:
            return self._run(windows)
        return np.concatenate([self._run(windows[at : at + rows]) for at in range(0, len(windows), rows)])

    def _run(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(windows):
            return np.empty(0, dtype=np.float32)
        try:
            output = self._session.run(None, {self._input: windows})[0]
        except self._failures as error:
            raise EngineError(f"model {self.card.name} failed in onnxruntime: {_first_line(error)}") from error
        return checked_probabilities(output, len(windows), self.card)


def _silent_runtime() -> Any:
    """Return the library, without what it would tell its makers of this machine: that is not ours to give away.

    It takes a device id and opens a database of events when it is imported, so the environment must say it before.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    onnxruntime.disable_telemetry_events()
    return onnxruntime


def _failures(onnxruntime: Any) -> tuple[type[Exception], ...]:
    """Return the library's own exceptions, which have no common base of their own."""
    state = vars(onnxruntime.capi.onnxruntime_pybind11_state).values()
    own = [item for item in state if isinstance(item, type) and issubclass(item, Exception)]
    return (*own, RuntimeError, ValueError, TypeError)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
