"""What must outlive a restart, as plain values that JSON can hold, and back.

A file may be from another version or damaged: what cannot be read is as if it had never been kept, except an alarm.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, TypeVar

from .bath_watch import HeaterCount
from .messages import Level
from .state import AlarmRecord, AnyCause, BathCause, Cause, ClearCondition, Finding, LastSeen

_CAUSES: Final[Mapping[str, AnyCause]] = {cause.value: cause for cause in (*Cause, *BathCause)}
_Value = TypeVar("_Value")
_LEVELS: Final = {level.key: level for level in Level}


@dataclass(frozen=True, slots=True)
class Baseline:
    """The quiet level of one gas channel in the node's own ppm, and for how many seconds it was learned.

    ``anchor`` is the lowest that level has been; None: not kept, taken to be ``mean``.
    """

    mean: float
    learned_s: float
    anchor: float | None = None


@dataclass(frozen=True, slots=True)
class GasBaselines:
    """The baselines of one node by channel, and when they were last learned, in UTC."""

    learned_at: datetime
    channels: Mapping[str, Baseline]


def alarm_as_plain(record: AlarmRecord) -> dict[str, Any]:
    """Return ``record`` as JSON can hold it."""
    return {
        "peak": record.peak.key,
        "reason": None if record.reason is None else _finding_as_plain(record.reason),
        "told": sorted(cause.value for cause in record.told),
        "raised_at": _text(record.raised_at),
        "acknowledged": record.acknowledged,
        "snoozed_until": _text(record.snoozed_until),
    }


def alarm_from_plain(kept: Mapping[str, Any], at: datetime) -> AlarmRecord | None:
    """Return the open alarm that :func:`alarm_as_plain` wrote, None when it says that there is none.

    An alarm that cannot be read in full is one nevertheless: what is missing is as serious as it may be, and it was
    raised ``at`` the time of reading.
    """
    record = AlarmRecord(
        peak=_read(lambda: _LEVELS[kept["peak"]], Level.DANGER),
        reason=_read(lambda: _finding_from_plain(kept["reason"]), None),
        told=_read(lambda: frozenset(_CAUSES[name] for name in kept["told"]), frozenset()),
        raised_at=_read(lambda: _time(kept["raised_at"]), at),
        acknowledged=_read(lambda: kept["acknowledged"] is True, fallback=False),
        snoozed_until=_read(lambda: _time(kept["snoozed_until"]), None),
    )
    return record if record.is_open else None


def _read(read: Callable[[], _Value], fallback: _Value) -> _Value:
    try:
        return read()
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return fallback


def baselines_as_plain(baselines: GasBaselines) -> dict[str, Any]:
    """Return ``baselines`` as JSON can hold them."""
    return {
        "learned_at": _text(baselines.learned_at),
        "channels": {name: asdict(baseline) for name, baseline in baselines.channels.items()},
    }


def baselines_from_plain(kept: Mapping[str, Any]) -> GasBaselines | None:
    """Return what :func:`baselines_as_plain` wrote, None when it cannot be read."""
    try:
        channels = {str(name): _baseline(told) for name, told in kept["channels"].items()}
        return GasBaselines(_time(kept["learned_at"]), channels)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def heater_as_plain(count: HeaterCount) -> dict[str, Any]:
    """Return ``count`` as JSON can hold it."""
    return asdict(count)


def heater_from_plain(kept: Mapping[str, Any]) -> HeaterCount | None:
    """Return what :func:`heater_as_plain` wrote, None when it cannot be read."""
    try:
        count = HeaterCount(float(kept["on_s"]), int(kept["cycles"]), float(kept["energy_wh"]))
    except (KeyError, OverflowError, TypeError, ValueError):
        return None
    return count if all(isfinite(number) and number >= 0 for number in astuple(count)) else None


def seen_as_plain(seen: LastSeen) -> dict[str, Any]:
    """Return ``seen`` as JSON can hold it."""
    return asdict(seen)


def seen_from_plain(kept: Mapping[str, Any]) -> LastSeen | None:
    """Return what :func:`seen_as_plain` wrote, None when it cannot be read."""
    try:
        return LastSeen(heater_on=kept["heater_on"] is True, stopped=kept["stopped"] is True)
    except (KeyError, TypeError):
        return None


def _finding_as_plain(found: Finding) -> dict[str, Any]:
    return {**asdict(found), "level": found.level.key}


def _finding_from_plain(kept: Mapping[str, Any]) -> Finding:
    return Finding(
        cause=_CAUSES[kept["cause"]],
        level=_LEVELS[kept["level"]],
        channel=str(kept["channel"]),
        value=_number(kept["value"]),
        limit=_number(kept["limit"]),
        clear=ClearCondition(kept["clear"]),
    )


def _baseline(kept: Mapping[str, Any]) -> Baseline:
    mean, learned_s = float(kept["mean"]), float(kept["learned_s"])
    if not (isfinite(mean) and isfinite(learned_s) and learned_s >= 0):
        raise ValueError(f"no baseline: {kept}")
    anchor = _number(kept.get("anchor"))
    if anchor is not None and not isfinite(anchor):
        raise ValueError(f"no baseline: {kept}")
    return Baseline(mean, learned_s, anchor)


def _number(kept: float | None) -> float | None:
    return None if kept is None else float(kept)


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
