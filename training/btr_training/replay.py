"""Replay of whole traces through the code that runs in Home Assistant.

A BatteryMonitor gets one telemetry message per sample and the exported model's answers; a model or a rule alone is
judged by the alarm policy without any hard rule. An alarm is acknowledged the moment it is raised, so that the next
one counts again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from btr_core.alarm import AlarmPolicy, AlarmSettings, Estimate
from btr_core.battery import BatteryMonitor, MonitorSettings
from btr_core.messages import BatterySample, DeviceKey, DeviceKind, Receipt
from btr_core.plausibility import INTERNAL, PlausibilityFilter
from btr_core.risk.card import ModelCard
from btr_core.risk.engine import RiskEngine
from btr_core.topics import TopicConfig

from .data import INTERVAL_S
from .windows import Float32Array, activity, complete_windows, plausible, windows_ending_at

CHANNEL: Final = "temp_internal_c"
DEVICE: Final = DeviceKey(DeviceKind.BATTERY, "replay")
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
BATCH: Final = 1024
FLAT_K: Final = 0.3


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: s from the start of the trace, and its cause (``model``, ``rate``, ``temperature``...)."""

    time_s: float
    cause: str


def seen_by_windows(temp_c: Float32Array) -> list[tuple[int, Float32Array]]:
    """Return what the window of a channel holds, as (index of the first sample, values): believed readings only.

    A jump to a new level starts the window again, hence a new part. Within a part gaps up to 10 s are lines, longer
    ones NaN, as in the run time's grid.
    """
    belief = PlausibilityFilter(INTERNAL)
    readings = np.full(len(temp_c), np.nan, dtype=np.float32)
    cuts = []
    for index, value in enumerate(temp_c.tolist()):
        jumps = belief.relocated
        believed = belief.check(index * INTERVAL_S, value)
        if believed is not None:
            readings[index] = believed
        if belief.relocated != jumps:
            cuts.append(index)
    return [(start, plausible(part)) for start, part in zip([0, *cuts], np.split(readings, cuts), strict=True)]


def probabilities(engine: RiskEngine, temp_c: Float32Array, flat_stride: int = 1) -> Float32Array:
    """Return the engine's answer for the window that ends at each sample, NaN where the run time has no window.

    ``flat_stride`` above 1 saves time on days of rest: of windows that move by less than 0.3 K only every so manyth is
    computed and stands for those behind it. Should one of them answer as much as a warning, all are computed.
    """
    risks = np.full(len(temp_c), np.nan, dtype=np.float32)
    for first, seen in seen_by_windows(temp_c):
        ends = complete_windows(seen)
        if flat_stride > 1:
            lively = activity(seen)[ends] >= FLAT_K
            sampled = lively | (np.arange(len(ends)) % flat_stride == 0)
            answers = _answers(engine, seen, ends[sampled])
            if not (answers[~lively[sampled]] >= engine.card.warning.threshold).any():
                risks[first + ends] = answers[np.cumsum(sampled) - 1]
                continue
        risks[first + ends] = _answers(engine, seen, ends)
    return risks


def _answers(engine: RiskEngine, seen: Float32Array, ends: NDArray[np.int64]) -> Float32Array:
    parts = [engine.predict(windows_ending_at(seen, ends[at : at + BATCH])) for at in range(0, len(ends), BATCH)]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float32)


def replay_policy(card: ModelCard, risks: Float32Array) -> list[Alarm]:
    """Return the alarms of a model or rule alone: k of n, hysteresis and latch as in Home Assistant, no hard rule.

    ``risks`` are its :func:`probabilities`, one per sample.
    """
    policy = AlarmPolicy(AlarmSettings(), card)
    alarms = []
    for index, risk in enumerate(risks.tolist()):
        now_s = index * INTERVAL_S
        state = policy.update(now_s, EPOCH, (), () if isnan(risk) else (Estimate(CHANNEL, now_s, risk),))
        if state.active and not state.acknowledged:
            alarms.append(Alarm(now_s, state.cause.value))
            policy.alarms.acknowledge(now_s)
    return alarms


def replay_monitor(
    temp_c: Float32Array, card: ModelCard | None = None, risks: Float32Array | None = None
) -> list[Alarm]:
    """Return the alarms of a BatteryMonitor with all its rules, and with a model when ``card`` and ``risks`` are given.

    Every sample is one telemetry message at 2 Hz, NaN a message without the temperature. A window that the monitor
    hands out is answered with the risk at its time.
    """
    monitor = BatteryMonitor(DEVICE, MonitorSettings(), TopicConfig(), card)
    alarms = []
    was_active = False
    for index, value in enumerate(temp_c.tolist()):
        now_s = index * INTERVAL_S
        at = EPOCH + timedelta(seconds=now_s)
        sample = BatterySample(
            DEVICE, timestamp_ms=round(now_s * 1000), temp_internal_c=None if isnan(value) else value
        )
        monitor.handle(sample, Receipt(now_s, at))
        if risks is not None:
            for channel, times_s, _ in monitor.take_windows():
                known = risks[np.rint(times_s / INTERVAL_S).astype(np.int64)]
                monitor.apply_risk(channel, times_s, known)
        monitor.update(now_s, at)
        alarm = monitor.state.alarm
        if alarm.active and not was_active:
            alarms.append(Alarm(now_s, alarm.cause.value))
            monitor.alarms.acknowledge(now_s)
        was_active = alarm.active
    return alarms


def replay_limit(temp_c: Float32Array, limit_c: float, hysteresis_k: float = 2.0) -> list[Alarm]:
    """Return an alarm whenever the reading reaches ``limit_c`` after having been ``hysteresis_k`` below it."""
    alarms = []
    armed = True
    for index, value in enumerate(temp_c.tolist()):
        if armed and value >= limit_c:
            alarms.append(Alarm(index * INTERVAL_S, "temperature"))
            armed = False
        elif value <= limit_c - hysteresis_k:
            armed = True
    return alarms
