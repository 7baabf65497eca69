"""The flows behind the repair issues that Home Assistant can do something about."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, cast

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import (
    CONF_ENGINE,
    DOMAIN,
    ISSUE_ENGINE_FAILED,
    ISSUE_ENGINE_UNAVAILABLE,
    ISSUE_MODEL_REFUSED,
    ISSUE_MODEL_SET_ASIDE,
)
from .core.errors import EngineError, ModelCardError
from .hub import BtrConfigEntry
from .risk_monitor import check_grid
from .settings import EngineChoice


class _Fix(RepairsFlow):
    """A flow about one entry, and the thing in it that the issue is about."""

    def __init__(self, entry_id: str, about: str) -> None:
        """Nothing is done before the user has said so."""
        self._entry_id = entry_id
        self._about = about

    @property
    def _entry(self) -> BtrConfigEntry | None:
        return self.hass.config_entries.async_get_entry(self._entry_id)

    @property
    def _told(self) -> Mapping[str, str] | None:
        """What the texts of the issue have filled in."""
        issue = ir.async_get(self.hass).async_get_issue(DOMAIN, self.issue_id)
        return issue.translation_placeholders if issue is not None else None


class _ConfirmedFix(_Fix, ABC):
    """One question, and one thing to do."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask at once."""
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Ask, then act; the issue is withdrawn, and raised again if that was of no help."""
        if user_input is None:
            return self.async_show_form(step_id="confirm", description_placeholders=self._told)
        if (entry := self._entry) is None:
            return self.async_abort(reason="entry_removed")
        self._act(entry)
        return self.async_create_entry(data={})

    @abstractmethod
    def _act(self, entry: ConfigEntry) -> None:
        """Do it."""

    def _reload_soon(self, entry: ConfigEntry) -> None:
        """Reload when this flow has withdrawn its issue, or it would take along what the reload raises."""
        self.hass.loop.call_soon(self.hass.config_entries.async_schedule_reload, entry.entry_id)


class ReloadFix(_ConfirmedFix):
    """Load the model anew; every entry uses the same file."""

    def _act(self, entry: ConfigEntry) -> None:
        for one in self.hass.config_entries.async_loaded_entries(DOMAIN):
            self._reload_soon(one)


class AutomaticEngineFix(_ConfirmedFix):
    """Choose the engine that this machine can have."""

    def _act(self, entry: ConfigEntry) -> None:
        options = {**entry.options, CONF_ENGINE: EngineChoice.AUTOMATIC.value}
        self.hass.config_entries.async_update_entry(entry, options=options)
        self._reload_soon(entry)


class ModelFix(_Fix):
    """A model file of the user's: look whether it can be used now, or do without it."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Let the user choose."""
        return self.async_show_menu(menu_options=["retry", "dismiss"], description_placeholders=self._told)

    async def async_step_retry(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Open the file as it would be opened for a battery; the issue stays if it cannot be used."""
        entry = self._entry
        if entry is None or entry.state is not ConfigEntryState.LOADED:
            return self.async_abort(reason="not_loaded")
        try:
            check_grid((await entry.runtime_data.risk.async_open(self._about)).card)
        except (ModelCardError, EngineError) as error:
            return self.async_abort(reason="still_unusable", description_placeholders={"reason": str(error)})
        return self.async_create_entry(data={})

    async def async_step_dismiss(self, user_input: dict[str, Any] | None = None) -> RepairsFlowResult:
        """Leave the batteries with the model that they went back to."""
        return self.async_create_entry(data={})


FIXES: Final[Mapping[str, type[_Fix]]] = MappingProxyType(
    {
        ISSUE_ENGINE_FAILED: ReloadFix,
        ISSUE_ENGINE_UNAVAILABLE: AutomaticEngineFix,
        ISSUE_MODEL_REFUSED: ReloadFix,
        ISSUE_MODEL_SET_ASIDE: ModelFix,
    }
)


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str | int | float | None] | None
) -> RepairsFlow:
    """Return the flow for an issue; its data says what it is about."""
    told = cast("dict[str, str]", data or {})
    return FIXES[told["key"]](told["entry_id"], told["about"])
