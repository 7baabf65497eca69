"""BTR: battery thermal runaway prediction and bath control over MQTT.

This file only wires the parts together; see hub.py for what they do.
"""

from pathlib import Path

from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryError, ConfigEntryNotReady
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.device_registry import DeviceEntry
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN, PLATFORMS
from .core.errors import TopicError
from .device import key_of, scope_of
from .engines import EngineLoader
from .hub import BtrConfigEntry, BtrHub
from .issues import clear_issues_of_entry
from .memory import Memory
from .model_shelf import FOLDER, MODEL_PATH, ModelShelf
from .own_broker import async_own_broker
from .risk_monitor import RiskMonitor
from .services import async_setup_services
from .settings import EntrySettings
from .transport import HomeAssistantMqtt, Transport

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Register the actions; they are there whether or not an entry is loaded."""
    async_setup_services(hass)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: BtrConfigEntry) -> bool:
    """Set up one MQTT connection; retried by Home Assistant while MQTT is not there."""
    try:
        settings = EntrySettings.from_options({**entry.data, **entry.options})
    except TopicError as error:
        raise ConfigEntryError(
            translation_domain=DOMAIN, translation_key="invalid_topics", translation_placeholders={"reason": str(error)}
        ) from error
    transport = await _async_transport(hass, entry, settings)

    memory = Memory(hass, entry.entry_id)
    await memory.async_load()
    shelf = ModelShelf(MODEL_PATH, Path(hass.config.path(FOLDER)))
    risk = RiskMonitor(hass, entry, memory, shelf, EngineLoader(hass, memory, settings.engine))
    hub = BtrHub(hass, entry, settings, transport, memory, risk)
    hub.restore_devices()
    entry.runtime_data = hub
    entry.async_on_unload(memory.async_flush)

    await hass.config_entries.async_forward_entry_setups(entry, PLATFORMS)
    await hub.async_start()
    return True


async def _async_transport(hass: HomeAssistant, entry: BtrConfigEntry, settings: EntrySettings) -> Transport:
    if settings.broker is not None:
        return await async_own_broker(hass, entry, settings.broker)
    if not await mqtt.async_wait_for_mqtt_client(hass):
        raise ConfigEntryNotReady(translation_domain=DOMAIN, translation_key="mqtt_unavailable")
    return HomeAssistantMqtt(hass)


async def async_unload_entry(hass: HomeAssistant, entry: BtrConfigEntry) -> bool:
    """Unload the platforms; everything else ends with the entry."""
    return await hass.config_entries.async_unload_platforms(entry, PLATFORMS)


async def async_remove_entry(hass: HomeAssistant, entry: BtrConfigEntry) -> None:
    """Forget what was stored for the entry."""
    await Memory(hass, entry.entry_id).async_remove()
    clear_issues_of_entry(hass, entry.entry_id)


async def async_remove_config_entry_device(hass: HomeAssistant, entry: BtrConfigEntry, device: DeviceEntry) -> bool:
    """Allow a device to be removed unless it is online: then it would only come back."""
    if entry.state is not ConfigEntryState.LOADED:
        return True
    names = (key_of(text, scope_of(entry)) for domain, text in device.identifiers if domain == DOMAIN)
    return all(entry.runtime_data.forget(key) for key in names if key is not None)
