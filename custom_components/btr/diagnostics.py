"""What a bug report needs of an entry or a device: states, counters, engine, model card, versions; and no secret.

The core keeps secrets out by leaving them out when it decodes. This module does not rely on that: every value whose
name looks like a secret or an address is redacted, whatever object it is in.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from importlib import metadata
from typing import Any, Final

from homeassistant.components.diagnostics import REDACTED
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceEntry

from .const import DOMAIN
from .core.messages import Level
from .device import AnyDevice, BatteryDevice, key_of, scope_of
from .hub import BtrConfigEntry, BtrHub
from .risk_monitor import Role

# Parts of names, in lower case. Rather one harmless value too many than a password.
SECRET_PARTS: Final = (
    "auth",
    "broker",
    "cert",
    "client_id",
    "credential",
    "host",
    "ip_addr",
    "key",
    "login",
    "mac_addr",
    "mqtt",
    "pass",
    "psk",
    "pwd",
    "secret",
    "ssid",
    "token",
    "user",
    "wifi",
)
SECRET_NAMES: Final = frozenset({"ip", "mac", "server", "url"})

LIBRARIES: Final = ("numpy", "onnxruntime")


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: BtrConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of an entry with all its devices."""
    hub = entry.runtime_data
    return {
        **await _async_about_entry(hass, entry),
        "devices": {str(key): _about_device(hub, device) for key, device in hub.devices.items()},
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: BtrConfigEntry, device: DeviceEntry
) -> dict[str, Any]:
    """Return the diagnostics of one device, with what the entry says of itself."""
    names = (key_of(text, scope_of(entry)) for domain, text in device.identifiers if domain == DOMAIN)
    keys = [key for key in names if key is not None]
    hub = entry.runtime_data
    return {
        **await _async_about_entry(hass, entry),
        "devices": {str(key): _about_device(hub, hub.devices[key]) for key in keys if key in hub.devices},
    }


async def _async_about_entry(hass: HomeAssistant, entry: BtrConfigEntry) -> dict[str, Any]:
    hub: BtrHub = entry.runtime_data
    return {
        "entry": as_plain({"data": entry.data, "options": entry.options}),
        "libraries": await hass.async_add_executor_job(_library_versions),
        "connected": hub.connected,
        "connection": as_plain(hub.transport.report),
        "counters": as_plain(hub.counters),
        "engine": as_plain(hub.risk.status),
        "model": as_plain(hub.risk.card),
    }


def _about_device(hub: BtrHub, device: AnyDevice) -> dict[str, Any]:
    about = {
        "state": as_plain(device.state),
        "events": [as_plain(event) for event in device.events],
    }
    if isinstance(device, BatteryDevice):
        box = device.monitor.black_box
        about["black_box"] = {"samples": len(box), "minutes": box.length_s / 60, "bytes": box.nbytes}
        about["models"] = {
            **{role.value: as_plain(hub.risk.menu(device.key, role)) for role in Role},
            "at_work": as_plain(hub.risk.status_of(device.key)),
            "in_shadow": as_plain(hub.risk.shadow_status_of(device.key)),
        }
    return about


def _library_versions() -> dict[str, str | None]:
    return {name: _version(name) for name in LIBRARIES}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def as_plain(value: Any) -> Any:
    """Return ``value`` as JSON can hold it, with everything redacted whose name looks like a secret.

    Dataclasses become objects, levels and other enums their keys, times ISO 8601. What is None or empty stays so: that
    a device has no password is worth knowing.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return as_plain({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Mapping):
        return {_name(key): _redacted(_name(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_plain(item) for item in value]
    if isinstance(value, Level):
        return value.key
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _name(key: object) -> str:
    return str(as_plain(key))


def _redacted(name: str, value: Any) -> Any:
    if value is None or value == "" or not _is_secret(name):
        return as_plain(value)
    return REDACTED


def _is_secret(name: str) -> bool:
    lower = name.lower()
    return lower in SECRET_NAMES or any(part in lower for part in SECRET_PARTS)
