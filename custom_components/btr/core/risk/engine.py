"""What every inference engine is to the rest of the program, and how one is made from a model file."""

from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import EngineError, ModelCardError
from .card import ModelCard, load_card, verify
from .inspect import MAX_MODEL_BYTES

# A probability that leaves 0..1 by rounding alone is still one.
_ROUNDING = 1e-4


EngineName = Literal["automatic", "onnxruntime", "numpy", "rules"]


class RiskEngine(Protocol):
    """Maps windows of temperature to probabilities; it knows nothing of devices, thresholds or time.

    ``name`` is the engine's key (``onnxruntime``, ``numpy``, ``rules``), ``card`` the card of the model that it runs.
    """

    @property
    def name(self) -> str:
        """Key of the engine, for the diagnostic sensor."""

    @property
    def card(self) -> ModelCard:
        """Card of the model, or of the rule, that answers."""

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of runaway, float32 ``[N]`` in 0..1, for float32 ``[N, T]``, degC, oldest first.

        Raises:
            EngineError: the windows have another shape or are not finite, or there is no usable answer to them.
        """


def load_engine(model_path: Path, prefer: EngineName = "automatic") -> RiskEngine:
    """Return an engine, warmed up, for ``model_path`` and the card of the same name ending in ``.json``.

    Automatic tries ONNX Runtime, then numpy; a named engine is tried alone. The rules need neither model nor card.
    Reads files and may take seconds: call it in an executor.

    Raises:
        ModelCardError: model or card missing, broken, or outside the contract.
        EngineError: more memory or time than a model may take; or none of the engines asked for is there and accepts
            the model; with the reason of each.
    """
    if prefer == "rules":
        from .rule_engine import RuleEngine

        return RuleEngine()
    card = load_card(model_path.with_suffix(".json"))
    model_bytes = _read_model(model_path)
    verify(model_bytes, card)
    from .numpy_engine import NumpyRiskEngine, rows_within_budget

    if prefer == "numpy":
        return NumpyRiskEngine(model_bytes, card)
    from .onnx_engine import OnnxRiskEngine

    # ONNX Runtime itself knows no budget: a file of some hundred bytes can ask it for all memory there is.
    most_rows = rows_within_budget(model_bytes, card)
    try:
        return OnnxRiskEngine(model_bytes, card, most_rows)
    except EngineError as error:
        if prefer == "onnxruntime":
            raise
        reason = str(error)
    try:
        return NumpyRiskEngine(model_bytes, card)
    except EngineError as error:
        raise EngineError(f"{reason}; {error}") from error


def check_windows(windows: NDArray[np.float32], card: ModelCard) -> None:
    """Raise EngineError unless ``windows`` is a finite float32 array ``[N, card.sequence_length]``."""
    if windows.ndim != 2 or windows.shape[1] != card.sequence_length or windows.dtype != np.float32:
        raise EngineError(
            f"model {card.name} needs float32 windows [N, {card.sequence_length}], "
            f"got {windows.dtype} {list(windows.shape)}"
        )
    if not np.isfinite(windows).all():
        raise EngineError(f"model {card.name} was given a window with a value that is not finite")


def checked_probabilities(output: object, count: int, card: ModelCard) -> NDArray[np.float32]:
    """Return ``output`` as float32 ``[count]`` in 0..1; raise EngineError when it is anything but probabilities."""
    if not isinstance(output, np.ndarray) or output.shape != (count,) or output.dtype != np.float32:
        got = f"{output.dtype} {list(output.shape)}" if isinstance(output, np.ndarray) else type(output).__name__
        raise EngineError(f"model {card.name} answered {got} instead of float32 [{count}]; export it again")
    if not np.isfinite(output).all():
        raise EngineError(f"model {card.name} answered a value that is not a number; it does not count")
    if count and (output.min() < -_ROUNDING or output.max() > 1.0 + _ROUNDING):
        raise EngineError(
            f"model {card.name} answered {output.min():g} to {output.max():g}, a probability lies between 0 and 1; "
            "export it with its last activation inside the graph"
        )
    return np.clip(output, 0.0, 1.0)


def _read_model(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_MODEL_BYTES:
            raise ModelCardError(f"{path}: {size} bytes, a model may have at most {MAX_MODEL_BYTES}")
        return path.read_bytes()
    except OSError as error:
        raise ModelCardError(
            f"{path}: cannot be read ({error.strerror}); put the model file beside its card"
        ) from error
