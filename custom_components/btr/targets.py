"""Which device of ours an action means."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import service

from .const import DOMAIN
from .device import AnyDevice, key_of, scope_of
from .hub import BtrHub


@callback
def async_find_device(hass: HomeAssistant, device_id: str) -> tuple[BtrHub, AnyDevice]:
    """Return the hub and the device behind an id of the device registry.

    Raises:
        ServiceValidationError: there is no such device, it is not ours, its entry is not loaded, or the present topics
            do not reach it.
    """
    found, entry = service.async_get_device_and_config_entry(hass, DOMAIN, device_id, include_child_devices=False)
    hub: BtrHub = entry.runtime_data
    for domain, text in found.identifiers:
        key = key_of(text, scope_of(entry)) if domain == DOMAIN else None
        if key is not None and (device := hub.devices.get(key)) is not None:
            return hub, device
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="not_reached",
        translation_placeholders={"device": found.name_by_user or found.name or device_id},
    )
