"""The models at work: which battery is judged by which, and what happens when one of them fails.

Every battery has a model that counts and, if the user wants, one in its shadow that is only watched. Whatever goes
wrong with a model of the user's ends with the shipped one, whatever goes wrong with that ends in the rule engine, and
the hard rules of the alarm policy do not depend on this module at all.
"""

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant, callback

from .const import (
    DOMAIN,
    ISSUE_ENGINE_FAILED,
    ISSUE_ENGINE_UNAVAILABLE,
    ISSUE_MODEL_REFUSED,
    ISSUE_MODEL_SET_ASIDE,
)
from .core.errors import EngineError, ModelCardError
from .core.messages import DeviceKey
from .core.risk.card import ModelCard
from .core.risk.engine import RiskEngine
from .core.risk.rule_engine import RuleEngine
from .core.window import DEFAULT_MAX_GAP_S, ChannelWindows
from .device import BatteryDevice
from .engines import EngineLoader
from .issues import clear_issue, clear_issues, raise_issue
from .lane import Answer, Lane, Part, Risks, Worker
from .memory import DeviceMemory, Memory
from .model_shelf import SHIPPED, ModelShelf
from .settings import EngineChoice

_LOGGER = logging.getLogger(__name__)

OFF: Final = "off"
_RULES: Final = "rules"


class Role(StrEnum):
    """What a model does for a battery; the value is the key of its setting."""

    ACTIVE = "model"
    SHADOW = "shadow_model"


# What a battery has when nothing was chosen, and goes back to when the chosen model fails
_FALLBACK: Final = MappingProxyType({Role.ACTIVE: SHIPPED, Role.SHADOW: OFF})


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """Which engine and model are at work for a battery.

    ``inference_ms`` is the time of the last batch, ``reason`` why the engine is not the best one.
    """

    engine: str
    model: str
    inference_ms: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ModelMenu:
    """What can be chosen for one role of a battery, and what is."""

    chosen: str
    offered: tuple[str, ...]


@dataclass(slots=True, eq=False)
class _Watched:
    """A battery and who judges it."""

    battery: BatteryDevice
    active: Worker
    shadow: Worker | None = None

    def parts(self, role: Role) -> Iterator[Part]:
        """Yield what became complete for the model in ``role``."""
        monitor = self.battery.monitor
        if role is Role.ACTIVE:
            active = self.active
            for windows in monitor.take_windows():
                yield Part(active, windows, partial(self._hear_active, active))
        elif (shadow := self.shadow) is not None:
            for windows in monitor.take_shadow_windows():
                yield Part(shadow, windows, partial(self._hear_shadow, shadow))

    # A probability means what the card of its model says; another one may have come to work meanwhile

    def _hear_active(self, worker: Worker, windows: ChannelWindows, risks: Risks) -> None:
        if worker is self.active:
            self.battery.monitor.apply_risk(windows.channel, windows.times_s, risks)

    def _hear_shadow(self, worker: Worker, windows: ChannelWindows, risks: Risks) -> None:
        if worker is self.shadow:
            self.battery.monitor.apply_shadow_risk(windows.channel, windows.times_s, risks)


