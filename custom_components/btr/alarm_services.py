"""The actions about alarms: acknowledge, snooze, run a drill. A notification's button on a phone ends here."""

from datetime import timedelta
from typing import Final

import probatio
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.helpers import config_validation as cv

from .const import DOMAIN
from .core.alarm_life import LEAST_SNOOZE_S, LONGEST_SNOOZE_S, SNOOZE_S
from .durations import ATTR_DURATION, duration_between
from .targets import async_find_device

DEVICE_SCHEMA: Final = probatio.Schema({probatio.Required(ATTR_DEVICE_ID): cv.string})
SNOOZE_SCHEMA: Final = DEVICE_SCHEMA.extend(
    {
        probatio.Optional(ATTR_DURATION, default=timedelta(seconds=SNOOZE_S)): duration_between(
            timedelta(seconds=LEAST_SNOOZE_S), timedelta(seconds=LONGEST_SNOOZE_S)
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
    hub, device = async_find_device(call.hass, call.data[ATTR_DEVICE_ID])
    await hub.commands.async_acknowledge(device)


async def _async_snooze(call: ServiceCall) -> None:
    """Hold back the reminders of an alarm. Without an alarm that is an error: a later one would not be held back."""
    hub, device = async_find_device(call.hass, call.data[ATTR_DEVICE_ID])
    await hub.commands.async_snooze(device, call.data[ATTR_DURATION])


async def _async_run_drill(call: ServiceCall) -> None:
    """Start a drill, which ends by itself."""
    hub, device = async_find_device(call.hass, call.data[ATTR_DEVICE_ID])
    await hub.commands.async_drill(device, on=True)
