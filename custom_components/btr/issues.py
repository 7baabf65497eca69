"""Repair issues: raised when there is something to do, withdrawn when it is done."""

from collections.abc import Callable, Mapping
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.loader import async_get_loaded_integration

from .const import DOMAIN, ISSUE_ENGINE_FAILED, ISSUE_ENGINE_UNAVAILABLE, ISSUE_MODEL_REFUSED, ISSUE_MODEL_SET_ASIDE

FIXABLE: Final = frozenset({ISSUE_ENGINE_FAILED, ISSUE_ENGINE_UNAVAILABLE, ISSUE_MODEL_REFUSED, ISSUE_MODEL_SET_ASIDE})
"""The issues that Home Assistant can do something about; `repairs.py` has a flow for each."""

_HELP: Final = "/blob/main/docs/troubleshooting.md#repairs"


def raise_issue(
    hass: HomeAssistant,
    key: str,
    about: str,
    placeholders: Mapping[str, str],
    *,
    entry_id: str,
    persistent: bool = False,
) -> None:
    """Show the issue ``key``; ``about`` tells several of one kind apart, ``persistent`` ones survive a restart."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(key, about),
        data={"entry_id": entry_id, "key": key, "about": about},
        is_fixable=key in FIXABLE,
        is_persistent=persistent,
        learn_more_url=f"{async_get_loaded_integration(hass, DOMAIN).documentation}{_HELP}",
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders=dict(placeholders),
    )


def clear_issue(hass: HomeAssistant, key: str, about: str = "") -> None:
    """Withdraw the issue if it is shown."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(key, about))


def clear_issues(hass: HomeAssistant, key: str, *, keep: Callable[[str], bool]) -> None:
    """Withdraw every issue ``key`` that is about something, but for what is to be kept."""
    prefix = f"{key}_"
    for domain, issue_id in tuple(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(prefix) and not keep(issue_id.removeprefix(prefix)):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def clear_issues_of_entry(hass: HomeAssistant, entry_id: str) -> None:
    """Withdraw everything that an entry has raised."""
    for (domain, issue_id), issue in tuple(ir.async_get(hass).issues.items()):
        if domain == DOMAIN and issue.data is not None and issue.data.get("entry_id") == entry_id:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def _issue_id(key: str, about: str) -> str:
    return f"{key}_{about}" if about else key
