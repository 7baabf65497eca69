"""The emergency stop of a bath as we want it: never lost, never released by anything but a release."""

from .bath_answers import Tell
from .bath_settings import BathSettings
from .messages import Ack, BathTelemetry
from .outcome import EMERGENCY, Answer, EventKind, Result

MIN_REPEAT_S = 1.0
NEVER_S = float("inf")


class EmergencyStop:
    """Repeats a wanted stop until telemetry shows it, and again whenever the device may have lost it.

    ``wanted`` is set by us, or taken over when a device restarts that was seen stopped: an original forgets its stop at
    a power cut, for which ``was_stopped`` is kept. A stop that somebody else releases while the device runs is
    released. That a stop or a release is not shown in time is told once; the stop is repeated all the same, and what is
    shown later is told as well.
    """

    def __init__(self, settings: BathSettings, tell: Tell) -> None:
        """Start with nothing wanted and nothing known; ``tell`` takes the answers."""
        self.wanted = False
        self.seen: bool | None = None
        self._repeat_s = settings.emergency_repeat_s
        self._tell = tell
        self.was_stopped = False
        self._confirmed = False
        self._sent_s: float | None = None
        self._due_s = 0.0
        self._deaf_until_s = float("-inf")
        self._asked: bool | None = None
        self.command_id: str | None = None
        self._answer_by_s = NEVER_S
        self._is_told = False

    def engage(self, now_s: float, command_id: str | None) -> None:
        """Want the stop from now on; every repetition has the same ``command_id``."""
        self._ask(True, command_id)
        self.wanted = True
        self._confirmed = False
        self._sent_s = None
        self._due_s = now_s

    def release(self, now_s: float, late_s: float, command_id: str | None) -> None:
        """Want it no longer; for ``late_s`` telemetry may still show the stop from before."""
        self._ask(False, command_id)
        self.wanted = False
        self._deaf_until_s = now_s + late_s

    def expect_answer(self, by_s: float) -> None:
        """From now on the device hears what was asked; it shows it until ``by_s`` or that is told."""
        self._answer_by_s = by_s

    def take(self, message: BathTelemetry, now_s: float, *, is_restarted: bool) -> EventKind | None:
        """Take live telemetry, and return what it shows anew. An unreadable state is engaged but confirms nothing.

        Before the first that tells of the stop nobody knows more than after a restart.
        """
        engaged, before = message.emergency, self.seen
        is_certain = "EmergencyState" not in message.faulty_channels
        if (is_restarted or before is None) and not (engaged and is_certain):
            self.hear_boot(now_s)
        if engaged is None:
            return None
        self._hear(engaged, is_certain=is_certain, now_s=now_s)
        if before is None or before is engaged:
            return None
        return EventKind.EMERGENCY_ENGAGED if engaged else EventKind.EMERGENCY_RELEASED

    def _hear(self, engaged: bool, *, is_certain: bool, now_s: float) -> None:
        self.seen = engaged
        if not is_certain:
            return
        self.was_stopped = engaged
        if engaged:
            self._confirmed = self.wanted and self._sent_s is not None
            if self._confirmed:
                self._answer(True, Result.DONE)
            return
        self._deaf_until_s = float("-inf")
        self._answer(False, Result.DONE)
        if self._confirmed:
            self._repeat_at(now_s)

    def hear_ack(self, ack: Ack) -> None:
        """Take an answer. That the stop is engaged or released is shown by telemetry only."""
        if ack.id == self.command_id and self._asked is not None:
            self._answer(self._asked, Result.REFUSED if ack.result == "refused" else Result.ACCEPTED, ack.reason)

    def hear_boot(self, now_s: float) -> None:
        """Take a restart of the device: what it was stopped by may be gone."""
        if self.was_stopped and now_s >= self._deaf_until_s:
            self.wanted = True
        self._repeat_at(now_s)

    def hear_loss(self, now_s: float) -> None:
        """Take the loss of the device: nobody knows what it does until it is heard again."""
        self._repeat_at(now_s)
        self._tell_unanswered()

    def is_due(self, now_s: float) -> bool:
        """Whether to send the stop now; counts as sent."""
        if not self.wanted or self._confirmed or now_s < self._due_s:
            return False
        self._sent_s = now_s
        self._due_s = now_s + self._repeat_s
        return True

    def check_deadline(self, now_s: float) -> None:
        """Tell once that what was asked is not shown in time."""
        if now_s >= self._answer_by_s:
            self._tell_unanswered()

    def _repeat_at(self, now_s: float) -> None:
        self._confirmed = False
        self._due_s = now_s if self._sent_s is None else max(now_s, self._sent_s + MIN_REPEAT_S)

    def _ask(self, engaged: bool, command_id: str | None) -> None:
        self._answer(not engaged, Result.DROPPED)
        self._asked, self.command_id, self._answer_by_s, self._is_told = engaged, command_id, NEVER_S, False

    def _tell_unanswered(self) -> None:
        self._answer_by_s = NEVER_S
        if self._asked is not None and not self._is_told:
            self._is_told = True
            self._tell(Answer(EMERGENCY, _action(self._asked), Result.UNANSWERED))

    def _answer(self, engaged: bool, result: Result, reason: str | None = None) -> None:
        if self._asked is not engaged:
            return
        if result is not Result.ACCEPTED:
            self._asked = None
        self._tell(Answer(EMERGENCY, _action(engaged), result, reason))


def _action(engaged: bool) -> str:
    return "on" if engaged else "off"
