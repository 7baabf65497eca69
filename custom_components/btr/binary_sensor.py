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

from .core.messages import DeviceKind, Output
from .core.state import BathState, BatteryState
from .device import DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, while_assessed, while_online
from .hub import BtrConfigEntry

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BtrBinarySensorDescription[StateT](BinarySensorEntityDescription, BtrDescription[StateT]):
    """A row of a binary sensor table."""


BATTERY_BINARY_SENSORS: tuple[BtrBinarySensorDescription[BatteryState], ...] = (
    BtrBinarySensorDescription(
        key="thermal_runaway",
        translation_key="thermal_runaway",
        device_class=BinarySensorDeviceClass.SAFETY,
        value_fn=lambda state: state.alarm.active,
        available_fn=while_assessed,
    ),
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
    BtrBinarySensorDescription(
        key="alarm",
        translation_key="alarm",
        device_class=BinarySensorDeviceClass.SAFETY,
        value_fn=lambda state: state.alarm.active,
        available_fn=while_assessed,
    ),
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


class BtrBinarySensor[StateT: DeviceState](BtrEntity[StateT], BinarySensorEntity):
    """One yes or no of one device."""

    entity_description: BtrBinarySensorDescription[Any]

    @property
    def is_on(self) -> bool | None:
        """The value that was last written; None when it is not known."""
        value: bool | None = self._value
        return value
