"""What every method makes of every runaway, as it is and disturbed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from .cuts import Cut, Incident, Place, cut_event, find_incidents
from .data import INTERVAL_S
from .disturbances import Disturbance
from .events import EARLY_S, Event, find_event
from .methods import METHODS, RULES, replay
from .metrics import EventResult, judge_event
from .replay import Alarm
from .scale_out import ONE, Workers
from .windows import Float32Array, Trace

LEAD_IN_S: Final = 60.0


@dataclass(frozen=True, slots=True, eq=False)
class JudgedEvent:
    """One runaway: its landmarks, the alarms by method, what its picture is drawn from, and what came too early."""

    trace: str
    experiment: str
    event: Event
    alarms: dict[str, list[Alarm]]
    cut: Cut
    early: tuple[Incident, ...]


def with_lead_in(trace: Trace) -> Trace:
    """Return the trace after a minute at its first level: a node has been running before, files begin at the event."""
    samples = round(LEAD_IN_S / INTERVAL_S)

    def prefixed(temp_c: Float32Array) -> Float32Array:
        return np.concatenate([np.full(samples, np.median(temp_c[:5]), np.float32), temp_c])

    return replace(
        trace, start_s=trace.start_s - LEAD_IN_S, temp_c=prefixed(trace.temp_c), clean_c=prefixed(trace.clean_c)
    )


def judge_events(
    model_of: Callable[[Trace], Path],
    traces: Sequence[Trace],
    disturbance: Disturbance | None = None,
    methods: Sequence[str] = METHODS,
    workers: Workers = ONE,
) -> tuple[JudgedEvent, ...]:
    """Return every runaway that has an event; landmarks are always those of the undisturbed trace."""
    found = [(trace, find_event(trace.clean_c)) for trace in traces]
    tasks = ((model_of(trace), trace, event, disturbance, methods) for trace, event in found if event is not None)
    return tuple(workers.run(_judge_one, tasks))


def results_by_method(judged: tuple[JudgedEvent, ...]) -> dict[str, list[EventResult]]:
    """Return the results of every method, in the order of the events."""
    return {
        method: [judge_event(one.trace, one.experiment, one.event, one.alarms[method]) for one in judged]
        for method in (judged[0].alarms if judged else METHODS)
    }


def compare_with_rules(events: dict[str, list[EventResult]]) -> dict[str, Any]:
    """Return how much later (positive, s) the fused assessment is than the earliest rule or limit of each event."""
    delays: dict[str, float] = {}
    for place, fused in enumerate(events["fused"]):
        others = [events[method][place].lead_peak_s for method in RULES]
        known = [lead_s for lead_s in others if lead_s is not None]
        if known and fused.lead_peak_s is not None:
            delays[fused.name] = max(known) - fused.lead_peak_s
    return {"latest_s": max(delays.values(), default=None), "delay_s": delays}


def _judge_one(
    model: Path, trace: Trace, event: Event, disturbance: Disturbance | None, methods: Sequence[str]
) -> JudgedEvent:
    replayed = replay(model, trace.temp_c if disturbance is None else disturbance.apply(trace.temp_c), methods)
    place = Place("event", trace.name, trace.experiment, trace.start_s)
    return JudgedEvent(
        trace.name,
        trace.experiment,
        event,
        replayed.alarms,
        cut_event(place, event, replayed),
        find_incidents(replace(place, kind="early"), replayed, event.heating_s - EARLY_S),
    )
