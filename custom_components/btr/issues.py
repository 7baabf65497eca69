"""Repair issues: raised when there is something to do, withdrawn when it is done."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


def raise_issue(hass: HomeAssistant, key: str, about: str = "", **placeholders: str) -> None:
    """Show the issue ``key``; ``about`` tells several of one kind apart."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        _issue_id(key, about),
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def clear_issue(hass: HomeAssistant, key: str, about: str = "") -> None:
    """Withdraw the issue if it is shown."""
    ir.async_delete_issue(hass, DOMAIN, _issue_id(key, about))


def _issue_id(key: str, about: str) -> str:
    return f"{key}_{about}" if about else key
