"""A whole series of temperatures at once: read from what a user typed, or put together from what a database kept.

Everything here ends as samples: seconds on one rising time line and degC, the form that `btr_core.window` takes.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil, isfinite
from typing import Any, Final, NamedTuple

from .errors import SeriesError

# Nothing below is colder, nothing above is measured by any sensor of a battery.
_COLDEST_C: Final = -273.15
_HOTTEST_C: Final = 2000.0
_SHOWN: Final = 40


class Sample(NamedTuple):
    """One temperature in degC at ``time_s``, seconds from the start of its series."""

    time_s: float
    temp_c: float


def read_series(raw: Sequence[Any], interval_s: float, longest_s: float) -> tuple[Sample, ...]:
    """Return the samples of ``raw``: numbers in degC, ``interval_s`` apart, or mappings with ``time``, ``temperature``.

    A time is a number of seconds or a date with time (a text in ISO 8601, taken for UTC without a zone); times count
    from the first one, which becomes 0.

    Raises:
        SeriesError: empty, longer than ``longest_s``, a value that is no temperature or no time, a time that does not
            rise, or the two forms mixed; with the place of the value, counted from 1.
    """
    if not raw:
        raise SeriesError("series_empty")
    if isinstance(raw[0], Mapping):
        samples = _timed(raw, interval_s, longest_s)
    else:
        if (len(raw) - 1) * interval_s > longest_s:
            raise _too_long(longest_s)
        samples = [Sample(place * interval_s, _temperature(value, place)) for place, value in enumerate(raw)]
    return tuple(samples)


def _timed(raw: Sequence[Any], interval_s: float, longest_s: float) -> list[Sample]:
    samples: list[Sample] = []
    start_s = 0.0
    for place, row in enumerate(raw):
        if not isinstance(row, Mapping) or not {"time", "temperature"} <= row.keys():
            raise SeriesError("series_bad_row", place=str(place + 1), value=_shown(row))
        time_s = _seconds(row["time"], place)
        if not samples:
            start_s = time_s
        elif time_s - start_s <= samples[-1].time_s:
            raise SeriesError("series_not_rising", place=str(place + 1), value=_shown(row["time"]))
        if time_s - start_s > longest_s or place * interval_s > longest_s:
            raise _too_long(longest_s)
        samples.append(Sample(time_s - start_s, _temperature(row["temperature"], place)))
    return samples


def _too_long(longest_s: float) -> SeriesError:
    return SeriesError("series_too_long", minutes=f"{longest_s / 60:g}")


def _seconds(value: Any, place: int) -> float:
    at = _date(value) if isinstance(value, str) else value
    if isinstance(at, datetime):
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    seconds = _number(value)
    if seconds is None:
        raise SeriesError("series_bad_time", place=str(place + 1), value=_shown(value))
    return seconds


def _date(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _temperature(value: Any, place: int) -> float:
    temp_c = _number(value)
    if temp_c is None or not _COLDEST_C <= temp_c <= _HOTTEST_C:
        raise SeriesError("series_bad_temperature", place=str(place + 1), value=_shown(value))
    return temp_c


def _number(value: Any) -> float | None:
    """Return a finite number, also one that a template made a text of; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _shown(value: Any) -> str:
    return str(value)[:_SHOWN]


def held(
    rows: Iterable[tuple[float, float | None]], every_s: float, longest_s: float, end_s: float
) -> tuple[Sample, ...]:
    """Return the samples from 0 to ``end_s`` behind ``rows`` of (time in s, degC) that were written on change only.

    A value stands until the next row: it is repeated every ``every_s``, for ``longest_s`` at the most, so that a
    change after a rest stays as steep as it was. None is the absence of a value and ends it. Rows may come in any
    order; those before 0 are there for the value that stands at 0.
    """
    samples: list[Sample] = []
    in_order = sorted(rows, key=lambda row: row[0])
    for (time_s, temp_c), (next_s, _) in pairwise([*in_order, (end_s, None)]):
        if temp_c is None:
            continue
        until_s = min(next_s, time_s + longest_s)
        repeats = ceil((until_s - time_s) / every_s)
        times_s = [time_s + count * every_s for count in range(max(1, repeats))]
        samples += [Sample(at_s, temp_c) for at_s in times_s if 0 <= at_s <= end_s]
    return tuple(samples)
