"""What a user may set of the assessment of one battery, and the caps that no setting lifts.

More sensitive is free down to where everyday life would alarm; less sensitive ends at the caps that the firmware has
compiled in (H13, F3): 80 degC is where the decomposition of the SEI is reported to set in, 1 degC/s is GB 38031. The
threshold of a model may be anything, because a model only adds to what the hard rules say (I7); its own threshold for a
warning stays where it is when the alarm's is raised, so even the highest still warns.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, NamedTuple, Self

from .alarm import AlarmSettings
from .risk.card import ModelCard

_DEFAULT: Final = AlarmSettings()
_DEFAULT_RATE: Final = _DEFAULT.rate_danger_c_per_s * 60


class Range(NamedTuple):
    """What a limit may be, both ends included."""

    low: float
    high: float

    def read(self, value: object) -> float | None:
        """Return ``value`` if it is a number within the range, else None."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if self.low <= value <= self.high else None


TEMPERATURE_C: Final = Range(40.0, 80.0)
RATE_C_PER_MIN: Final = Range(12.0, 60.0)
RISK: Final = Range(0.01, 0.99)


@dataclass(frozen=True, slots=True)
class BatteryLimits:
    """The limits of one battery as its user wants them.

    Attributes:
        temp_c: temperature of the cell that alone is DANGER; warned of from 50 degC, or from there if that is lower.
        rate_c_per_min: rate of rise that is DANGER, with a warning as for the temperature.
        risks: alarm threshold 0..1 by the name of the model that it was chosen for; what 0.5 means is up to a model.
    """

    temp_c: float = _DEFAULT.internal_danger_c
    rate_c_per_min: float = _DEFAULT_RATE
    risks: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Raise ValueError when a limit is beyond its caps."""
        wanted = ((TEMPERATURE_C, self.temp_c), (RATE_C_PER_MIN, self.rate_c_per_min))
        for allowed, value in (*wanted, *((RISK, risk) for risk in self.risks.values())):
            if allowed.read(value) is None:
                raise ValueError(f"need a limit from {allowed.low:g} to {allowed.high:g}, got {value}")

    @property
    def alarm_settings(self) -> AlarmSettings:
        """The settings of the assessment that follow."""
        rate_c_per_s = self.rate_c_per_min / 60
        return AlarmSettings(
            internal_warning_c=min(_DEFAULT.internal_warning_c, self.temp_c),
            internal_danger_c=self.temp_c,
            rate_warning_c_per_s=min(_DEFAULT.rate_warning_c_per_s, rate_c_per_s),
            rate_danger_c_per_s=rate_c_per_s,
            model_thresholds=self.risks,
        )

    def with_risk(self, card: ModelCard | None, risk: float) -> Self:
        """Return the limits with another alarm threshold for the model of ``card``; its own one is none of ours."""
        if card is None:
            return self
        risks = {name: other for name, other in self.risks.items() if name != card.name}
        if risk != card.alarm.threshold:
            risks[card.name] = risk
        return replace(self, risks=MappingProxyType(risks))


def limits_from_plain(temp_c: object, rate_c_per_min: object, risks: object) -> BatteryLimits:
    """Return the limits that a file holds; what is missing, damaged or beyond its caps is as if nobody had set it."""
    default = BatteryLimits()
    told = risks if isinstance(risks, Mapping) else {}
    read = {str(name): RISK.read(risk) for name, risk in told.items()}
    return BatteryLimits(
        temp_c=TEMPERATURE_C.read(temp_c) or default.temp_c,
        rate_c_per_min=RATE_C_PER_MIN.read(rate_c_per_min) or default.rate_c_per_min,
        risks=MappingProxyType({name: risk for name, risk in read.items() if risk is not None}),
    )
