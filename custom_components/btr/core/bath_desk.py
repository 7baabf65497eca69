"""Everything that leaves for a bath: commands under way, leases, and the queue they share."""

from collections.abc import Callable, Mapping
from typing import Any

from . import codec
from .bath_answers import Tell
from .bath_outbox import Outbox
from .bath_outputs import OutputControl, Pending
from .bath_settings import BathSettings
from .messages import DeviceKey, Output, Publish
from .outcome import Result
from .topics import TopicConfig

_EXPECTED = {"on": True, "hold_off": False}
"""What telemetry must show; after ``off`` automatic control may switch on again at once."""


class BathDesk:
    """Makes the messages to one bath and sends them in order, one command each."""

    def __init__(self, device: DeviceKey, settings: BathSettings, topics: TopicConfig, tell: Tell) -> None:
        """Start with nothing wanted and nothing waiting; ``tell`` takes the answers to commands."""
        self.controls: Mapping[Output, OutputControl] = {
            output: OutputControl(output, settings, tell) for output in Output
        }
        self._device = device
        self._topics = topics
        self._outbox = Outbox(settings.messages_per_s)

    def queue(
        self, output: Output, action: str, deadline_s: float | None, command_id: str | None, hold_s: float | None
    ) -> None:
        """Queue a command in place of older ones for its output, and wait until ``deadline_s`` for its effect.

        ``deadline_s`` is None where nothing would show the effect; ``hold_s`` is how long the device is to hold it.
        """
        control = self.controls[output]
        if action != "on":
            control.end_lease()
        self._outbox.replace(output, self._command(output, action, command_id, hold_s))
        expected = _EXPECTED.get(action)
        if deadline_s is not None and (expected is not None or command_id is not None):
            control.expect(Pending(action, expected, command_id, deadline_s))

    def is_free(self, now_s: float) -> bool:
        """Whether what is queued now leaves at once, so that nothing can drop it any more."""
        return self._outbox.is_free(now_s)

    def queue_config(self, changes: Mapping[str, Any], command_id: str | None) -> None:
        """Queue a change of settings."""
        self._outbox.add(None, lambda: codec.encode_config_update(self._topics, self._device, changes, id=command_id))

    def queue_release(self, automatic: Mapping[Output, str], command_id: str | None) -> None:
        """Queue the release of the stop, then off for every output, then what gives each back to its control."""
        self._outbox.add(None, lambda: codec.encode_emergency(self._topics, self._device, on=False, id=command_id))
        for output in Output:
            self._outbox.add(output, self._command(output, "off"))
        for output, action in automatic.items():
            if action != "off":
                self._outbox.add(output, self._command(output, action))

    def drop_all(self) -> None:
        """Drop every wish, every lease and every message that waits."""
        self._outbox.clear()
        self.let_go(result=Result.DROPPED)

    def let_go(self, *, keep_wishes: bool = False, now_s: float = 0.0, result: Result = Result.UNANSWERED) -> None:
        """The device has lost its locks: drop every wish, or renew the kept ones at once."""
        for control in self.controls.values():
            if keep_wishes and control.is_wanted_on:
                control.hold_again(now_s)
            else:
                control.let_go(result)
                control.end_lease()

    def stop_now(self, now_s: float, command_id: str | None) -> Publish:
        """The emergency stop, which waits for nothing."""
        self._outbox.note_urgent(now_s)
        return codec.encode_emergency(self._topics, self._device, on=True, id=command_id)

    def take(self, now_s: float) -> list[Publish]:
        """The messages that may leave now."""
        return self._outbox.take(now_s)

    def _command(
        self, output: Output, action: str, command_id: str | None = None, hold_s: float | None = None
    ) -> Callable[[], Publish]:
        duration_ms = None if hold_s is None else round(hold_s * 1000)
        return lambda: codec.encode_command(
            self._topics, self._device, output, action, duration_ms=duration_ms, id=command_id
        )
