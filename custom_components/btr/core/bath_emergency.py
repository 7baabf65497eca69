"""The emergency stop of a bath as we want it: never lost, never released by anything but a release."""

from .bath_settings import BathSettings

MIN_REPEAT_S = 1.0


class EmergencyStop:
    """Repeats a wanted stop until telemetry shows it, and again whenever the device may have lost it.

    ``wanted`` is set by us, or taken over when a device restarts that was seen stopped: an original forgets its stop at
    a power cut. A stop that somebody else releases while the device runs is released.
    """

    def __init__(self, settings: BathSettings) -> None:
        """Start with nothing wanted and nothing known."""
        self.wanted = False
        self.seen: bool | None = None
        self._repeat_s = settings.emergency_repeat_s
        self._was_stopped = False
        self._confirmed = False
        self._sent_s: float | None = None
        self._due_s = 0.0
        self._deaf_until_s = float("-inf")

    def engage(self, now_s: float) -> None:
        """Want the stop from now on."""
        self.wanted = True
        self._confirmed = False
        self._sent_s = None
        self._due_s = now_s

    def release(self, now_s: float, answer_s: float) -> None:
        """Want it no longer; for ``answer_s`` telemetry may still show the stop from before."""
        self.wanted = False
        self._deaf_until_s = now_s + answer_s

    def hear(self, engaged: bool, *, is_certain: bool, now_s: float) -> None:
        """Take what live telemetry shows; an unreadable state counts as engaged but confirms nothing."""
        self.seen = engaged
        if not is_certain:
            return
        self._was_stopped = engaged
        if engaged:
            self._confirmed = self.wanted and self._sent_s is not None
            return
        self._deaf_until_s = float("-inf")
        if self._confirmed:
            self._repeat_at(now_s)

    def hear_boot(self, now_s: float) -> None:
        """Take a restart of the device: what it was stopped by may be gone."""
        if self._was_stopped and now_s >= self._deaf_until_s:
            self.wanted = True
        self._repeat_at(now_s)

    def hear_loss(self, now_s: float) -> None:
        """Take the loss of the device: nobody knows what it does until it is heard again."""
        self._repeat_at(now_s)

    def is_due(self, now_s: float) -> bool:
        """Whether to send the stop now; counts as sent."""
        if not self.wanted or self._confirmed or now_s < self._due_s:
            return False
        self._sent_s = now_s
        self._due_s = now_s + self._repeat_s
        return True

    def _repeat_at(self, now_s: float) -> None:
        self._confirmed = False
        self._due_s = now_s if self._sent_s is None else max(now_s, self._sent_s + MIN_REPEAT_S)
