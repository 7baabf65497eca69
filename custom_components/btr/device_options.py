"""Settings of ours for one device, which no state of the device holds; they survive a restart."""

from homeassistant.core import callback

from .core.alarm_life import REMIND_S
from .core.battery import MonitorSettings
from .core.battery_limits import BatteryLimits, limits_from_plain
from .core.correction import CorrectionMode, CorrectionSettings
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

    def correction_mode(self, key: DeviceKey) -> CorrectionMode:
        """Return how the status of this battery may be corrected."""
        if not self.is_correcting(key):
            return CorrectionMode.OFF
        kept = self._memory.of(key).get("correction_mode", CorrectionMode.BOTH.value)
        return CorrectionMode(kept) if kept in CorrectionMode else CorrectionMode.BOTH

    @callback
    def set_correction(self, battery: BatteryDevice, enabled: bool) -> None:
        """Let the node's status be corrected or not; on is how it was corrected last."""
        self._change(battery, DeviceMemory(correction=enabled))

    @callback
    def set_correction_mode(self, battery: BatteryDevice, mode: CorrectionMode) -> None:
        """Choose how the node's status may be corrected."""
        if mode is CorrectionMode.OFF:
            self.set_correction(battery, enabled=False)
        else:
            self._change(battery, DeviceMemory(correction=True, correction_mode=mode.value))

    def limits(self, key: DeviceKey) -> BatteryLimits:
        """Return the limits of a battery."""
        kept = self._memory.of(key)
        return limits_from_plain(
            kept.get("temp_limit_c"), kept.get("rate_limit_c_per_min"), kept.get("risk_thresholds")
        )

    @callback
    def set_temp_limit(self, battery: BatteryDevice, temp_c: float) -> None:
        """Choose the temperature of a cell that alone is danger."""
        self._change(battery, DeviceMemory(temp_limit_c=temp_c))

    @callback
    def set_rate_limit(self, battery: BatteryDevice, rate_c_per_min: float) -> None:
        """Choose the rate of rise that alone is danger."""
        self._change(battery, DeviceMemory(rate_limit_c_per_min=rate_c_per_min))

    @callback
    def set_risk_threshold(self, battery: BatteryDevice, risk: float) -> None:
        """Choose the probability 0..1 from which the model at work says danger; every model has its own."""
        limits = self.limits(battery.key).with_risk(battery.monitor.card, risk)
        self._change(battery, DeviceMemory(risk_thresholds=dict(limits.risks)))

    def monitor_settings(self, key: DeviceKey) -> MonitorSettings:
        """Return the settings of a battery as its switches and numbers stand."""
        return MonitorSettings(
            alarm=self.limits(key).alarm_settings, correction=CorrectionSettings(self.correction_mode(key))
        )

    def _change(self, battery: BatteryDevice, facts: DeviceMemory) -> None:
        self._memory.keep_soon(battery.key, facts)
        battery.monitor.configure(self.monitor_settings(battery.key))
        battery.notify()
