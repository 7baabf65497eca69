"""Settings of ours for one device, which no state of the device holds; they survive a restart."""

from dataclasses import replace

from homeassistant.core import callback

from .core.alarm_life import REMIND_S
from .core.battery import MonitorSettings
from .core.correction import CorrectionMode
from .core.messages import DeviceKey
from .device import AnyDevice, BathDevice, BatteryDevice
from .device_commands import telling
from .memory import DeviceMemory, Memory


class DeviceOptions:
    """Reads and changes the settings of the devices of one entry."""

    def __init__(self, memory: Memory) -> None:
        """``memory`` must be loaded."""
        self._memory = memory

    def reminder_min(self, key: DeviceKey) -> int:
        """Return after how many minutes an alarm is reminded of, 0 for never."""
        return self._memory.of(key).get("reminder_min", round(REMIND_S / 60))

    def reminder_s(self, key: DeviceKey) -> float | None:
        """Return the same in seconds, None for never."""
        return self.reminder_min(key) * 60.0 or None

    @callback
    def set_reminder(self, device: AnyDevice, minutes: int) -> None:
        """Remind of an alarm every so many minutes until it is acknowledged, 0 for never."""
        self._memory.keep_soon(device.key, DeviceMemory(reminder_min=minutes))
        device.core.alarms.reminder_s = self.reminder_s(device.key)
        device.notify()

    def heater_power_w(self, key: DeviceKey) -> float:
        """Return the power of a bath's heater, 0 while it is not known."""
        return self._memory.of(key).get("heater_power_w", 0.0)

    @callback
    def set_heater_power(self, bath: BathDevice, watts: float) -> None:
        """Count the energy of a bath's heater with this power from now on, 0 for not at all."""
        with telling(bath):
            bath.controller.heater.set_power(watts)
        self._memory.keep_soon(bath.key, DeviceMemory(heater_power_w=watts))
        bath.notify()

    def is_correcting(self, key: DeviceKey) -> bool:
        """Whether the status of this battery may be corrected."""
        return self._memory.of(key).get("correction", True)

    @callback
    def set_correction(self, battery: BatteryDevice, enabled: bool) -> None:
        """Let the node's status be corrected or not."""
        self._memory.keep_soon(battery.key, DeviceMemory(correction=enabled))
        battery.monitor.configure(self.monitor_settings(battery.key))
        battery.notify()

    def monitor_settings(self, key: DeviceKey) -> MonitorSettings:
        """Return the settings of a battery as its switches stand."""
        settings = MonitorSettings()
        if self.is_correcting(key):
            return settings
        return replace(settings, correction=replace(settings.correction, mode=CorrectionMode.OFF))
