"""Which readings of a sensor may be believed.

A reading is used only if it is finite, within what the sensor can mean, and did not move faster than anything
physical. What is not believed becomes None with the kind of fault; a fault is a finding of its own and never silence.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isnan
from typing import Final


class Fault(StrEnum):
    """Why a reading is not believed."""

    MISSING = "missing"
    OVER_RANGE = "over_range"
    UNDER_RANGE = "under_range"
    JUMP = "jump"


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """What a sensor can mean: the range that is believed, and the fastest believed change (None: any).

    ``name`` is the telemetry field; ``low``, ``high`` are in its unit, ``max_slope`` in its unit per second.
    """

    name: str
    low: float
    high: float
    max_slope: float | None = None


# PT100 through MAX31865 with Rref 430: an open sensor reads 988.79, a shorted one -242.02. The fastest recorded
# runaway is 28.5 K/s over 2 s; 60 K/s leaves room for twice that and still catches loose plugs and breaking
# thermocouples.
INTERNAL: Final = ChannelSpec("temp_internal_c", -50.0, 200.0, 60.0)
# The range of the SHT4x is its data sheet's; in air 60 K/s is already beyond a flame passing by.
AMBIENT: Final = ChannelSpec("temp_ambient_c", -40.0, 125.0, 60.0)
# Die thermometer of the MAX30105, data sheet range.
SMOKE_SENSOR: Final = ChannelSpec("max30105_temp_c", -40.0, 125.0, 60.0)

# One believed step is at least what the slope allows in this time: between samples 0.1 ms apart noise alone is steep.
_BASE_S: Final = 0.5
# That many suspicious readings in a row that agree with each other are the new truth.
_AGREEING: Final = 3
# A step that only a pause makes possible needs company for so long: a converter that restarts sends its power-on value
# first, such as the 85 degC of a DS18B20, and a quiet second costs little where readings are missing anyway.
_CONFIRM_S: Final = 1.0
# A pause is longer than that many of the intervals before it.
_PAUSE: Final = 2.0
# After this long without a reading there is no slope to speak of.
_FORGET_S: Final = 10.0


class PlausibilityFilter:
    """Believes or withholds the readings of one channel.

    Attributes:
        fault: kind of fault of the latest reading, None when it was believed.
        last_good: the newest believed value, None before the first.
        relocated: how often a jump was accepted as a new level; a jump says nothing about a rate.
    """

    __slots__ = (
        "_after_pause",
        "_agreeing",
        "_allowed_step",
        "_candidate",
        "_candidate_s",
        "_interval_s",
        "_since_s",
        "_time_s",
        "fault",
        "last_good",
        "relocated",
        "spec",
    )

    def __init__(self, spec: ChannelSpec) -> None:
        """Start without a reading."""
        self.spec = spec
        self.relocated = 0
        self.last_good: float | None = None
        self.fault: Fault | None = None
        self._allowed_step = float("inf") if spec.max_slope is None else spec.max_slope * _BASE_S
        self._time_s = self._candidate_s = self._candidate = self._since_s = 0.0
        self._agreeing = 0
        self._after_pause = False
        self._interval_s = float("inf")

    def check(self, time_s: float, value: float | None) -> float | None:
        """Return the reading if it is believed, else None with the reason in ``fault``.

        ``time_s`` must not go back. A reading that moved faster than possible is withheld until it falls back to the
        old level or three in a row agree with each other; then they are the new level and ``relocated`` counts up.
        """
        if value is None or isnan(value):
            self.fault = Fault.MISSING
            return None
        if value > self.spec.high:
            self._withhold(Fault.OVER_RANGE)
            return None
        if value < self.spec.low:
            self._withhold(Fault.UNDER_RANGE)
            return None
        last = self.last_good
        if last is not None and not self._is_possible(time_s, value, last):
            self.fault = Fault.JUMP
            return None
        if last is not None:
            self._interval_s = time_s - self._time_s
        self.last_good = value
        self._time_s = time_s
        self._agreeing = 0
        self.fault = None
        return value

    def forget(self) -> None:
        """Drop the level, after a reboot: the next reading is not compared with an older one."""
        self.last_good = None
        self._agreeing = 0

    def _withhold(self, fault: Fault) -> None:
        if not self._after_pause:
            # Behind a pause the doubt goes on: a contact that opens again and again must not put off heat for ever.
            self._agreeing = 0
        self.fault = fault

    def _is_possible(self, time_s: float, value: float, last: float) -> bool:
        step = abs(value - last)
        if step <= self._allowed_step:
            return True
        elapsed_s = time_s - self._time_s
        if elapsed_s > _FORGET_S:
            return True
        if not (self._agreeing and abs(value - self._candidate) <= self._slope_step(time_s - self._candidate_s)):
            # Once doubted, waiting makes no step more credible: only agreement or the old level does.
            is_believable = not self._agreeing and step <= self._slope_step(elapsed_s)
            if is_believable and elapsed_s <= _PAUSE * self._interval_s:
                return True
            self._after_pause = is_believable
            self._agreeing, self._since_s = 0, time_s
        self._agreeing += 1
        self._candidate, self._candidate_s = value, time_s
        if self._after_pause:
            return time_s - self._since_s >= _CONFIRM_S
        if self._agreeing < _AGREEING:
            return False
        self.relocated += 1
        return True

    def _slope_step(self, elapsed_s: float) -> float:
        return self._allowed_step * max(1.0, elapsed_s / _BASE_S)
