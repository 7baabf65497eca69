"""How a device of the core is made, with everything that is remembered of it."""

import time

from homeassistant.util import dt as dt_util

from .core.alarm_keeper import AlarmKeeper
from .core.bath import BathController, BathSettings
from .core.battery import BatteryMonitor
from .core.black_box import BlackBox
from .core.kept import alarm_from_plain, baselines_from_plain, heater_from_plain, seen_from_plain
from .core.messages import BathRegister, DeviceKey, DeviceKind, Receipt
from .device import AnyDevice, BathDevice, BatteryDevice
from .device_options import DeviceOptions
from .memory import DeviceMemory, Memory
from .settings import EntrySettings


class DeviceFactory:
    """Makes the devices of one entry."""

    def __init__(self, settings: EntrySettings, memory: Memory, options: DeviceOptions, scope: str) -> None:
        """``memory`` must be loaded; ``scope`` stands before the names of the devices outside their entry."""
        self._topics = settings.topics
        self._black_box_min = settings.black_box_min
        self._memory = memory
        self._options = options
        self._scope = scope

    def make(self, key: DeviceKey) -> AnyDevice:
        """Return a device that has heard nothing yet and is therefore offline; an alarm from before goes on."""
        device = self._make_battery(key) if key.kind is DeviceKind.BATTERY else self._make_bath(key)
        if self._memory.of(key).get("drill", False):
            device.core.alarms.cut_drill()
            self._memory.keep_soon(key, DeviceMemory(drill=False))
        return device

    def _make_battery(self, key: DeviceKey) -> BatteryDevice:
        box = BlackBox(self._black_box_min)
        monitor = BatteryMonitor(key, self._options.monitor_settings(key), self._topics, black_box=box)
        if (kept := self._memory.of(key).get("gas")) and (learned := baselines_from_plain(kept)) is not None:
            monitor.restore_baselines(learned, dt_util.utcnow())
        self._restore_alarm(key, monitor.alarms)
        monitor.update(time.monotonic(), dt_util.utcnow())
        return BatteryDevice(key, monitor, self._scope)

    def _restore_alarm(self, key: DeviceKey, alarms: AlarmKeeper) -> None:
        alarms.reminder_s = self._options.reminder_s(key)
        at = dt_util.utcnow()
        if (kept := self._memory.of(key).get("alarm")) and (record := alarm_from_plain(kept, at)) is not None:
            alarms.restore(record, time.monotonic(), at)

    def _make_bath(self, key: DeviceKey) -> BathDevice:
        controller = BathController(key, BathSettings(), self._topics)
        kept = self._memory.of(key)
        now_s = time.monotonic()
        if config := kept.get("config"):
            # An original bath tells its settings only when it boots: what it said last is history, as if retained
            told = BathRegister(device=key, config=config, booted_offline=kept.get("booted_offline", False))
            controller.handle(told, Receipt(now_s, dt_util.utcnow(), retained=True))
        controller.heater.power_w = self._options.heater_power_w(key) or None
        if (counted := kept.get("heater")) and (count := heater_from_plain(counted)) is not None:
            controller.heater.count = count
        if (noted := kept.get("seen")) and (seen := seen_from_plain(noted)) is not None:
            controller.restore(seen, now_s)
        if kept.get("emergency", False):
            controller.set_emergency(True, now_s)
        self._restore_alarm(key, controller.alarms)
        return BathDevice(key, controller, self._scope)
