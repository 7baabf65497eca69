"""Sensors: what the devices measure, and what BTR makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.components.sensor import (
    SensorDeviceClass,
    SensorEntity,
    SensorEntityDescription,
    SensorStateClass,
)
from homeassistant.const import (
    EntityCategory,
    Platform,
    UnitOfFrequency,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.typing import StateType

from .core.messages import DeviceKind, Level
from .core.state import BathState, BatteryState, Cause, ConfigSync
from .device import DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, always, while_assessed
from .gate import Band
from .hub import BtrConfigEntry, BtrHub
from .risk_monitor import EngineStatus

PARALLEL_UPDATES = 0

MAX_OUTLETS = 16
LEVELS = [level.key for level in Level if level is not Level.UNKNOWN]
ENGINES = ["onnxruntime", "numpy", "rules"]
MODES = ["setpoint", "n_curve"]

TEMPERATURE_BAND = Band(absolute=0.1)
GAS_BAND = Band(absolute=1.0, relative=0.02)
PERCENT_BAND = Band(absolute=1.0)
# A PT100's noise of 0.05 K is 2 °C/min in a rate over two seconds; the hard limit is at 60.
RATE_BAND = Band(absolute=4.0, relative=0.1)


@dataclass(frozen=True, kw_only=True)
class BtrSensorDescription[StateT](SensorEntityDescription, BtrDescription[StateT]):
    """A row of a sensor table."""

    placeholders: dict[str, str] | None = None


def _scaled(value: float | None, factor: float, digits: int) -> float | None:
    return None if value is None else round(value * factor, digits)


def _level(level: Level) -> str | None:
    """No evidence is Home Assistant's own unknown."""
    return None if level is Level.UNKNOWN else level.key


def _temperature[StateT](
    key: str, value_fn: Callable[[StateT], float | None], **more: Any
) -> BtrSensorDescription[StateT]:
    return BtrSensorDescription(
        key=key,
        **{
            "translation_key": key,
            "device_class": SensorDeviceClass.TEMPERATURE,
            "native_unit_of_measurement": UnitOfTemperature.CELSIUS,
            "state_class": SensorStateClass.MEASUREMENT,
            "suggested_display_precision": 1,
            "value_fn": lambda state: _scaled(value_fn(state), 1, 2),
            "band": TEMPERATURE_BAND,
            **more,
        },
    )


def _difference[StateT](
    key: str, value_fn: Callable[[StateT], float | None], **more: Any
) -> BtrSensorDescription[StateT]:
    return _temperature(
        key,
        value_fn,
        device_class=SensorDeviceClass.TEMPERATURE_DELTA,
        native_unit_of_measurement=UnitOfTemperature.KELVIN,
        **more,
    )


def _gas(key: str, value_fn: Callable[[BatteryState], float | None]) -> BtrSensorDescription[BatteryState]:
    """Parts per million as the node reports them; no device class, since nothing calibrates them."""
    return BtrSensorDescription(
        key=key,
        translation_key=key,
        native_unit_of_measurement=UnitOfRatio.PARTS_PER_MILLION,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda state: _scaled(value_fn(state), 1, 1),
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
        value_fn=lambda state: _scaled(value_fn(state), 100, 1),
        band=PERCENT_BAND,
    )


def _common[StateT: DeviceState](
    last_message_fn: Callable[[StateT], datetime | None], malformed_fn: Callable[[StateT], int]
) -> tuple[BtrSensorDescription[StateT], ...]:
    return (
        BtrSensorDescription(
            key="last_message_at",
            translation_key="last_message_at",
            device_class=SensorDeviceClass.TIMESTAMP,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            value_fn=last_message_fn,
            available_fn=always,
            band=Band(absolute=1.0),
        ),
        BtrSensorDescription(
            key="malformed_messages",
            translation_key="malformed_messages",
            state_class=SensorStateClass.TOTAL_INCREASING,
            entity_category=EntityCategory.DIAGNOSTIC,
            entity_registry_enabled_default=False,
            value_fn=malformed_fn,
            available_fn=always,
            band=Band(absolute=1.0),
        ),
    )


