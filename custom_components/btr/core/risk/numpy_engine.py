"""The same model file on numpy alone, for the many machines that ONNX Runtime has no build for.

A large batch is cut into pieces that fit the processor's cache and the memory budget; a row's answer depends on its
own window only, so the pieces change nothing.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..errors import EngineError, ModelCardError
from .card import ModelCard
from .engine import check_windows, checked_probabilities
from .inspect import read_model
from .onnx_wire import RefusedError
from .ops.base import MAX_ELEMENTS, MAX_LIVE_BYTES, MAX_WORK, OverBudgetError
from .plan import Plan, StepError, compile_graph

# Rows of one run: more gain nothing, fewer pay for each step more often.
_MOST_ROWS: Final = 256


class NumpyRiskEngine:
    """A model evaluated by numpy. Make and use it in an executor; each thread that calls it has a plan of its own.

    ``rows`` is how many windows one run may have.
    """

    name = "numpy"

    def __init__(self, model_bytes: bytes, card: ModelCard) -> None:
        """Compile the model and warm it up.

        ``model_bytes`` must have passed :func:`~.card.verify` with this card.

        Raises:
            ModelCardError: something in the graph cannot be run; the node is named.
            EngineError: the graph fails, or gives no probability, for a plain window.
        """
        self.card = card
        self._file = read_model(model_bytes, card.name, card.sequence_length)
        try:
            plan = compile_graph(self._file)
        except RefusedError as error:
            raise ModelCardError(f"model {card.name}: {error}") from error
        low, high = card.input_range_c
        ramp = np.linspace(low, high, card.sequence_length, dtype=np.float32)
        # a plan's memory serves one run at a time
        self._idle = [plan]
        self.rows = 2
        self.predict(np.stack([np.full_like(ramp, (low + high) / 2), ramp]))
        self.rows = _rows(plan)

    def predict(self, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities float32 ``[N]`` of windows float32 ``[N, T]``; see :class:`~.engine.RiskEngine`."""
        check_windows(windows, self.card)
        if not len(windows):
            return np.empty(0, dtype=np.float32)
        try:
            plan = self._idle.pop()
        except IndexError:
            plan = compile_graph(self._file)
        try:
            starts = range(0, len(windows), self.rows)
            parts = [self._run(plan, windows[at : at + self.rows]) for at in starts]
        finally:
            self._idle.append(plan)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(self, plan: Plan, windows: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            output = plan.run(windows)
        except StepError as error:
            raise EngineError(f"model {self.card.name} failed in numpy at {error}") from error
        return checked_probabilities(output, len(windows), self.card)


def _rows(plan: Plan) -> int:
    """Return how many rows a run may have to stay within half of the budget, judged by the last run, of two rows."""
    meter = plan.meter
    rows = min(
        MAX_ELEMENTS // max(meter.most_elements, 1),
        MAX_LIVE_BYTES // max(meter.most_live_bytes, 1),
        MAX_WORK // max(meter.work, 1),
    )
    return max(1, min(_MOST_ROWS, rows))


def rows_within_budget(model_bytes: bytes, card: ModelCard) -> int:
    """Return how many windows any engine may run at once, within the memory and time that a run may take here.

    Raises:
        ModelCardError, EngineError: a window alone takes more. Whatever else numpy has against the model is not said.
    """
    try:
        return NumpyRiskEngine(model_bytes, card).rows
    except (EngineError, ModelCardError) as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, OverBudgetError):
                raise
            cause = cause.__cause__
        return _MOST_ROWS
