"""What the pictures of a report are drawn from: at most ten minutes around each event and each false alarm.

``series.npz`` holds for cut number n ``n.time_s`` (s of the recording), ``n.temp_c`` (degC, NaN: not heard),
``n.probability`` (0..1, NaN: no window) and per method ``n.alarms.METHOD`` (s of the recording); ``metrics.json`` says
under ``cuts`` what each is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .data import INTERVAL_S
from .events import Event
from .methods import Replayed
from .replay import Alarm
from .windows import Float32Array

SERIES: Final = "series.npz"
LONGEST_S: Final = 600.0
MARGIN_S: Final = 60.0
# Around false alarms: what led to them, and what came of it.
BEFORE_S, AFTER_S = 180.0, 420.0
# The methods whose false alarms are listed and drawn; of limits and single rules the numbers are enough.
LISTED: Final = ("rules", "model", "fused")
EVENT_MARKS: Final = ("rule_0.5", "rules", "model", "fused")


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A stretch of one replayed trace.

    ``kind`` is ``event``, ``early``, ``quiet`` or ``nuisance``; ``start_s`` the time of the first sample in the
    recording; ``alarms`` by method and ``landmarks`` by name are s of the recording, in or out of the stretch.
    """

    kind: str
    trace: str
    experiment: str
    start_s: float
    temp_c: Float32Array
    probability: Float32Array
    alarms: Mapping[str, tuple[float, ...]]
    landmarks: Mapping[str, float]

    @property
    def time_s(self) -> NDArray[np.float64]:
        """Time of each sample in the recording."""
        return np.arange(len(self.temp_c), dtype=np.float64) * INTERVAL_S + self.start_s


@dataclass(frozen=True, slots=True)
class Place:
    """Where a trace comes from, and when in the recording its first sample was."""

    kind: str
    trace: str
    experiment: str
    start_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Incident:
    """Alarms that should not have been, as (method, alarm), close enough together for one picture."""

    place: Place
    alarms: tuple[tuple[str, Alarm], ...]
    cut: Cut


def cut_event(place: Place, event: Event, replayed: Replayed) -> Cut:
    """Return the stretch that ends a minute after the steepest moment and has the alarms and landmarks it can hold."""
    landmarks = {"heating": event.heating_s, "onset": event.onset_s, "60": event.at_60_s, "80": event.at_80_s}
    known = {name: time_s for name, time_s in landmarks.items() if time_s is not None} | {"peak": event.peak_s}
    alarms = {
        method: [a for a in replayed.alarms.get(method, ()) if event.counts_as_raised(a.time_s)]
        for method in EVENT_MARKS
    }
    until_s = event.peak_s + MARGIN_S
    marks = [event.heating_s, *(all_of[0].time_s for all_of in alarms.values() if all_of)]
    held = [mark for mark in marks if until_s - LONGEST_S + MARGIN_S <= mark <= until_s]
    from_s = min([event.peak_s, *held]) - MARGIN_S
    firsts = {method: all_of[:1] for method, all_of in alarms.items()}
    return _cut(place, replayed, (from_s, until_s), firsts, known)


def find_incidents(place: Place, replayed: Replayed, until_s: float | None = None) -> tuple[Incident, ...]:
    """Return all alarms of the listed methods (before ``until_s`` of the trace), those within minutes as one."""
    raised = sorted(
        (
            (method, alarm)
            for method in LISTED
            for alarm in replayed.alarms.get(method, ())
            if until_s is None or alarm.time_s < until_s
        ),
        key=lambda pair: pair[1].time_s,
    )
    groups: list[list[tuple[str, Alarm]]] = []
    for method, alarm in raised:
        if groups and alarm.time_s - groups[-1][0][1].time_s < AFTER_S:
            groups[-1].append((method, alarm))
        else:
            groups.append([(method, alarm)])
    return tuple(Incident(place, tuple(group), _cut_group(place, replayed, group)) for group in groups)


def save_cuts(path: Path, cuts: Sequence[Cut]) -> list[dict[str, Any]]:
    """Write the series and return what each is, in the same order."""
    arrays: dict[str, Any] = {}
    for number, cut in enumerate(cuts):
        arrays |= {
            f"{number}.time_s": cut.time_s,
            f"{number}.temp_c": cut.temp_c,
            f"{number}.probability": cut.probability,
        }
        arrays |= {f"{number}.alarms.{method}": np.asarray(times_s) for method, times_s in cut.alarms.items()}
    np.savez_compressed(path, **arrays)
    return [
        {"kind": cut.kind, "trace": cut.trace, "experiment": cut.experiment, "landmarks": dict(cut.landmarks)}
        for cut in cuts
    ]


def load_cuts(path: Path, descriptions: Sequence[Mapping[str, Any]]) -> list[Cut]:
    """Return what :func:`save_cuts` wrote."""
    cuts = []
    with np.load(path, allow_pickle=False) as arrays:
        for number, told in enumerate(descriptions):
            prefix = f"{number}.alarms."
            alarms = {
                key.removeprefix(prefix): tuple(arrays[key].tolist()) for key in arrays.files if key.startswith(prefix)
            }
            time_s, temp_c = arrays[f"{number}.time_s"], arrays[f"{number}.temp_c"]
            start_s = float(time_s[0]) if len(time_s) else 0.0
            told_place = (told["kind"], told["trace"], told["experiment"], start_s)
            cuts.append(Cut(*told_place, temp_c, arrays[f"{number}.probability"], alarms, told["landmarks"]))
    return cuts


def _cut_group(place: Place, replayed: Replayed, group: Sequence[tuple[str, Alarm]]) -> Cut:
    first_s = group[0][1].time_s
    alarms = {method: [alarm for other, alarm in group if other == method] for method, _ in group}
    return _cut(place, replayed, (first_s - BEFORE_S, first_s + AFTER_S), alarms, {})


def _cut(
    place: Place,
    replayed: Replayed,
    span_s: tuple[float, float],
    alarms: Mapping[str, Sequence[Alarm]],
    landmarks: Mapping[str, float],
) -> Cut:
    first = max(0, round(span_s[0] / INTERVAL_S))
    last = min(len(replayed.temp_c), round(span_s[1] / INTERVAL_S) + 1, first + round(LONGEST_S / INTERVAL_S))
    return Cut(
        kind=place.kind,
        trace=place.trace,
        experiment=place.experiment,
        start_s=place.start_s + first * INTERVAL_S,
        temp_c=replayed.temp_c[first:last],
        probability=replayed.risks[first:last],
        alarms={
            method: tuple(place.start_s + alarm.time_s for alarm in some) for method, some in alarms.items() if some
        },
        landmarks={name: place.start_s + time_s for name, time_s in landmarks.items()},
    )
