"""What a user has a device do: commands, the emergency stop, and what becomes of its alarm.

Every act leaves in the same moment, and a refusal of the core becomes an error that the user sees.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util

from .answers import Answers, Topics
from .const import DOMAIN
from .core.errors import CommandRefusedError
from .core.messages import Output, Publish
from .core.outcome import EMERGENCY
from .device import AnyDevice, BathDevice
from .memory import DeviceMemory, Memory


class Connection(Protocol):
    """What commands need of the hub."""

    connected: bool

    def step(self, device: AnyDevice) -> tuple[Publish, ...]: ...  # noqa: D102
    async def async_send(self, messages: tuple[Publish, ...]) -> None: ...  # noqa: D102


class DeviceCommands:
    """The commands to the devices of one connection."""

    def __init__(self, hub: Connection, memory: Memory, answers: Answers) -> None:
        """``memory`` keeps the emergency stops, ``answers`` knows what became of commands."""
        self._hub = hub
        self._memory = memory
        self._answers = answers

    async def async_set_output(
        self, bath: BathDevice, output: Output, on: bool, duration: timedelta | None = None
    ) -> None:
        """Switch an output of a bath by hand, and hold it for a time."""
        hold_s = None if duration is None else duration.total_seconds()

        def switch(now_s: float) -> Topics:
            bath.controller.set_output(output, on, now_s, hold_s)
            return {output.value: None}

        await self.async_run(bath, switch, lets_go=not on)

    async def async_resume_automatic(self, bath: BathDevice, *outputs: Output) -> None:
        """Give outputs of a bath back to its own control."""

        def resume(now_s: float) -> Topics:
            bath.controller.resume_all(outputs, now_s)
            return {output.value: None for output in outputs}

        await self.async_run(bath, resume, lets_go=True)

    async def async_change_config(
        self, bath: BathDevice, partial: Mapping[str, Any], resume: Iterable[Output] = ()
    ) -> None:
        """Change settings of a bath; together with others of the same second it is one message.

        The outputs ``resume`` are given back first, even while the broker is away.
        """
        outputs = tuple(resume)

        def change(now_s: float) -> Topics:
            bath.controller.resume_all(outputs, now_s)
            changes = bath.controller.change_config(partial, now_s) if self._hub.connected else {}
            return {**changes, **{output.value: None for output in outputs}}

        await self.async_run(bath, change, lets_go=bool(outputs))

    async def async_run(
        self, bath: BathDevice, command: Callable[[float], Topics | None], *, lets_go: bool = False
    ) -> None:
        """Run ``command(now_s)``, send what comes of it, and see through what it returns; a failure is an error.

        Without a broker nothing is asked for, but a wish is let go: it must not be renewed when the broker is back.
        """
        topics: Topics | None = None
        messages: tuple[Publish, ...] = ()
        if self._hub.connected or lets_go:
            with telling(bath):
                topics = command(time.monotonic())
            # The step before anybody waits: what it still tells of earlier commands is not meant for this one
            messages = self._hub.step(bath)
        if not self._hub.connected:
            raise _error("not_connected", bath)
        await self._answers.async_see_through(bath, topics or {}, self._hub.async_send(messages))

    async def async_set_emergency(self, bath: BathDevice, engaged: bool) -> None:
        """Engage or release the emergency stop of a bath; engaging is on disk before anything is sent.

        A stop counts even while nobody hears it: it is sent as soon as somebody does, and the user is told. A release
        that nobody hears would only lose the stop, so it is refused.
        """
        if not engaged:
            self._refuse_unheard(bath)
        bath.controller.set_emergency(engaged, time.monotonic())
        messages = self._hub.step(bath)

        async def keep_and_send() -> None:
            await self._memory.async_keep_now(bath.key, DeviceMemory(emergency=engaged))
            await self._hub.async_send(messages)

        if bath.state.online and self._hub.connected:
            await self._answers.async_see_through(bath, {EMERGENCY: None}, keep_and_send())
            return
        await keep_and_send()
        if self._hub.connected:
            raise _error("emergency_not_heard", bath)
        raise _error("emergency_not_delivered", bath)

    async def async_acknowledge(self, device: AnyDevice) -> None:
        """Acknowledge the alarm of a device, or its drill; it clears when its cause is gone too."""
        device.core.alarms.acknowledge(time.monotonic())
        await self._hub.async_send(self._hub.step(device))

    async def async_snooze(self, device: AnyDevice, duration: timedelta) -> None:
        """Hold back the reminders of an alarm for 1 to 60 minutes."""
        with telling(device):
            device.core.alarms.snooze(time.monotonic(), dt_util.utcnow(), duration.total_seconds())
        await self._hub.async_send(self._hub.step(device))

    async def async_drill(self, device: AnyDevice, on: bool) -> None:
        """Start a drill of a device's alarm, or end it before its time."""
        if on:
            with telling(device):
                device.core.alarms.start_drill(time.monotonic())
        else:
            device.core.alarms.end_drill()
        await self._hub.async_send(self._hub.step(device))

    def _refuse_unheard(self, bath: BathDevice) -> None:
        if not self._hub.connected:
            raise _error("not_connected", bath)
        if not bath.state.online:
            raise _refused("device_offline", bath)


@contextmanager
def telling(device: AnyDevice) -> Iterator[None]:
    """Turn a refusal of the core into an error that the user sees."""
    try:
        yield
    except CommandRefusedError as error:
        raise _refused(error.reason, device, **error.placeholders) from error


def _refused(reason: str, device: AnyDevice, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=f"refused_{reason}",
        translation_placeholders={**placeholders, "device": device.name},
    )


def _error(key: str, device: AnyDevice) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"device": device.name}
    )
