"""One output of a bath under our hand: the lease it holds, and the answer it owes."""

from dataclasses import dataclass, replace

from .bath_settings import BathSettings
from .messages import Ack

RENEW_DELAY_S = 1.0


@dataclass(frozen=True, slots=True)
class Pending:
    """A command whose effect was not seen yet; ``expected`` is None where telemetry cannot show it."""

    action: str
    expected: bool | None
    id: str | None
    deadline_s: float


class OutputControl:
    """What we want of one output.

    A wish to have it on is held by leases. It ends by itself when the device refuses or does not answer, when the
    output was seen off twice although the device had confirmed it, and when the device is lost: whatever ends it,
    automatic control is what remains.
    """

    def __init__(self, settings: BathSettings, max_on_s: float | None) -> None:
        """``max_on_s`` bounds how long it is held on without a pause; None is no bound."""
        self.pending: Pending | None = None
        self._settings = settings
        self._max_on_s = max_on_s
        self._wanted_since_s: float | None = None
        self._held_since_s: float | None = None
        self._renew_s = 0.0
        self._lease_end_s: float | None = None
        self._seen_off = 0

    @property
    def is_wanted_on(self) -> bool:
        """Whether leases are renewed."""
        return self._wanted_since_s is not None

    def is_leased(self, now_s: float) -> bool:
        """Whether a lease of ours still runs, as far as we know."""
        return self._lease_end_s is not None and now_s < self._lease_end_s

    def want_on(self, now_s: float) -> None:
        """Start to hold it on; the first lease is due at once. The time on counts from its last pause."""
        self._wanted_since_s = now_s
        if self._held_since_s is None:
            self._held_since_s = now_s
        self._renew_s = now_s
        self._seen_off = 0

    def needs_pause(self, now_s: float) -> bool:
        """Whether one more lease would hold it on for longer than it may be without a pause."""
        if self._max_on_s is None or self._held_since_s is None:
            return False
        return now_s + self._settings.lease_s > self._held_since_s + self._max_on_s

    def let_go(self) -> None:
        """Stop to renew. A lease that runs ends by itself."""
        self._wanted_since_s = None
        self.pending = None

    def end_lease(self) -> None:
        """Forget the lease: a command or a restart ended it."""
        self._lease_end_s = None

    def hold_again(self, now_s: float) -> None:
        """Renew at once, because the device has lost its locks."""
        self.end_lease()
        self._renew_s = now_s

    def is_renewal_due(self, now_s: float) -> bool:
        """Whether a lease is to be sent now; lets go when the longest time on would be exceeded."""
        if self._wanted_since_s is None or now_s < self._renew_s:
            return False
        if self.needs_pause(now_s):
            self.let_go()
            return False
        return True

    def lease_sent(self, now_s: float) -> None:
        """Note that a lease was sent.

        An original switches off at the end of *every* lease, renewed or not. With a renewal a little after each half,
        every second one repairs that within two seconds, while no lease ever runs out unrenewed.
        """
        self._lease_end_s = now_s + self._settings.lease_s
        self._renew_s = now_s + self._settings.lease_s / 2 + RENEW_DELAY_S

    def expect(self, pending: Pending) -> None:
        """Wait for the effect of a command."""
        self.pending = pending

    def hear(self, is_on: bool | None) -> None:
        """Take what live telemetry shows."""
        if is_on is None:
            return
        if not is_on and not self.is_wanted_on:
            self._held_since_s = None
        if self.pending is not None:
            if is_on is self.pending.expected:
                self.pending = None
            return
        self._seen_off = 0 if is_on else self._seen_off + 1
        if self.is_wanted_on and self._seen_off > 1:
            self.let_go()
            self.end_lease()

    def hear_ack(self, ack: Ack, effect_s: float) -> Pending | None:
        """Take an answer; returns the command if it was refused.

        One that is accepted may still wait for a guard of the device: its effect is due at ``effect_s``.
        """
        if self.pending is None or self.pending.id != ack.id:
            return None
        if ack.result == "accepted":
            self.pending = replace(self.pending, deadline_s=max(self.pending.deadline_s, effect_s))
            return None
        answered, self.pending = self.pending, None
        if ack.result != "refused":
            return None
        self.let_go()
        self.end_lease()
        return answered

    def check_deadline(self, now_s: float) -> Pending | None:
        """Return the command that was not answered in time, once."""
        if self.pending is None or now_s < self.pending.deadline_s:
            return None
        unanswered = self.pending
        self.let_go()
        self.end_lease()
        return unanswered
