"""The actions about alarms: acknowledge, snooze, run a drill. A notification's button on a phone ends here."""

from datetime import timedelta
from typing import Final

import probatio
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import service

from .const import DOMAIN
from .core.alarm_life import LEAST_SNOOZE_S, LONGEST_SNOOZE_S, SNOOZE_S
from .device import AnyDevice, key_of
from .hub import BtrHub

ATTR_DURATION: Final = "duration"

DEVICE_SCHEMA: Final = probatio.Schema({probatio.Required(ATTR_DEVICE_ID): cv.string})
SNOOZE_SCHEMA: Final = DEVICE_SCHEMA.extend(
    {
        probatio.Optional(ATTR_DURATION, default=timedelta(seconds=SNOOZE_S)): probatio.All(
            cv.time_period,
            probatio.Range(min=timedelta(seconds=LEAST_SNOOZE_S), max=timedelta(seconds=LONGEST_SNOOZE_S)),
        )
    }
)


@callback
def async_setup_alarm_services(hass: HomeAssistant) -> None:
    """Register the actions about alarms."""
    register = hass.services.async_register
    register(DOMAIN, "acknowledge", _async_acknowledge, DEVICE_SCHEMA)
    register(DOMAIN, "snooze", _async_snooze, SNOOZE_SCHEMA)
    register(DOMAIN, "run_drill", _async_run_drill, DEVICE_SCHEMA)


async def _async_acknowledge(call: ServiceCall) -> None:
    """Acknowledge an alarm; without one nothing happens, so that two phones may both do it."""
    hub, device = _device(call)
    await hub.async_acknowledge(device)


async def _async_snooze(call: ServiceCall) -> None:
    """Hold back the reminders of an alarm. Without an alarm that is an error: a later one would not be held back."""
    hub, device = _device(call)
    await hub.async_snooze(device, call.data[ATTR_DURATION])


async def _async_run_drill(call: ServiceCall) -> None:
    """Start a drill, which ends by itself."""
    hub, device = _device(call)
    await hub.async_drill(device, on=True)


def _device(call: ServiceCall) -> tuple[BtrHub, AnyDevice]:
    """Return the device that is meant, and its hub."""
    device_id = call.data[ATTR_DEVICE_ID]
    found, entry = service.async_get_device_and_config_entry(call.hass, DOMAIN, device_id, include_child_devices=False)
    hub: BtrHub = entry.runtime_data
    for domain, text in found.identifiers:
        key = key_of(text) if domain == DOMAIN else None
        if key is not None and (device := hub.devices.get(key)) is not None:
            return hub, device
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="not_reached",
        translation_placeholders={"device": found.name_by_user or found.name or device_id},
    )
