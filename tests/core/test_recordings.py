"""Whole recordings through the monitor with the rules alone: alarm before the peak, silence on a quiet cell.

The recorded ones are not part of the repository; they are looked for in ``BTR_SHARED_DATA`` or beside the checkout.
The synthetic ones say the same without them.
"""

import csv
import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp
from pathlib import Path

import pytest

from btr_core.battery import BatteryMonitor, MonitorSettings
from btr_core.messages import BatterySample, DeviceKey, DeviceKind, Level, Receipt
from btr_core.outcome import EventKind
from btr_core.topics import TopicConfig

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("BTR_SHARED_DATA", ROOT.parent / "shared" / "data" / "battery"))
NODE = DeviceKey(DeviceKind.BATTERY, "replay")
START = datetime(2026, 1, 1, tzinfo=UTC)

RUNAWAYS = (
    "040",
    "041",
    "043",
    "044",
    "045",
    "054",
    "055",
    "066",
    "067",
    "068",
    "070",
    "071",
    "076",
    "077",
    "078",
    "079",
)
QUIET = ("025", "046", "051", "057", "062", "072", "080")

Trace = list[tuple[float, float]]


@dataclass
class Replay:
    """When the first DANGER came, in seconds of the recording; how often an alarm became one, how often one began."""

    danger_s: float | None
    raised: int
    begun: int


def replay(trace: Trace, *, speed: float = 1.0) -> Replay:
    monitor = BatteryMonitor(NODE, MonitorSettings(), TopicConfig())
    danger_s, raised, begun = None, 0, 0
    for time_s, temp_c in trace:
        now_s = time_s / speed
        at = START + timedelta(seconds=now_s)
        sample = BatterySample(NODE, timestamp_ms=round(time_s * 1000), temp_internal_c=temp_c, temp_ambient_c=25.0)
        monitor.handle(sample, Receipt(now_s, at))
        was_active = monitor.state.alarm.active
        begun += sum(event.kind is EventKind.RAISED for event in monitor.update(now_s, at).events)
        raised += monitor.state.alarm.active and not was_active
        if danger_s is None and monitor.state.alarm.level is Level.DANGER:
            danger_s = time_s
    return Replay(danger_s, raised, begun)


def recorded(number: str) -> Trace:
    paths = sorted(DATA.glob(f"temp_data_{number}*.csv"))
    if not paths:
        pytest.skip(f"recording {number} is not here")
    trace: Trace = []
    with paths[0].open(newline="") as file:
        for row in csv.DictReader(file):
            time_s = float(row["Time"])
            if not trace or time_s >= trace[-1][0] + 0.1:
                trace.append((time_s, float(row["Temperature"])))
            if time_s > 20_000:
                break
    return trace


def peak_s(trace: Trace) -> float:
    return max((temp_c, -time_s) for time_s, temp_c in trace if temp_c < 400)[1] * -1


def synthetic(shape, seconds: float, *, noise: float = 0.05, step_s: float = 0.5, resolution: float = 0.01) -> Trace:
    source = random.Random(3)
    times = [index * step_s for index in range(round(seconds / step_s))]
    return [(t, round((shape(t) + source.gauss(0, noise)) / resolution) * resolution) for t in times]


def runaway(time_s: float) -> float:
    """Quiet, 4 min of self-heating, then 8 K/s up to 300 degC, then cooling."""
    slow = 25.0 + 0.02 * max(0.0, min(time_s, 360.0) - 120.0)
    fast = 275.0 / (1.0 + exp(-(time_s - 390.0) / 8.0))
    return slow + fast - 0.5 * max(0.0, time_s - 450.0)


@pytest.mark.parametrize("step_s", [0.1, 0.5, 1.0, 2.0])
@pytest.mark.parametrize("resolution", [0.01, 0.1, 0.25])
def test_a_synthetic_runaway_alarms_before_sixty_degrees_and_once(step_s, resolution):
    trace = synthetic(runaway, 500.0, step_s=step_s, resolution=resolution)
    sixty_s = next(time_s for time_s, temp_c in trace if temp_c >= 60.0)
    result = replay(trace)
    assert result.raised == 1
    assert 300.0 < result.danger_s <= sixty_s + 1.0


def test_at_five_times_speed_the_alarm_comes_at_the_same_recorded_time():
    trace = synthetic(runaway, 500.0)
    assert replay(trace, speed=5.0).danger_s == replay(trace).danger_s


@pytest.mark.parametrize(
    "shape",
    [
        lambda t: 25.0,
        lambda t: 25.0 + 10.0 * ((t // 300) % 2),
        lambda t: 25.0 + 8.0 * (1 - exp(-(t % 600) / 120.0)),
        lambda t: 22.0 + (11.0 * exp(-((t - 600.0) ** 2) / 20.0) if 590 < t < 610 else 0.0),
        lambda t: 48.0 + 3.0 * (1 if t % 120 < 60 else 0),
        lambda t: 25.0 + (100.0 if t % 300 < 0.5 else 0.0),
        lambda t: 988.79 if 600 < t < 1200 else 25.0,
        lambda t: -15.0 + 0.01 * t,
    ],
    ids=[
        "rest",
        "steps of a chamber",
        "load steps",
        "touch",
        "chamber at 51",
        "spikes",
        "unplugged for a while",
        "thaw",
    ],
)
def test_a_synthetic_quiet_cell_never_alarms(shape):
    result = replay(synthetic(shape, 1800.0))
    assert (result.danger_s, result.raised) == (None, 0)
    assert result.begun <= 1, "a warning at most, and no chatter (I8)"


@pytest.mark.parametrize("number", RUNAWAYS)
def test_every_recorded_runaway_alarms_before_its_peak(number):
    trace = recorded(number)
    result = replay(trace)
    assert (result.begun, result.raised) == (1, 1)
    assert result.danger_s < peak_s(trace)


@pytest.mark.parametrize("number", QUIET)
def test_recorded_quiet_cells_never_alarm(number):
    result = replay(recorded(number))
    assert (result.danger_s, result.raised) == (None, 0)
    assert result.begun <= 1, "a warning at most, and no chatter (I8)"
