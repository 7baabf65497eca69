"""Windows to probabilities, off the event loop: one batch at a time, whatever the number of batteries and models.

A lane never holds more than one batch in the executor. What becomes complete meanwhile waits in the monitors, which
keep the newest windows, so a slow engine answers less often and holds up nothing else.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from numpy.typing import NDArray

from .const import DOMAIN
from .core.errors import EngineError
from .core.risk.engine import RiskEngine
from .core.window import ChannelWindows

ANSWER_WITHIN_S: Final = 10.0

type Risks = NDArray[np.float32]


@dataclass(slots=True, eq=False)
class Worker:
    """A model at work in an engine.

    ``reason`` is why the engine is not the best one, None when it is; ``inference_ms`` what its last batch took.
    """

    model: str
    engine: RiskEngine
    reason: str | None = None
    inference_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The windows of one channel of one battery, who judges them, and where the probabilities go."""

    worker: Worker
    windows: ChannelWindows
    hand_back: Callable[[ChannelWindows, Risks], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker made of its rows: probabilities in ``took_ms``, or why there are none."""

    worker: Worker
    parts: tuple[Part, ...]
    took_ms: float
    risks: Risks | None = None
    error: str | None = None


class Batch:
    """One job of the executor: the rows of all batteries, model after model."""

    def __init__(self, parts: Iterable[Part]) -> None:
        """Group ``parts`` by their workers and copy their rows."""
        groups: dict[Worker, list[Part]] = {}
        for part in parts:
            groups.setdefault(part.worker, []).append(part)
        self._groups = [
            (worker, tuple(own), np.concatenate([part.windows.values for part in own]))
            for worker, own in groups.items()
        ]
        self._lock = threading.Lock()
        self._answers: list[Answer] = []
        self._at_work: Worker | None = None
        self._is_abandoned = False

    def run(self) -> list[Answer]:
        """Ask every worker in turn; what one of them does wrong concerns no other."""
        for worker, parts, rows in self._groups:
            with self._lock:
                if self._is_abandoned:
                    break
                self._at_work = worker
            answer = _ask(worker, parts, rows)
            with self._lock:
                self._answers.append(answer)
                self._at_work = None
        return self._answers

    def abandon(self) -> tuple[list[Answer], Worker | None]:
        """Let no further worker begin; returns what there is, and the worker that was asked and has not answered."""
        with self._lock:
            self._is_abandoned = True
            return self._answers.copy(), self._at_work


def _ask(worker: Worker, parts: tuple[Part, ...], rows: Risks) -> Answer:
    started_s = time.perf_counter()
    risks, error = None, None
    try:
        risks = worker.engine.predict(rows)
    except EngineError as failure:
        error = str(failure)
    except Exception as failure:  # noqa: BLE001 - a user's model must not take the other batteries' predictions along
        error = f"{type(failure).__name__}: {failure}"[:300]
    return Answer(worker, parts, round((time.perf_counter() - started_s) * 1000, 2), risks, error)


type OnFailure = Callable[[Worker, str, asyncio.Future[list[Answer]] | None], None]
"""Called with a worker that gave no usable answer, why, and the answer that may still come late."""


class Lane:
    """Runs batches one after the other and hands the probabilities back, each with the time of its window."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, name: str, on_failure: OnFailure) -> None:
        """Nothing runs before :meth:`start`."""
        self.is_busy = False
        self._hass = hass
        self._entry = entry
        self._name = f"{DOMAIN} {name}"
        self._on_failure = on_failure

    @callback
    def start(self, parts: list[Part]) -> None:
        """Start one batch for everything in ``parts``; the lane must not be busy."""
        if parts:
            self.is_busy = True
            self._entry.async_create_background_task(self._hass, self._async_run(Batch(parts)), self._name)

    async def _async_run(self, batch: Batch) -> None:
        job = self._hass.async_add_executor_job(batch.run)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                answers = await asyncio.shield(job)
        except TimeoutError:
            answers, late = batch.abandon()
            if late is not None:
                self._on_failure(late, f"no answer within {ANSWER_WITHIN_S:.0f} s", job)
        finally:
            self.is_busy = False
        for answer in answers:
            self._settle(answer)

    def _settle(self, answer: Answer) -> None:
        if answer.risks is None:
            self._on_failure(answer.worker, answer.error or "no answer", None)
            return
        answer.worker.inference_ms = answer.took_ms
        start = 0
        for part in answer.parts:
            end = start + len(part.windows.times_s)
            part.hand_back(part.windows, answer.risks[start:end])
            start = end
