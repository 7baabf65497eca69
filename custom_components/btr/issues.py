"""Repair issues: raised when there is something to do, withdrawn when it is done."""

from collections.abc import Callable

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


def raise_issue(
    hass: HomeAssistant, key: str, about: str = "", *, persistent: bool = False, **placeholders: str
) -> None:
    """Show the issue ``key``; ``about`` tells several of one kind apart, ``persistent`` ones survive a restart."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(key, about),
        is_fixable=False,
        is_persistent=persistent,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders=placeholders,
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


def _issue_id(key: str, about: str) -> str:
    return f"{key}_{about}" if about else key
