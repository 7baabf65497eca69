"""What became of commands: told to whoever waits for it, and to the user where nobody does (I9).

A device that acknowledges is waited for, so that its answer is the answer of the action. An original answers by its
next telemetry or register, minutes later: then a notification says what went wrong, until it goes right.
"""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeassistant.components import persistent_notification
from homeassistant.core import HomeAssistant, callback

from .command_words import Failure, FailureKey, failure_of, failure_title
from .const import DOMAIN
from .core.outcome import Answer, Result
from .device import AnyDevice, BathDevice

# The core ends every command earlier; a wait must end even when a fault of ours keeps it from doing so
LONGEST_WAIT_S: Final = 150.0

type Topics = Mapping[str, Any]
"""What a command is about, with what was asked: an output or the emergency stop (None), or dotted keys of settings."""

_GOOD: Final = frozenset({Result.ACCEPTED, Result.DONE})


@dataclass(eq=False, slots=True)
class _Waiting:
    """Somebody who waits for the answers to what was asked of a device."""

    device: AnyDevice
    open: dict[str, Any]
    future: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def take(self, told: Topics) -> Topics:
        """Return what of an answer is waited for here, and wait for it no longer."""
        mine = {topic: asked for topic, asked in told.items() if topic in self.open and self.open[topic] == asked}
        for topic in mine:
            del self.open[topic]
        return mine

    def fail(self, failure: Failure) -> None:
        """End the wait with an error."""
        if not self.future.done():
            self.future.set_exception(failure.error())

    def succeed(self) -> None:
        """End the wait if nothing is open."""
        if not self.open and not self.future.done():
            self.future.set_result(None)


class Answers:
    """The answers that the devices of one connection owe."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Nobody waits yet, and nothing has gone wrong."""
        self._hass = hass
        self._waiting: list[_Waiting] = []
        self._failures: dict[tuple[str, str], dict[str, str]] = {}

    async def async_see_through(self, bath: BathDevice, topics: Topics, sending: Awaitable[None]) -> None:
        """Send a command, and wait for the answers of a device that gives them; raises what went wrong.

        What went wrong with an earlier command of the kind is of no interest any more.
        """
        self._forget(bath, topics)
        if not (bath.controller.acknowledges and topics):
            await sending
            return
        waiting = _Waiting(bath, dict(topics))
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(LONGEST_WAIT_S):
                await sending
                await waiting.future
        except TimeoutError as error:
            raise Failure(FailureKey.NO_ANSWER_AT_ALL, {"device": bath.name}).error() from error
        finally:
            self._waiting.remove(waiting)
            if not waiting.future.cancel() and not waiting.future.cancelled():
                waiting.future.exception()

    @callback
    def hear(self, device: AnyDevice, answer: Answer) -> None:
        """Tell those who wait; what has gone wrong and nobody waits for goes to the user."""
        told: dict[str, Any] = {key: asked for key, (asked, _) in answer.settings.items()} or {answer.command: None}
        is_good, left = answer.result in _GOOD, dict(told)
        for waiting in self._waiting:
            if waiting.device is not device or not (mine := waiting.take(told)):
                continue
            if is_good:
                waiting.succeed()
            else:
                waiting.fail(failure_of(self._hass, device, answer, mine))
            left = {topic: asked for topic, asked in left.items() if topic not in mine}
        if is_good or answer.result is Result.DROPPED:
            self._forget(device, told)
        elif left:
            text = failure_of(self._hass, device, answer, left).text(self._hass)
            self._failures.setdefault((device.uid, answer.command), {}).update(dict.fromkeys(left, text))
            self._show(device, answer.command)

    @callback
    def cut_off(self, key: FailureKey) -> None:
        """Let nobody wait any longer; ``key`` says why."""
        for waiting in self._waiting:
            waiting.fail(Failure(key, {"device": waiting.device.name}))

    def _forget(self, device: AnyDevice, topics: Topics) -> None:
        for uid, command in tuple(self._failures):
            failures = self._failures[uid, command]
            if uid != device.uid or failures.keys().isdisjoint(topics):
                continue
            for topic in topics:
                failures.pop(topic, None)
            self._show(device, command)

    def _show(self, device: AnyDevice, command: str) -> None:
        notification_id = f"{DOMAIN}_{device.uid}_{command}"
        if failures := self._failures[device.uid, command]:
            message = "\n\n".join(dict.fromkeys(failures.values()))
            title = failure_title(self._hass, device)
            persistent_notification.async_create(self._hass, message, title, notification_id)
        else:
            del self._failures[device.uid, command]
            persistent_notification.async_dismiss(self._hass, notification_id)
