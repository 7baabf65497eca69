"""Sensors: what the devices measure, and what BTR makes of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    Platform,
    UnitOfFrequency,
    UnitOfRatio,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .bath_sensors import BATH_SENSORS
from .core.messages import DeviceKind, Level
from .core.state import BatteryState, Cause
from .device import DeviceState
from .entity import BtrEntity, add_entities, always, while_assessed
from .gate import Band
from .hub import BtrConfigEntry, BtrHub
from .risk_monitor import EngineStatus
from .sensor_rows import PERCENT_BAND, RATE_UNIT, BtrSensorDescription, common, scaled, temperature

PARALLEL_UPDATES = 0

LEVELS = [level.key for level in Level if level is not Level.UNKNOWN]
ENGINES = ["onnxruntime", "numpy", "rules"]

# An installer may give a page of reasons; a row of the database is no log
LONGEST_REASON = 255

GAS_BAND = Band(absolute=1.0, relative=0.02)
# A PT100's noise of 0.05 K is 2 °C/min in a rate over two seconds; the hard limit is at 60.
RATE_BAND = Band(absolute=4.0, relative=0.1)


def _level(level: Level) -> str | None:
    """No evidence is Home Assistant's own unknown."""
    return None if level is Level.UNKNOWN else level.key


def _gas(key: str, value_fn: Callable[[BatteryState], float | None]) -> BtrSensorDescription[BatteryState]:
    """Parts per million as the node reports them; no device class, since nothing calibrates them."""
    return BtrSensorDescription(
        key=key,
        translation_key=key,
        native_unit_of_measurement=UnitOfRatio.PARTS_PER_MILLION,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda state: scaled(value_fn(state), 1, 1),
        has_fn=lambda state: value_fn(state) is not None,
        band=GAS_BAND,
    )


def _risk(
    key: str, value_fn: Callable[[BatteryState], float | None], *, enabled: bool = True
) -> BtrSensorDescription[BatteryState]:
    return BtrSensorDescription(
        key=key,
        translation_key=key,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        entity_registry_enabled_default=enabled,
        value_fn=lambda state: scaled(value_fn(state), 100, 1),
        band=PERCENT_BAND,
    )


