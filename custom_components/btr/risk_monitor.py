"""The model at work: one engine for all batteries, one batched call at a time, never on the event loop.

Whatever goes wrong here (no runtime, no model, a broken or slow one) ends in the rule engine: the hard rules of the
alarm policy do not depend on this module at all.
"""

import asyncio
import logging
import platform
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.requirements import RequirementsNotFound, async_process_requirements
from numpy.typing import NDArray

from .const import DOMAIN, ISSUE_ENGINE_FAILED, ISSUE_MODEL_REFUSED
from .core.battery import BatteryMonitor
from .core.errors import EngineError, ModelCardError
from .core.risk.card import ModelCard
from .core.risk.engine import RiskEngine, load_engine
from .core.risk.rule_engine import RuleEngine
from .core.window import ChannelWindows
from .issues import clear_issue, raise_issue
from .memory import Memory

_LOGGER = logging.getLogger(__name__)

MODEL_PATH: Final = Path(__file__).parent / "models" / "battery_risk.onnx"
RUNTIME: Final = "onnxruntime==1.32.0"
ANSWER_WITHIN_S: Final = 10.0

type OnEngine = Callable[[ModelCard], None]


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Which engine and model are at work.

    ``inference_ms`` is the time of the last batch, ``reason`` why the engine is not the best one.
    """

    engine: str
    model: str
    inference_ms: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """The windows of one channel of one battery within a batch."""

    monitor: BatteryMonitor
    windows: ChannelWindows


class RiskMonitor:
    """Feeds the windows of all batteries to the engine and hands the probabilities back."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, memory: Memory, model_path: Path) -> None:
        """The rules are at work until ``async_load`` has found something better."""
        self._hass = hass
        self._entry = entry
        self._memory = memory
        self._model_path = model_path
        self._busy = False
        self._came_back = False
        self._engine: RiskEngine = RuleEngine()
        self.status = _status(self._engine)
        self.on_engine: OnEngine = lambda card: None

    @property
    def card(self) -> ModelCard:
        """The card of the model at work, or of the rule that stands in for it."""
        return self._engine.card

    async def async_load(self) -> None:
        """Put the best engine to work that this machine can have; says once what it became, and why."""
        hindrance = await self._async_get_runtime()
        try:
            engine = await self._hass.async_add_executor_job(load_engine, self._model_path)
        except ModelCardError as error:
            _LOGGER.info("The model is refused, the rules go on alone: %s", error)
            raise_issue(self._hass, ISSUE_MODEL_REFUSED, reason=str(error))
            self._use(RuleEngine(), str(error))
        except EngineError as error:
            clear_issue(self._hass, ISSUE_MODEL_REFUSED)
            reason = hindrance or str(error)
            _LOGGER.info("No engine for the model here, the rules go on alone: %s", reason)
            if hindrance is None:
                raise_issue(self._hass, ISSUE_ENGINE_FAILED, engine=RUNTIME, reason=reason)
            self._use(RuleEngine(), reason)
        else:
            clear_issue(self._hass, ISSUE_MODEL_REFUSED)
            clear_issue(self._hass, ISSUE_ENGINE_FAILED)
            _LOGGER.info("Model %s %s runs on %s", engine.card.name, engine.card.version, engine.name)
            self._use(engine, None)

    @callback
    def collect(self, monitors: Iterable[BatteryMonitor]) -> None:
        """Start one prediction for everything that became complete, unless one is under way.

        What waits meanwhile stays in the monitors, which keep the newest.
        """
        if self._busy:
            return
        parts = [_Part(monitor, windows) for monitor in monitors for windows in monitor.take_windows()]
        if parts:
            self._busy = True
            self._entry.async_create_background_task(self._hass, self._async_predict(parts), f"{DOMAIN} prediction")

    async def _async_predict(self, parts: list[_Part]) -> None:
        engine = self._engine
        batch = np.concatenate([part.windows.values for part in parts])
        started_s = time.perf_counter()
        answer = self._hass.async_add_executor_job(engine.predict, batch)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                risks = await asyncio.shield(answer)
        except EngineError as error:
            self._give_up(engine, str(error))
        except TimeoutError:
            self._give_up(engine, f"no answer within {ANSWER_WITHIN_S:.0f} s")
            answer.add_done_callback(lambda late: self._take_back(engine, late))
        else:
            # Probabilities mean what the card of their engine says; another one may have come to work meanwhile
            if engine is self._engine:
                inference_ms = round((time.perf_counter() - started_s) * 1000, 2)
                self.status = replace(self.status, inference_ms=inference_ms)
                _hand_back(parts, risks)
        finally:
            self._busy = False

    def _give_up(self, engine: RiskEngine, reason: str) -> None:
        _LOGGER.info("%s failed, the rules go on alone until a reload: %s", engine.name, reason)
        raise_issue(self._hass, ISSUE_ENGINE_FAILED, engine=engine.name, reason=reason)
        self._use(RuleEngine(), reason)

    @callback
    def _take_back(self, engine: RiskEngine, late: asyncio.Future[NDArray[np.float32]]) -> None:
        """Let an engine that answered late work again, once: a busy machine is not a broken model."""
        failed = late.cancelled() or late.exception() is not None
        if failed or self._came_back or self._entry.state is not ConfigEntryState.LOADED:
            return
        self._came_back = True
        _LOGGER.info("%s answers again", engine.name)
        clear_issue(self._hass, ISSUE_ENGINE_FAILED)
        self._use(engine, None)

    def _use(self, engine: RiskEngine, reason: str | None) -> None:
        self._engine = engine
        self.status = _status(engine, reason)
        self.on_engine(engine.card)

    async def _async_get_runtime(self) -> str | None:
        """Have ONNX Runtime installed where it can be; returns why it cannot be had, None when it can."""
        if not await self._hass.async_add_executor_job(_has_runtime_wheels):
            return "there is no ONNX Runtime for this system"
        if self._hass.config.skip_pip:
            return None
        if self._memory.runtime_refused == RUNTIME:
            return f"{RUNTIME} could not be installed before"
        try:
            await async_process_requirements(self._hass, DOMAIN, [RUNTIME], is_built_in=False)
        except RequirementsNotFound as error:
            await self._memory.async_refuse_runtime(RUNTIME)
            return str(error)
        return None


def _status(engine: RiskEngine, reason: str | None = None) -> EngineStatus:
    return EngineStatus(engine.name, f"{engine.card.name} {engine.card.version}", None, reason)


def _hand_back(parts: list[_Part], risks: NDArray[np.float32]) -> None:
    start = 0
    for part in parts:
        end = start + len(part.windows.times_s)
        part.monitor.apply_risk(part.windows.channel, part.windows.times_s, risks[start:end])
        start = end


def _has_runtime_wheels() -> bool:
    """True where wheels exist. On musl a request would only log an error, so none is made there."""
    return sys.platform != "linux" or platform.libc_ver()[0] == "glibc"
