"""One output of a bath under our hand: the lease it holds, and the answer it owes."""

from dataclasses import dataclass, replace

from .bath_answers import Tell
from .bath_settings import BathSettings
from .messages import Ack, Output
from .outcome import Answer, Result

RENEW_DELAY_S = 1.0
LEAST_LEASE_S = 1.0
"""What is left of a hold below this is not worth a lease."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A command whose effect was not seen yet; ``expected`` is None where telemetry cannot show it.

    A device that acknowledges has the first word: what telemetry shows before may be older than the command.
    """

    action: str
    expected: bool | None
    id: str | None
    deadline_s: float
    is_accepted: bool = False
    is_shown: bool = False


class OutputControl:
    """What we want of one output.

    A wish to have it on is held by leases. It ends with its time, or when the device refuses or does not answer, when
    the output was seen off twice although the device had confirmed it, and when the device is lost: whatever ends it,
    automatic control is what remains. Every command ends in one answer.
    """

    def __init__(self, output: Output, settings: BathSettings, tell: Tell) -> None:
        """``tell`` takes the answers. Only a heater is bound in how long it is held on without a pause."""
        self.pending: Pending | None = None
        self._output = output
        self._settings = settings
        self._tell = tell
        self._max_on_s = settings.max_manual_heater_s if output is Output.HEATER else None
        self._wanted_since_s: float | None = None
        self._until_s = float("inf")
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

    def want_on(self, now_s: float, hold_s: float | None = None) -> None:
        """Start to hold it on, for ``hold_s`` or until it is let go; the first lease is due at once.

        The time on counts from its last pause.
        """
        self._wanted_since_s = now_s
        self._until_s = float("inf") if hold_s is None else now_s + hold_s
        if self._held_since_s is None:
            self._held_since_s = now_s
        self._renew_s = now_s
        self._seen_off = 0

    def needs_pause(self, now_s: float, hold_s: float | None = None) -> bool:
        """Whether it would be held on, for one more lease or for ``hold_s``, for longer than it may without a pause."""
        if self._max_on_s is None:
            return False
        held_since_s = now_s if self._held_since_s is None else self._held_since_s
        return now_s + (self._settings.lease_s if hold_s is None else hold_s) > held_since_s + self._max_on_s

    def lease_s(self, now_s: float) -> float:
        """How long the next lease is: as any, or what is left of the hold."""
        return min(self._settings.lease_s, self._until_s - now_s)

    def let_go(self, result: Result = Result.DROPPED, reason: str | None = None) -> None:
        """Stop to renew; what the device still owes ends with ``result``. A lease that runs ends by itself."""
        self._wanted_since_s = None
        self._end(result, reason)

    def refuse(self, reason: str) -> None:
        """End the wish for a reason of ours, and say so."""
        self.pending = None
        self._wanted_since_s = None
        self._tell(Answer(self._output.value, "on", Result.REFUSED, reason))

    def end_lease(self) -> None:
        """Forget the lease: a command or a restart ended it."""
        self._lease_end_s = None

    def hold_again(self, now_s: float) -> None:
        """Renew at once, because the device has lost its locks."""
        self.end_lease()
        self._renew_s = now_s

    def is_renewal_due(self, now_s: float) -> bool:
        """Whether a lease is to be sent now; the wish ends with its time, or when the longest time on is over."""
        if self._wanted_since_s is None:
            return False
        if self.lease_s(now_s) < LEAST_LEASE_S:
            self._wanted_since_s = None
            return False
        if now_s < self._renew_s:
            return False
        if self.needs_pause(now_s, self.lease_s(now_s)):
            self.refuse("heater_needs_pause")
            return False
        return True

    def lease_sent(self, now_s: float) -> None:
        """Note that a lease was sent.

        An original switches off at the end of *every* lease, renewed or not. With a renewal a little after each half,
        every second one repairs that within two seconds, while no lease ever runs out unrenewed.
        """
        self._lease_end_s = now_s + self.lease_s(now_s)
        self._renew_s = now_s + self._settings.lease_s / 2 + RENEW_DELAY_S

    def expect(self, pending: Pending) -> None:
        """Wait for the effect of a command; another one that was still waited for is replaced by it."""
        if self.pending is not None and self.pending.action != pending.action:
            self._end(Result.DROPPED)
        self.pending = pending

    def hear(self, is_on: bool | None) -> None:
        """Take what live telemetry shows."""
        if is_on is None:
            return
        if not is_on and not self.is_wanted_on:
            self._held_since_s = None
        if self.pending is not None:
            self.pending = replace(self.pending, is_shown=is_on is self.pending.expected)
            if self.pending.is_shown and (self.pending.id is None or self.pending.is_accepted):
                self._end(Result.DONE)
            return
        self._seen_off = 0 if is_on else self._seen_off + 1
        if self.is_wanted_on and self._seen_off > 1:
            self.refuse("seen_off")
            self.end_lease()

    def hear_ack(self, ack: Ack, effect_s: float) -> None:
        """Take an answer; after ``accepted`` a guard of the device may hold the effect back until ``effect_s``."""
        if self.pending is None or self.pending.id != ack.id:
            return
        if ack.result == "accepted":
            deadline_s = max(self.pending.deadline_s, effect_s)
            self.pending = replace(self.pending, deadline_s=deadline_s, is_accepted=True)
            self._tell(Answer(self._output.value, self.pending.action, Result.ACCEPTED))
        elif ack.result == "refused":
            self.let_go(Result.REFUSED, ack.reason)
            self.end_lease()
        else:
            self._end(Result.DONE)

    def check_deadline(self, now_s: float) -> None:
        """End a command that was not answered in time; telemetry that shows its effect makes up for a lost answer."""
        if self.pending is None or now_s < self.pending.deadline_s:
            return
        if self.pending.is_shown:
            self._end(Result.DONE)
            return
        self.let_go(Result.UNANSWERED)
        self.end_lease()

    def _end(self, result: Result, reason: str | None = None) -> None:
        if self.pending is not None:
            answer = Answer(self._output.value, self.pending.action, result, reason)
            self.pending = None
            self._tell(answer)
