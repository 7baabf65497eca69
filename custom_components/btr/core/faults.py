"""Sensor faults: which channels have not given a believable reading for longer than a hiccup."""

from collections.abc import Iterable
from typing import Final

from .messages import Level
from .rate import Hold
from .state import Cause, ClearCondition, Finding

# "Invalid for more than two samples" (F6), and long enough that one spike withheld for agreement is no fault.
_SAMPLES: Final = 4
_HOLD_S: Final = 1.4


class FaultMonitor:
    """Confirms faults by channel.

    Attributes:
        findings: the confirmed faults; the same empty tuple while there is none.
    """

    __slots__ = ("_holds", "findings")

    def __init__(self) -> None:
        """Start without a fault."""
        self._holds: dict[str, Hold] = {}
        self.findings: tuple[Finding, ...] = ()

    def update(self, time_s: float, bad_channels: Iterable[str]) -> None:
        """Take the channels that are bad in one sample; a channel that is not among them is repaired."""
        bad = frozenset(bad_channels)
        if not bad and not self._holds:
            return
        self._holds = {name: self._holds.get(name) or Hold(_HOLD_S, _SAMPLES) for name in sorted(bad)}
        confirmed = [name for name, hold in self._holds.items() if hold.update(time_s, True)]
        self.findings = tuple(
            Finding(Cause.SENSOR_FAULT, Level.WARNING, name, None, None, ClearCondition.WHEN_REPAIRED)
            for name in confirmed
        )