BATTERY_SENSORS: tuple[BtrSensorDescription[BatteryState], ...] = (
    temperature("temp_internal_c", lambda state: state.temp_internal_c),
    temperature("temp_ambient_c", lambda state: state.temp_ambient_c),
    temperature(
        "max30105_temp_c",
        lambda state: state.max30105_temp_c,
        has_fn=lambda state: state.max30105_temp_c is not None,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    BtrSensorDescription(
        key="rate_c_per_min",
        translation_key="rate_c_per_min",
        native_unit_of_measurement=RATE_UNIT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda state: scaled(state.rate_c_per_s, 60, 1),
        band=RATE_BAND,
    ),
    BtrSensorDescription(
        key="humidity_percent",
        translation_key="humidity_percent",
        device_class=SensorDeviceClass.HUMIDITY,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda state: scaled(state.humidity_percent, 1, 1),
        has_fn=lambda state: state.humidity_percent is not None,
        band=PERCENT_BAND,
    ),
    _gas("mq2_ppm", lambda state: state.mq2_ppm),
    _gas("mq4_ppm", lambda state: state.mq4_ppm),
    _gas("mq7_ppm", lambda state: state.mq7_ppm),
    _gas("mq8_ppm", lambda state: state.mq8_ppm),
    BtrSensorDescription(
        key="voc_index",
        translation_key="voc_index",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda state: scaled(state.voc_index, 1, 1),
        has_fn=lambda state: state.voc_index is not None,
        band=GAS_BAND,
    ),
    BtrSensorDescription(
        key="max30105_smoke",
        translation_key="max30105_smoke",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.max30105_smoke,
        has_fn=lambda state: state.max30105_smoke is not None,
        band=GAS_BAND,
    ),
    _risk("risk", lambda state: state.risk),
    _risk("risk_internal", lambda state: state.risk_internal, enabled=False),
    _risk("risk_ambient", lambda state: state.risk_ambient, enabled=False),
    _risk("shadow_risk", lambda state: state.shadow.risk if state.shadow else None, enabled=False),
    BtrSensorDescription(
        key="shadow_differences",
        translation_key="shadow_differences",
        state_class=SensorStateClass.TOTAL_INCREASING,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        value_fn=lambda state: state.shadow.differing if state.shadow else None,
        band=Band(absolute=1.0),
    ),
    BtrSensorDescription(
        key="level",
        translation_key="level",
        device_class=SensorDeviceClass.ENUM,
        options=LEVELS,
        value_fn=lambda state: _level(state.alarm.level),
        available_fn=while_assessed,
    ),
    BtrSensorDescription(
        key="local_status",
        translation_key="local_status",
        device_class=SensorDeviceClass.ENUM,
        options=LEVELS,
        value_fn=lambda state: _level(state.local_status),
    ),
    BtrSensorDescription(
        key="cause",
        translation_key="cause",
        device_class=SensorDeviceClass.ENUM,
        options=[cause.value for cause in Cause],
        value_fn=lambda state: state.alarm.cause.value,
        available_fn=while_assessed,
    ),
    BtrSensorDescription(
        key="time_to_80_s",
        translation_key="time_to_80_s",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_display_precision=0,
        value_fn=lambda state: scaled(state.time_to_80_s, 1, 0),
        band=Band(absolute=5.0, relative=0.05),
    ),
    BtrSensorDescription(
        key="message_rate_hz",
        translation_key="message_rate_hz",
        device_class=SensorDeviceClass.FREQUENCY,
        native_unit_of_measurement=UnitOfFrequency.HERTZ,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=1,
        value_fn=lambda state: scaled(state.message_rate_hz, 1, 2),
        band=Band(absolute=0.1),
    ),
    *common(lambda state: state.last_message_at, lambda state: state.malformed_messages),
)

ENGINE_SENSORS: tuple[BtrSensorDescription[EngineStatus], ...] = (
    BtrSensorDescription(
        key="engine",
        translation_key="engine",
        device_class=SensorDeviceClass.ENUM,
        options=ENGINES,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda status: status.engine,
        available_fn=always,
    ),
    BtrSensorDescription(
        key="model",
        translation_key="model",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda status: status.model,
        available_fn=always,
    ),
    BtrSensorDescription(
        key="inference_ms",
        translation_key="inference_ms",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.MILLISECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
        suggested_display_precision=1,
        value_fn=lambda status: status.inference_ms,
        available_fn=always,
        band=Band(absolute=0.5, relative=0.2),
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the sensors of every device."""
    tables = {DeviceKind.BATTERY: BATTERY_SENSORS, DeviceKind.BATH: BATH_SENSORS}
    add_entities(hass, entry, async_add_entities, Platform.SENSOR, tables, BtrSensor)
    engine = {DeviceKind.BATTERY: ENGINE_SENSORS}
    add_entities(hass, entry, async_add_entities, Platform.SENSOR, engine, EngineSensor)


class BtrSensor[StateT: DeviceState](BtrEntity[StateT], SensorEntity):
    """One value of one device."""

    entity_description: BtrSensorDescription[Any]

    def __init__(self, hub: BtrHub, device: Any, description: BtrSensorDescription[Any]) -> None:
        """Name it by its translation, with the number of the channel where there are several."""
        super().__init__(hub, device, description)
        if description.placeholders is not None:
            self._attr_translation_placeholders = description.placeholders

    @property
    def native_value(self) -> StateType | datetime:
        """The value that was last worth writing."""
        value: StateType | datetime = self._value
        return value


class EngineSensor(BtrSensor[BatteryState]):
    """What is at work behind the risk of a battery, and why nothing better is."""

    @property
    def extra_state_attributes(self) -> dict[str, str] | None:
        """Why it is not the best engine, if it is not."""
        reason = self._source().reason
        return None if reason is None else {"reason": reason[:LONGEST_REASON]}

    def _source(self) -> EngineStatus:
        status: EngineStatus = self.hub.risk.status_of(self.device.key)
        return status
