"""What is told of a bath beside its readings: who has an output in hand and when it aerates next."""

from datetime import datetime, timedelta

from .bath_known import BathKnowledge
from .bath_outputs import OutputControl
from .bath_readings import BathReadings
from .messages import Output
from .state import Control


def is_manual(output: Output, readings: BathReadings, hand: OutputControl, now_s: float) -> bool | None:
    """Whether an output is held by hand: the device's own word, else True for our lease, None if not known."""
    if output in readings.locks_ms:
        return readings.locks_ms[output] > 0
    return True if hand.is_leased(now_s) else None


def control_of(output: Output, readings: BathReadings, hand: OutputControl, now_s: float) -> Control | None:
    """Who decides about an output, None while nothing is heard of it.

    A lock says how long but not which way: with a lease of ours it is on, else the output itself shows it. An original
    tells no locks, so what we do not hold counts as automatic.
    """
    is_on = readings.outputs.get(output)
    if is_on is None:
        return None
    if not is_manual(output, readings, hand, now_s):
        return Control.AUTOMATIC
    return Control.ON if is_on or hand.is_leased(now_s) else Control.OFF


def next_aeration(known: BathKnowledge, readings: BathReadings, at: datetime | None) -> datetime | None:
    """The end of the last aeration that was seen, plus the interval: the device says nothing about it.

    None while no end was seen, the timer is off, or it aerates already.
    """
    off_at = readings.aeration_off_at
    if off_at is None or at is None or not known.flag("aeration_timer.enabled"):
        return None
    next_at = off_at + timedelta(milliseconds=known.number("aeration_timer.interval"))
    return next_at if next_at > at and not readings.outputs.get(Output.AERATION) else None
