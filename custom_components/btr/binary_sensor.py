"""Binary sensors: the alarm, findings and faults, and what a bath reports of its outputs."""

from dataclasses import dataclass
from typing import Any

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import ATTR_ACKNOWLEDGED, ATTR_ALARM_LEVEL
from .core.messages import DeviceKind, Output
from .core.state import NO_ALARM, AlarmRecord, BathState, BatteryState
from .device import DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, while_assessed, while_online
from .hub import BtrConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BtrBinarySensorDescription[StateT](BinarySensorEntityDescription, BtrDescription[StateT]):
    """A row of a binary sensor table."""


def _while_alarmed(state: DeviceState, connected: bool) -> bool:
    """A warning stands as well when its device falls silent."""
    return while_assessed(state, connected) or state.alarm.record.is_open


def _alarm[StateT: DeviceState](key: str) -> BtrBinarySensorDescription[StateT]:
    return BtrBinarySensorDescription(
        key=key,
        translation_key=key,
        device_class=BinarySensorDeviceClass.SAFETY,
        value_fn=lambda state: state.alarm.record,
        available_fn=_while_alarmed,
    )


BATTERY_ALARMS: tuple[BtrBinarySensorDescription[BatteryState], ...] = (_alarm("thermal_runaway"),)
BATH_ALARMS: tuple[BtrBinarySensorDescription[BathState], ...] = (_alarm("alarm"),)

BATTERY_BINARY_SENSORS: tuple[BtrBinarySensorDescription[BatteryState], ...] = (
    BtrBinarySensorDescription(
        key="gas",
        translation_key="gas",
        device_class=BinarySensorDeviceClass.GAS,
        value_fn=lambda state: state.gas,
    ),
    BtrBinarySensorDescription(
        key="smoke",
        translation_key="smoke",
        device_class=BinarySensorDeviceClass.SMOKE,
        value_fn=lambda state: state.smoke,
    ),
    BtrBinarySensorDescription(
        key="sensor_fault",
        translation_key="sensor_fault",
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda state: state.sensor_fault,
    ),
)


def _running(output: Output) -> BtrBinarySensorDescription[BathState]:
    return BtrBinarySensorDescription(
        key=output.value,
        translation_key=output.value,
        device_class=BinarySensorDeviceClass.RUNNING,
        value_fn=lambda state: state.outputs.get(output),
    )


def _manual(output: Output) -> BtrBinarySensorDescription[BathState]:
    return BtrBinarySensorDescription(
        key=f"manual_{output}",
        translation_key=f"manual_{output}",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda state: state.manual.get(output),
    )


BATH_BINARY_SENSORS: tuple[BtrBinarySensorDescription[BathState], ...] = (
    *(_running(output) for output in Output),
    BtrBinarySensorDescription(
        key="probe_fault",
        translation_key="probe_fault",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=lambda state: state.probe_fault,
    ),
    BtrBinarySensorDescription(
        key="no_gain",
        translation_key="no_gain",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=lambda state: state.no_gain,
    ),
    BtrBinarySensorDescription(
        key="relay_stuck",
        translation_key="relay_stuck",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=lambda state: state.relay_stuck,
    ),
    BtrBinarySensorDescription(
        key="silent_heater",
        translation_key="silent_heater",
        device_class=BinarySensorDeviceClass.PROBLEM,
        value_fn=lambda state: state.silent_heater,
        available_fn=lambda state, connected: state.silent_heater or while_online(state, connected),
    ),
    *(_manual(output) for output in Output),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the binary sensors of every device."""
    tables = {DeviceKind.BATTERY: BATTERY_BINARY_SENSORS, DeviceKind.BATH: BATH_BINARY_SENSORS}
    add_entities(hass, entry, async_add_entities, Platform.BINARY_SENSOR, tables, BtrBinarySensor)
    alarms = {DeviceKind.BATTERY: BATTERY_ALARMS, DeviceKind.BATH: BATH_ALARMS}
    add_entities(hass, entry, async_add_entities, Platform.BINARY_SENSOR, alarms, AlarmBinarySensor)


class BtrBinarySensor[StateT: DeviceState](BtrEntity[StateT], BinarySensorEntity):
    """One yes or no of one device."""

    entity_description: BtrBinarySensorDescription[Any]

    @property
    def is_on(self) -> bool | None:
        """The value that was last written; None when it is not known."""
        value: bool | None = self._value
        return value


class AlarmBinarySensor[StateT: DeviceState](BtrBinarySensor[StateT]):
    """Whether a danger is latched, and what of the alarm a danger does not tell."""

    @property
    def is_on(self) -> bool:
        """Whether the alarm has been a danger."""
        return self._record.is_latched

    @property
    def extra_state_attributes(self) -> dict[str, str | bool]:
        """The highest level of the alarm, and whether somebody has seen it."""
        record = self._record
        level = record.peak.key if record.is_open else "none"
        return {ATTR_ALARM_LEVEL: level, ATTR_ACKNOWLEDGED: record.acknowledged}

    @property
    def _record(self) -> AlarmRecord:
        return self._value or NO_ALARM
