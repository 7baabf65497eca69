"""The actions for baths: switch an output, stop and release, change settings.

Each takes several devices; each of them does what it can, and what went wrong is told afterwards: a stop of five baths
must not end at the second.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import probatio
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv

from .command_words import error_text
from .const import DOMAIN
from .core.messages import Output
from .device import BathDevice
from .device_commands import DeviceCommands
from .durations import ATTR_DURATION, duration_between
from .targets import async_find_device

ATTR_ACTION: Final = "action"
ATTR_CONFIG: Final = "config"
ATTR_OUTPUT: Final = "output"

ON: Final = "on"
OFF: Final = "off"
AUTO: Final = "auto"

LEAST_HOLD: Final = timedelta(seconds=1)
LONGEST_HOLD: Final = timedelta(hours=24)

type Act = Callable[[DeviceCommands, BathDevice], Awaitable[None]]


def _word(value: Any) -> Any:
    """Return what was meant: on and off without quotes are truth values in YAML."""
    return {True: ON, False: OFF}[value] if isinstance(value, bool) else value


BATHS_SCHEMA: Final = probatio.Schema(
    {probatio.Required(ATTR_DEVICE_ID): probatio.All(cv.ensure_list, [cv.string], probatio.Length(min=1))}
)
SEND_COMMAND_SCHEMA: Final = BATHS_SCHEMA.extend(
    {
        probatio.Required(ATTR_OUTPUT): probatio.In([output.value for output in Output]),
        probatio.Required(ATTR_ACTION): probatio.All(_word, probatio.In([ON, OFF, AUTO])),
        probatio.Optional(ATTR_DURATION): duration_between(LEAST_HOLD, LONGEST_HOLD),
    }
)
UPDATE_CONFIG_SCHEMA: Final = BATHS_SCHEMA.extend({probatio.Required(ATTR_CONFIG): dict})


@callback
def async_setup_bath_services(hass: HomeAssistant) -> None:
    """Register the actions for baths."""
    register = hass.services.async_register
    register(DOMAIN, "send_command", _async_send_command, SEND_COMMAND_SCHEMA)
    register(DOMAIN, "emergency_stop", _async_stop, BATHS_SCHEMA)
    register(DOMAIN, "release_emergency_stop", _async_release, BATHS_SCHEMA)
    register(DOMAIN, "update_config", _async_update_config, UPDATE_CONFIG_SCHEMA)


async def _async_send_command(call: ServiceCall) -> None:
    """Switch an output by hand, or give it back."""
    output, action = Output(call.data[ATTR_OUTPUT]), call.data[ATTR_ACTION]
    duration: timedelta | None = call.data.get(ATTR_DURATION)
    if action == AUTO and duration is not None:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="duration_with_auto")

    async def switch(commands: DeviceCommands, bath: BathDevice) -> None:
        if action == AUTO:
            await commands.async_resume_automatic(bath, output)
        else:
            await commands.async_set_output(bath, output, action == ON, duration)

    await _async_each(call, switch)


async def _async_stop(call: ServiceCall) -> None:
    """Engage the emergency stop."""
    await _async_each(call, lambda commands, bath: commands.async_set_emergency(bath, engaged=True))


async def _async_release(call: ServiceCall) -> None:
    """Release the emergency stop: with the button, the only way to do so."""
    await _async_each(call, lambda commands, bath: commands.async_set_emergency(bath, engaged=False))


async def _async_update_config(call: ServiceCall) -> None:
    """Change settings; what the core refuses is not sent."""
    config = call.data[ATTR_CONFIG]
    await _async_each(call, lambda commands, bath: commands.async_change_config(bath, config))


async def _async_each(call: ServiceCall, act: Act) -> None:
    """Do something with every bath at once, and then raise what went wrong."""

    async def one(device_id: str) -> None:
        hub, device = async_find_device(call.hass, device_id)
        if not isinstance(device, BathDevice):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="not_a_bath",
                translation_placeholders={"device": device.name},
            )
        await act(hub.commands, device)

    device_ids = dict.fromkeys(call.data[ATTR_DEVICE_ID])
    results = await asyncio.gather(*(one(device_id) for device_id in device_ids), return_exceptions=True)
    errors = [result for result in results if result is not None]
    if len(errors) > 1 and all(isinstance(error, HomeAssistantError) for error in errors):
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="several_failed",
            translation_placeholders={
                "count": str(len(errors)),
                "errors": " ".join(error_text(call.hass, error) for error in errors),
            },
        ) from errors[0]
    for error in errors:
        raise error
