"""What the page about the health of Home Assistant says of BTR: numbers and names, no address and no secret."""

from collections.abc import Iterable
from typing import Any

from homeassistant.components.system_health import SystemHealthRegistration
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.loader import async_get_integration

from .const import DOMAIN
from .hub import BtrHub


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Say who knows."""
    register.async_register_info(async_health)


async def async_health(hass: HomeAssistant) -> dict[str, Any]:
    """Return what is at work; entries that are not loaded count as not connected."""
    entries = hass.config_entries.async_entries(DOMAIN, include_ignore=False, include_disabled=False)
    hubs: list[BtrHub] = [entry.runtime_data for entry in entries if entry.state is ConfigEntryState.LOADED]
    devices = [device for hub in hubs for device in hub.devices.values()]
    return {
        "version": str((await async_get_integration(hass, DOMAIN)).version),
        "connections": _share(sum(hub.connected for hub in hubs), len(entries)),
        "kinds": _names(str(hub.transport.report["kind"]) for hub in hubs),
        "devices": _share(sum(device.state.online for device in devices), len(devices)),
        "malformed_messages": sum(device.state.malformed_messages for device in devices),
        "engine": _names(hub.risk.status.engine for hub in hubs),
        "model": _names(f"{hub.risk.card.name} {hub.risk.card.version}" for hub in hubs),
    }


def _share(part: int, whole: int) -> str:
    return f"{part} / {whole}"


def _names(names: Iterable[str]) -> str:
    """Return each name once; a dash for none, since an empty line looks like a fault."""
    return ", ".join(sorted(set(names))) or "–"