class RiskMonitor:
    """Feeds the windows of all batteries to their models and hands the probabilities back."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, memory: Memory, shelf: ModelShelf, loader: EngineLoader
    ) -> None:
        """The rules are at work until ``async_load`` has found something better."""
        self._hass = hass
        self._entry = entry
        self._memory = memory
        self._shelf = shelf
        self._loader = loader
        self._own_models: tuple[str, ...] = ()
        self._workers: dict[tuple[Role, str], Worker] = {}
        self._rules = Worker(_RULES, RuleEngine())
        self._watched: dict[DeviceKey, _Watched] = {}
        self._loading = asyncio.Lock()
        self._is_ready = False
        self._came_back = False
        self._lanes = {role: Lane(hass, entry, f"{role} prediction", partial(self._on_failure, role)) for role in Role}

    @property
    def status(self) -> EngineStatus:
        """What is at work for a battery that uses the shipped model."""
        return _status(self._shipped)

    @property
    def card(self) -> ModelCard:
        """The card of the shipped model, or of the rule that stands in for it."""
        return self._shipped.engine.card

    def status_of(self, key: DeviceKey) -> EngineStatus:
        """What is at work for one battery."""
        watched = self._watched.get(key)
        return self.status if watched is None else _status(watched.active)

    def shadow_status_of(self, key: DeviceKey) -> EngineStatus | None:
        """What is at work in the shadow for one battery, None when nothing is."""
        watched = self._watched.get(key)
        return None if watched is None or watched.shadow is None else _status(watched.shadow)

    def menu(self, key: DeviceKey, role: Role) -> ModelMenu:
        """Return what can be chosen; a file that is gone stays on the menu while it is chosen."""
        chosen = self.chosen(key, role)
        own = dict.fromkeys((*self._own_models, *(() if chosen in (OFF, SHIPPED) else (chosen,))))
        offered = (OFF, SHIPPED, *own) if role is Role.SHADOW else (SHIPPED, *own)
        return ModelMenu(chosen, offered)

    def chosen(self, key: DeviceKey, role: Role) -> str:
        """Return the name of the model that was chosen for a battery: ``shipped``, ``off``, or that of a file."""
        kept = self._memory.of(key)
        name = kept.get("model") if role is Role.ACTIVE else kept.get("shadow_model")
        return name or _FALLBACK[role]

    @callback
    def watch(self, battery: BatteryDevice) -> None:
        """Judge the windows of ``battery`` from now on, by the model that was chosen for it."""
        self._watched[battery.key] = watched = _Watched(battery, self._rules)
        battery.monitor.use_card(self._rules.engine.card)
        self._equip_one(battery.key, watched)
        if self._is_ready and self._missing():
            self._entry.async_create_background_task(self._hass, self._async_employ_chosen(), f"{DOMAIN} models")

    @callback
    def forget(self, key: DeviceKey) -> None:
        """Judge this battery no more."""
        if self._watched.pop(key, None) is not None:
            self._dismiss_idle()

    @callback
    def collect(self) -> None:
        """Start one batch for everything that became complete, unless the last one is still under way."""
        for role, lane in self._lanes.items():
            if not lane.is_busy:
                parts = [part for watched in self._watched.values() for part in watched.parts(role)]
                # The shipped model first: the time that one of the user's takes must not look like its own.
                lane.start(sorted(parts, key=lambda part: part.worker is not self._shipped))

    async def async_load(self) -> None:
        """Put the shipped model and the chosen ones to work as well as this machine can; says once what it became."""
        self._workers.clear()
        await self.async_rescan()
        clear_issues(self._hass, ISSUE_MODEL_SET_ASIDE, keep=lambda model: model in (SHIPPED, *self._own_models))
        if self._loader.choice is EngineChoice.RULES:
            self._stand_in("the rules alone were chosen in the options")
            for key in (ISSUE_MODEL_REFUSED, ISSUE_ENGINE_FAILED):
                clear_issue(self._hass, key)
            return
        try:
            await self._async_employ(Role.ACTIVE, SHIPPED)
            self._equip()
        except ModelCardError as error:
            _LOGGER.info("The shipped model is refused, the rules go on alone: %s", error)
            self._raise(ISSUE_MODEL_REFUSED, reason=str(error))
            self._stand_in(str(error))
        except EngineError as error:
            _LOGGER.info("No engine for the shipped model here, the rules go on alone: %s", error)
            clear_issue(self._hass, ISSUE_MODEL_REFUSED)
            self._raise(ISSUE_ENGINE_FAILED, engine=self._loader.choice.value, reason=str(error))
            self._stand_in(str(error))
        self._is_ready = True
        await self._async_employ_chosen()

    async def async_rescan(self) -> None:
        """Look again which models the user has; what is at work stays."""
        found = await self._hass.async_add_executor_job(self._shelf.scan)
        if found == self._own_models:
            return
        self._own_models = found
        for watched in self._watched.values():
            watched.battery.notify()

    async def async_choose(self, key: DeviceKey, role: Role, model: str) -> None:
        """Let ``model`` judge a battery in ``role`` from now on; survives a restart.

        Raises:
            ModelCardError, EngineError: it cannot be used; what was at work goes on, and an issue says why.
        """
        if model != OFF:
            try:
                await self._async_employ(role, model)
            except (ModelCardError, EngineError) as error:
                if model != SHIPPED:
                    self._complain(model, str(error))
                raise
        self._remember(key, role, model)
        self._equip()

    async def async_open(self, model: str = SHIPPED) -> RiskEngine:
        """Return an engine of one's own for ``model``, to be used in an executor; those at work are not touched.

        Without ONNX Runtime, NumPy or a usable shipped model that is the rule engine, as for the batteries.

        Raises:
            ModelCardError, EngineError: a model of the user's that cannot be used.
        """
        if self._loader.choice is EngineChoice.RULES:
            return RuleEngine()
        try:
            path = await self._hass.async_add_executor_job(self._shelf.path_of, model)
            return (await self._loader.async_load(path))[0]
        except ModelCardError, EngineError:
            if model == SHIPPED:
                return RuleEngine()
            raise

    @property
    def _shipped(self) -> Worker:
        return self._workers.get((Role.ACTIVE, SHIPPED), self._rules)

    def _missing(self) -> list[tuple[Role, str]]:
        """Return what was chosen and is not at work."""
        chosen = {(role, self.chosen(key, role)) for key in self._watched for role in Role}
        return sorted(chosen - self._workers.keys() - {(Role.SHADOW, OFF), (Role.ACTIVE, SHIPPED)})

    async def _async_employ_chosen(self) -> None:
        for role, model in self._missing():
            try:
                await self._async_employ(role, model)
                self._equip()
            except (ModelCardError, EngineError) as error:
                self._set_aside(role, model, str(error))

    async def _async_employ(self, role: Role, model: str) -> None:
        """Have ``model`` at work in ``role``; one that is already stays as it is."""
        async with self._loading:
            if (role, model) in self._workers or self._loader.choice is EngineChoice.RULES:
                return
            path = await self._hass.async_add_executor_job(self._shelf.path_of, model)
            engine, reason = await self._loader.async_load(path)
            check_grid(engine.card)
            self._workers[role, model] = Worker(model, engine, reason)
        _LOGGER.info("Model %s %s runs on %s", engine.card.name, engine.card.version, engine.name)
        self._report_engine(model, engine, reason)
        if model == SHIPPED:
            clear_issue(self._hass, ISSUE_MODEL_REFUSED)
            clear_issue(self._hass, ISSUE_ENGINE_FAILED)
        clear_issue(self._hass, ISSUE_MODEL_SET_ASIDE, model)

    def _report_engine(self, model: str, engine: RiskEngine, reason: str | None) -> None:
        wanted = self._loader.choice
        if wanted is EngineChoice.AUTOMATIC or wanted == engine.name:
            clear_issue(self._hass, ISSUE_ENGINE_UNAVAILABLE, model)
            return
        self._raise(
            ISSUE_ENGINE_UNAVAILABLE,
            model,
            engine=wanted.value,
            instead=engine.name,
            model=engine.card.name,
            reason=reason or "",
        )

    @callback
    def _on_failure(self, role: Role, worker: Worker, reason: str, late: asyncio.Future[list[Answer]] | None) -> None:
        if self._workers.get((role, worker.model)) is not worker:
            return
        if (role, worker.model) != (Role.ACTIVE, SHIPPED):
            self._set_aside(role, worker.model, reason)
            return
        _LOGGER.info("%s failed, the rules go on alone: %s", worker.engine.name, reason)
        del self._workers[role, SHIPPED]
        self._raise(ISSUE_ENGINE_FAILED, engine=worker.engine.name, reason=reason)
        self._stand_in(reason)
        if late is not None:
            late.add_done_callback(lambda done: self._take_back(worker, done))

    @callback
    def _take_back(self, worker: Worker, late: asyncio.Future[list[Answer]]) -> None:
        """Let the shipped model work again that answered late, once: a busy machine is not a broken model."""
        if late.cancelled() or late.exception() is not None or self._came_back:
            return
        answered = any(answer.worker is worker and answer.risks is not None for answer in late.result())
        if not answered or self._shipped is not self._rules or not self._is_in_office():
            return
        self._came_back = True
        _LOGGER.info("%s answers again", worker.engine.name)
        clear_issue(self._hass, ISSUE_ENGINE_FAILED)
        self._workers[Role.ACTIVE, SHIPPED] = worker
        self._equip()

    def _is_in_office(self) -> bool:
        """Return whether the entry still works with this monitor; after a reload another one speaks for it."""
        return self._entry.state is ConfigEntryState.LOADED and self._entry.runtime_data.risk is self

    def _stand_in(self, reason: str) -> None:
        """Let the rules judge where the shipped model would."""
        self._rules = Worker(_RULES, RuleEngine(), reason)
        self._equip()

    def _set_aside(self, role: Role, model: str, reason: str) -> None:
        """Take a model from every battery that has it in ``role``; it works again when it is chosen again."""
        self._workers.pop((role, model), None)
        for key in self._watched:
            if self.chosen(key, role) == model:
                self._remember(key, role, _FALLBACK[role])
        self._complain(model, reason)
        self._equip()

    def _complain(self, model: str, reason: str) -> None:
        file_name = self._shelf.file_name(model)
        _LOGGER.info("Model %s is not used: %s", file_name, reason)
        self._raise(ISSUE_MODEL_SET_ASIDE, model, persistent=True, model=file_name, reason=reason)

    def _raise(self, key: str, about: str = "", *, persistent: bool = False, **placeholders: str) -> None:
        raise_issue(self._hass, key, about, placeholders, entry_id=self._entry.entry_id, persistent=persistent)

    def _remember(self, key: DeviceKey, role: Role, model: str) -> None:
        facts = DeviceMemory(model=model) if role is Role.ACTIVE else DeviceMemory(shadow_model=model)
        self._memory.keep_soon(key, facts)

    @callback
    def _equip(self) -> None:
        """Give every battery the models that were chosen for it, as far as they are at work."""
        for key, watched in self._watched.items():
            self._equip_one(key, watched)
            watched.battery.notify()
        self._dismiss_idle()

    def _equip_one(self, key: DeviceKey, watched: _Watched) -> None:
        monitor = watched.battery.monitor
        active = self._workers.get((Role.ACTIVE, self.chosen(key, Role.ACTIVE)), self._shipped)
        shadow = self._workers.get((Role.SHADOW, self.chosen(key, Role.SHADOW)))
        if active is not watched.active:
            watched.active = active
            monitor.use_card(active.engine.card)
        if shadow is not watched.shadow:
            watched.shadow = shadow
            monitor.use_shadow(shadow.engine.card if shadow is not None else None)

    def _dismiss_idle(self) -> None:
        """Let go of models that no battery uses, so that a file is read anew when it is chosen again."""
        chosen = {(role, self.chosen(key, role)) for key in self._watched for role in Role}
        for role, model in self._workers.keys() - chosen - {(Role.ACTIVE, SHIPPED)}:
            del self._workers[role, model]
            clear_issue(self._hass, ISSUE_ENGINE_UNAVAILABLE, model)


def check_grid(card: ModelCard) -> None:
    """Raise ModelCardError for a model whose windows would never become complete."""
    if card.interval_s > DEFAULT_MAX_GAP_S:
        raise ModelCardError(
            f"{card.name} wants a sample every {card.interval_s:g} s, but a window starts again after a gap of "
            f"{DEFAULT_MAX_GAP_S:g} s; train it on a finer grid"
        )


def _status(worker: Worker) -> EngineStatus:
    card = worker.engine.card
    return EngineStatus(worker.engine.name, f"{card.name} {card.version}", worker.inference_ms, worker.reason)
