"""How a device of the core is made, with everything that is remembered of it."""

import time
from dataclasses import replace

from homeassistant.util import dt as dt_util

from .core.bath import BathController, BathSettings
from .core.battery import BatteryMonitor, MonitorSettings
from .core.correction import CorrectionMode
from .core.messages import BathRegister, DeviceKey, DeviceKind, Receipt
from .core.topics import TopicConfig
from .device import AnyDevice, BathDevice, BatteryDevice
from .memory import Memory


class DeviceFactory:
    """Makes the devices of one entry."""

    def __init__(self, topics: TopicConfig, memory: Memory) -> None:
        """``memory`` must be loaded."""
        self._topics = topics
        self._memory = memory

    def make(self, key: DeviceKey) -> AnyDevice:
        """Return a device that has heard nothing yet and is therefore offline."""
        if key.kind is DeviceKind.BATTERY:
            return BatteryDevice(key, BatteryMonitor(key, self.monitor_settings(key), self._topics))
        return self._make_bath(key)

    def monitor_settings(self, key: DeviceKey) -> MonitorSettings:
        """Return the settings of a battery as its switches stand."""
        settings = MonitorSettings()
        if self._memory.of(key).get("correction", True):
            return settings
        return replace(settings, correction=replace(settings.correction, mode=CorrectionMode.OFF))

    def _make_bath(self, key: DeviceKey) -> BathDevice:
        controller = BathController(key, BathSettings(), self._topics)
        kept = self._memory.of(key)
        now_s = time.monotonic()
        if config := kept.get("config"):
            # An original bath tells its settings only when it boots: what it said last is history, as if retained
            told = BathRegister(device=key, config=config, booted_offline=kept.get("booted_offline", False))
            controller.handle(told, Receipt(now_s, dt_util.utcnow(), retained=True))
        if kept.get("emergency", False):
            controller.set_emergency(True, now_s)
        return BathDevice(key, controller)