BATTERY_SENSORS: tuple[BtrSensorDescription[BatteryState], ...] = (
    _temperature("temp_internal_c", lambda state: state.temp_internal_c),
    _temperature("temp_ambient_c", lambda state: state.temp_ambient_c),
    _temperature(
        "max30105_temp_c",
        lambda state: state.max30105_temp_c,
        has_fn=lambda state: state.max30105_temp_c is not None,
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=False,
    ),
    BtrSensorDescription(
        key="rate_c_per_min",
        translation_key="rate_c_per_min",
        native_unit_of_measurement="°C/min",
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda state: _scaled(state.rate_c_per_s, 60, 1),
        band=RATE_BAND,
    ),
    BtrSensorDescription(
        key="humidity_percent",
        translation_key="humidity_percent",
        device_class=SensorDeviceClass.HUMIDITY,
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda state: _scaled(state.humidity_percent, 1, 1),
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
        value_fn=lambda state: _scaled(state.voc_index, 1, 1),
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
        value_fn=lambda state: _scaled(state.time_to_80_s, 1, 0),
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
        value_fn=lambda state: _scaled(state.message_rate_hz, 1, 2),
        band=Band(absolute=0.1),
    ),
    *_common(lambda state: state.last_message_at, lambda state: state.malformed_messages),
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


def _outlet(number: int) -> BtrSensorDescription[BathState]:
    return _temperature(
        f"outlet_{number}_c",
        lambda state: state.outlets_c.get(number),
        has_fn=lambda state: number in state.outlets_c,
        translation_key="outlet_c",
        placeholders={"number": str(number)},
    )


def _mode(state: BathState) -> str | None:
    """What the firmware says, else what its settings make it do."""
    if state.mode in MODES:
        return state.mode
    return None if state.setpoint_mode is None else MODES[not state.setpoint_mode]


BATH_SENSORS: tuple[BtrSensorDescription[BathState], ...] = (
    _temperature("core_c", lambda state: state.core_c, has_fn=lambda state: state.core_c is not None),
    *(_outlet(number) for number in range(1, MAX_OUTLETS + 1)),
    _temperature("bath_c", lambda state: state.bath_c),
    _temperature("tank_c", lambda state: state.tank_c),
    _difference("tank_minus_bath_k", lambda state: state.tank_minus_bath_k),
    BtrSensorDescription(
        key="mode",
        translation_key="mode",
        device_class=SensorDeviceClass.ENUM,
        options=MODES,
        value_fn=_mode,
    ),
    BtrSensorDescription(
        key="reason",
        translation_key="reason",
        value_fn=lambda state: state.reason,
        has_fn=lambda state: state.reason is not None,
    ),
    _difference(
        "boost_k",
        lambda state: state.boost_k,
        has_fn=lambda state: state.boost_k is not None,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    _difference(
        "d_on_k",
        lambda state: state.d_on_k,
        has_fn=lambda state: state.d_on_k is not None,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    BtrSensorDescription(
        key="next_aeration_at",
        translation_key="next_aeration_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda state: state.next_aeration_at,
        band=Band(absolute=5.0),
    ),
    BtrSensorDescription(
        key="heater_on_s",
        translation_key="heater_on_s",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        value_fn=lambda state: round(state.heater_on_s),
        band=Band(absolute=30.0),
    ),
    BtrSensorDescription(
        key="heater_cycles",
        translation_key="heater_cycles",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda state: state.heater_cycles,
        band=Band(absolute=1.0),
    ),
    BtrSensorDescription(
        key="duty_cycle",
        translation_key="duty_cycle",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda state: _scaled(state.duty_cycle, 100, 1),
        band=PERCENT_BAND,
    ),
    BtrSensorDescription(
        key="config_sync",
        translation_key="config_sync",
        device_class=SensorDeviceClass.ENUM,
        options=[sync.value for sync in ConfigSync],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda state: state.config_sync.value,
    ),
    *_common(lambda state: state.last_message_at, lambda state: state.malformed_messages),
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
        return None if reason is None else {"reason": reason}

    def _source(self) -> EngineStatus:
        status: EngineStatus = self.hub.risk.status_of(self.device.key)
        return status
