"""How figures read: the same words and digits in every table."""

from collections.abc import Mapping
from typing import Any, Final

METHOD_NAMES: Final = {
    "limit_50": "limit 50 °C",
    "limit_60": "limit 60 °C",
    "rule_1.0": "rule 1 °C/s for 3 s",
    "rule_0.5": "rule 0.5 °C/s for 3 s",
    "rules": "rules (BTR without a model)",
    "model": "model alone",
    "fused": "fused (BTR)",
}
LANDMARK_NAMES: Final = {
    "lead_onset_s": "lead to onset",
    "lead_60_s": "lead to 60 °C",
    "lead_80_s": "lead to 80 °C",
    "lead_peak_s": "lead to the steepest rise",
}
NONE: Final = "–"


def known_methods(table: Mapping[str, Any]) -> list[str]:
    """Return the methods that a table has figures of, from the simplest to what BTR runs."""
    return [name for name in METHOD_NAMES if name in table]


def number(value: float | None, digits: int = 4) -> str:
    """Return significant digits without a trailing zero, from 10 000 on all of the whole number; a dash for nothing."""
    if value is None:
        return NONE
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 10_000 else f"{value:.{digits}g}"


def seconds(value: float | None) -> str:
    """Return s with one decimal, whole from 100 s on; a dash for nothing."""
    if value is None:
        return NONE
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"


def percent(share: float | None) -> str:
    """Return a share in percent."""
    return NONE if share is None else f"{share * 100:.3g} %"


def lead(told: Mapping[str, Any] | None, interval: tuple[float, float] | list[float] | None = None) -> str:
    """Return ``median [interval] / least``."""
    if told is None:
        return NONE
    between = "" if interval is None else f" [{seconds(interval[0])} to {seconds(interval[1])}]"
    return f"{seconds(told['median'])}{between} / {seconds(told['least'])}"


def rate(told: Mapping[str, Any] | None) -> str:
    """Return ``alarms in hours; at most so many a day``."""
    if told is None:
        return NONE
    return f"{told['alarms']} in {told['hours']:g} h, at most {told['per_day_at_most_95']:.2g} a day"


def cause(name: str) -> str:
    """Return the cause of an alarm in words."""
    return {"model": "model", "rate": "rate of rise", "temperature": "temperature limit"}.get(name, name)


def family(name: str) -> str:
    """Return a key as words."""
    return name.replace("_", " ")
