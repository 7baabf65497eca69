"""What the tables of sensors have in common: their rows, and how far a number may move unseen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfTemperature

from .device import DeviceState
from .entity import BtrDescription, always
from .gate import Band

RATE_UNIT = "°C/min"
TEMPERATURE_BAND = Band(absolute=0.1)
PERCENT_BAND = Band(absolute=1.0)


@dataclass(frozen=True, kw_only=True)
class BtrSensorDescription[StateT](SensorEntityDescription, BtrDescription[StateT]):
    """A row of a sensor table."""

    placeholders: dict[str, str] | None = None


def scaled(value: float | None, factor: float, digits: int) -> float | None:
    """Return ``value`` times ``factor``, rounded; what is not known stays so."""
    return None if value is None else round(value * factor, digits)


def temperature[StateT](
    key: str, value_fn: Callable[[StateT], float | None], **more: Any
) -> BtrSensorDescription[StateT]:
    """Return the row of a temperature in °C; ``more`` adds to its fields or replaces them."""
    return BtrSensorDescription(
        key=key,
        **{
            "translation_key": key,
            "device_class": SensorDeviceClass.TEMPERATURE,
            "native_unit_of_measurement": UnitOfTemperature.CELSIUS,
            "state_class": SensorStateClass.MEASUREMENT,
            "suggested_display_precision": 1,
            "value_fn": lambda state: scaled(value_fn(state), 1, 2),
            "band": TEMPERATURE_BAND,
            **more,
        },
    )


def difference[StateT](
    key: str, value_fn: Callable[[StateT], float | None], **more: Any
) -> BtrSensorDescription[StateT]:
    """Return the row of a temperature difference in K."""
    return temperature(
        key,
        value_fn,
        device_class=SensorDeviceClass.TEMPERATURE_DELTA,
        native_unit_of_measurement=UnitOfTemperature.KELVIN,
        **more,
    )


def common[StateT: DeviceState](
    last_message_fn: Callable[[StateT], datetime | None], malformed_fn: Callable[[StateT], int]
) -> tuple[BtrSensorDescription[StateT], ...]:
    """Return the rows that every device has, for fault finding."""
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
