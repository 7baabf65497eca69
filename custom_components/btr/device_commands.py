"""What a user has a device do: commands, the emergency stop, and what becomes of its alarm.

Every act leaves in the same moment, and a refusal of the core becomes an error that the user sees.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .core.errors import CommandRefusedError
from .device import AnyDevice, BathDevice
from .memory import DeviceMemory, Memory


class Connection(Protocol):
    """What commands need of the hub."""

    connected: bool

    async def async_step(self, device: AnyDevice) -> None: ...  # noqa: D102


class DeviceCommands:
    """The commands to the devices of one connection."""

    def __init__(self, hub: Connection, memory: Memory) -> None:
        """``memory`` keeps the emergency stops."""
        self._hub = hub
        self._memory = memory

    async def async_run(self, device: AnyDevice, command: Callable[[float], None], *, lets_go: bool = False) -> None:
        """Run ``command(now_s)`` on a device and send what comes of it; a refusal is an error that the user sees.

        Without a broker nothing is asked for, but a wish is let go: it must not be renewed when the broker is back.
        """
        if self._hub.connected or lets_go:
            with telling(device):
                command(time.monotonic())
            await self._hub.async_step(device)
        if not self._hub.connected:
            raise _error("not_connected", device)

    async def async_set_emergency(self, bath: BathDevice, engaged: bool) -> None:
        """Engage or release the emergency stop of a bath; engaging is on disk before anything is sent.

        A stop counts even while the broker is away: it is sent as soon as it is back, and the user is told.
        """
        if not (engaged or self._hub.connected):
            raise _error("not_connected", bath)
        bath.controller.set_emergency(engaged, time.monotonic())
        await self._memory.async_keep_now(bath.key, DeviceMemory(emergency=engaged))
        await self._hub.async_step(bath)
        if not self._hub.connected:
            raise _error("emergency_not_delivered", bath)

    async def async_acknowledge(self, device: AnyDevice) -> None:
        """Acknowledge the alarm of a device, or its drill; it clears when its cause is gone too."""
        device.core.alarms.acknowledge(time.monotonic())
        await self._hub.async_step(device)

    async def async_snooze(self, device: AnyDevice, duration: timedelta) -> None:
        """Hold back the reminders of an alarm for 1 to 60 minutes."""
        with telling(device):
            device.core.alarms.snooze(time.monotonic(), dt_util.utcnow(), duration.total_seconds())
        await self._hub.async_step(device)

    async def async_drill(self, device: AnyDevice, on: bool) -> None:
        """Start a drill of a device's alarm, or end it before its time."""
        if on:
            with telling(device):
                device.core.alarms.start_drill(time.monotonic())
        else:
            device.core.alarms.end_drill()
        await self._hub.async_step(device)


@contextmanager
def telling(device: AnyDevice) -> Iterator[None]:
    """Turn a refusal of the core into an error that the user sees."""
    try:
        yield
    except CommandRefusedError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=f"refused_{error.reason}",
            translation_placeholders={**error.placeholders, "device": device.name},
        ) from error


def _error(key: str, device: AnyDevice) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"device": device.name}
    )
