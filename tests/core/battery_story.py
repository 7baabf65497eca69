"""The words in which the story of a battery node is told: it samples, is silent, is answered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from btr_core.battery import BatteryMonitor, MonitorSettings
from btr_core.messages import BatterySample, DeviceKey, DeviceKind, Level, Receipt
from btr_core.risk.card import load_card
from btr_core.topics import TopicConfig

CARD = load_card(Path(__file__).parents[1] / "fixtures" / "models" / "rate.json")
NODE = DeviceKey(DeviceKind.BATTERY, "cell")
START = datetime(2026, 1, 1, tzinfo=UTC)
QUIET = BatterySample(
    NODE,
    timestamp_ms=0,
    temp_ambient_c=24.0,
    temp_internal_c=25.0,
    humidity_percent=45.0,
    mq2_ppm=15.0,
    mq4_ppm=12.0,
    mq8_ppm=8.0,
    mq7_ppm=22.0,
    voc_index=285.0,
    max30105_smoke=120.0,
    max30105_temp_c=30.0,
    status=Level.NORMAL,
)


class Story:
    """A monitor, a node that samples twice a second, the hub's tick, and an engine that answers ``risk``."""

    def __init__(self, card=None, uptime_s: float = 1000.0, **kwargs) -> None:
        self.monitor = BatteryMonitor(NODE, MonitorSettings(**kwargs), TopicConfig(battery_prefixes=("cell",)), card)
        self.now_s = 50.0
        self.stamp_ms = round(uptime_s * 1000)
        self.events: list[tuple[str, dict]] = []
        self.sent: list[str] = []
        self.risk = 0.01
        self.shadow_risk = 0.01

    @property
    def state(self):
        return self.monitor.state

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.events]

    def receipt(self, *, retained: bool = False) -> Receipt:
        return Receipt(self.now_s, START + timedelta(seconds=self.now_s), retained)

    def tick(self):
        outcome = self.monitor.update(self.now_s, START + timedelta(seconds=self.now_s))
        self.events += [(str(event.kind), dict(event.data)) for event in outcome.events]
        self.sent += [publish.payload for publish in outcome.publishes]
        for part in self.monitor.take_windows():
            risks = np.full(len(part.times_s), self.risk, dtype=np.float32)
            self.monitor.apply_risk(part.channel, part.times_s, risks)
        for part in self.monitor.take_shadow_windows():
            risks = np.full(len(part.times_s), self.shadow_risk, dtype=np.float32)
            self.monitor.apply_shadow_risk(part.channel, part.times_s, risks)
        return self.state

    def says(self, seconds: float = 0.5, *, rising: float = 0.0, **fields):
        sample = replace(QUIET, **fields)
        for index in range(max(1, round(seconds * 2))):
            self.now_s += 0.5
            self.stamp_ms = (self.stamp_ms + 500) % 2**32
            warmer = {} if not rising else {"temp_internal_c": (sample.temp_internal_c or 0.0) + rising * 0.5 * index}
            self.monitor.handle(replace(sample, timestamp_ms=self.stamp_ms, **warmer), self.receipt())
            self.tick()
        return self.state

    def is_silent(self, seconds: float):
        for _ in range(round(seconds * 2)):
            self.now_s += 0.5
            self.tick()
        return self.state

    def acknowledged(self):
        self.monitor.alarms.acknowledge(self.now_s)
        return self.tick()
