"""Numbers: every numeric setting of a bath, and settings of ours for one device."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfPower, UnitOfRatio, UnitOfTemperature, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.bath_config import SETTINGS, BathSetting, SettingKind, lookup
from .core.battery_limits import RATE_C_PER_MIN, RISK, TEMPERATURE_C
from .core.messages import DeviceKind
from .core.state import BathState
from .device import BathDevice, BatteryDevice, DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, always
from .hub import BtrConfigEntry, BtrHub
from .sensor_rows import RATE_UNIT

# Changes that came one after the other would each wait for the answer to the one before, and never be one message
PARALLEL_UPDATES = 0

HIGHEST_POWER_W: Final = 20_000
# Enough for every step of the table, and too few for the noise of 32-bit floats and of °F
_DIGITS: Final = 4


@dataclass(frozen=True, kw_only=True)
class SettingNumberDescription(NumberEntityDescription, BtrDescription[float | None]):
    """A row of a table of settings that are kept here: how one is read, and how it is set."""

    value_fn: Callable[[float | None], float | None] = lambda value: value
    get_fn: Callable[[BtrHub, Any], float | None]
    set_fn: Callable[[BtrHub, Any, float], None]


@dataclass(frozen=True, kw_only=True)
class BathNumberDescription(NumberEntityDescription, BtrDescription[BathState]):
    """The row of a setting of a bath: its dotted key, and how many of the device's units make one of ours."""

    setting: str
    factor: float


@dataclass(frozen=True, slots=True)
class _Unit:
    """How a unit of the device is shown."""

    shown: str | None = None
    factor: float = 1
    device_class: NumberDeviceClass | None = None


_UNITS: Final = {
    "ms": _Unit(UnitOfTime.SECONDS, 1000, NumberDeviceClass.DURATION),
    "°C": _Unit(UnitOfTemperature.CELSIUS, 1, NumberDeviceClass.TEMPERATURE),
    "K": _Unit(UnitOfTemperature.KELVIN, 1, NumberDeviceClass.TEMPERATURE_DELTA),
    None: _Unit(),
}


def _bath_number(setting: BathSetting) -> BathNumberDescription:
    """What is asked for is shown until the device has answered, then what it reports, whatever that is."""
    if setting.low is None or setting.high is None:
        raise ValueError(f"{setting.key} has no range")
    key, unit = setting.key.replace(".", "_"), _UNITS[setting.unit]

    def value(state: BathState) -> float | None:
        told = state.config_wanted.get(setting.key, lookup(state.config, setting.key))
        return round(told / unit.factor, _DIGITS) if isinstance(told, int | float) else None

    return BathNumberDescription(
        key=key,
        translation_key=key,
        device_class=unit.device_class,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=not setting.advanced,
        native_unit_of_measurement=unit.shown,
        native_min_value=setting.low / unit.factor,
        native_max_value=setting.high / unit.factor,
        native_step=setting.step / unit.factor,
        mode=NumberMode.BOX,
        value_fn=value,
        has_fn=lambda state: lookup(state.config, setting.key) is not None,
        setting=setting.key,
        factor=unit.factor,
    )


BATH_NUMBERS: tuple[BathNumberDescription, ...] = tuple(
    _bath_number(setting) for setting in SETTINGS if setting.kind in {SettingKind.INTEGER, SettingKind.NUMBER}
)

REMINDER_INTERVAL = SettingNumberDescription(
    key="reminder_interval",
    translation_key="reminder_interval",
    device_class=NumberDeviceClass.DURATION,
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=UnitOfTime.MINUTES,
    native_min_value=0,
    native_max_value=60,
    native_step=1,
    mode=NumberMode.BOX,
    available_fn=always,
    get_fn=lambda hub, device: hub.options.reminder_min(device.key),
    set_fn=lambda hub, device, value: hub.options.set_reminder(device, round(value)),
)
HEATER_POWER = SettingNumberDescription(
    key="heater_power_w",
    translation_key="heater_power_w",
    device_class=NumberDeviceClass.POWER,
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=UnitOfPower.WATT,
    native_min_value=0,
    native_max_value=HIGHEST_POWER_W,
    native_step=1,
    mode=NumberMode.BOX,
    available_fn=always,
    get_fn=lambda hub, bath: hub.options.heater_power_w(bath.key),
    set_fn=lambda hub, bath, value: hub.options.set_heater_power(bath, value),
)


def _risk_threshold(hub: BtrHub, battery: BatteryDevice) -> float | None:
    risk = battery.monitor.model_threshold
    return None if risk is None else round(risk * 100, _DIGITS)


RISK_THRESHOLD = SettingNumberDescription(
    key="risk_threshold",
    translation_key="risk_threshold",
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
    native_min_value=RISK.low * 100,
    native_max_value=RISK.high * 100,
    native_step=1,
    mode=NumberMode.BOX,
    available_fn=always,
    get_fn=_risk_threshold,
    set_fn=lambda hub, battery, value: hub.options.set_risk_threshold(battery, round(value / 100, _DIGITS)),
)
TEMPERATURE_LIMIT = SettingNumberDescription(
    key="temp_limit_c",
    translation_key="temp_limit_c",
    device_class=NumberDeviceClass.TEMPERATURE,
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=UnitOfTemperature.CELSIUS,
    native_min_value=TEMPERATURE_C.low,
    native_max_value=TEMPERATURE_C.high,
    native_step=0.5,
    mode=NumberMode.BOX,
    available_fn=always,
    get_fn=lambda hub, battery: hub.options.limits(battery.key).temp_c,
    set_fn=lambda hub, battery, value: hub.options.set_temp_limit(battery, round(value, _DIGITS)),
)
RATE_LIMIT = SettingNumberDescription(
    key="rate_limit_c_per_min",
    translation_key="rate_limit_c_per_min",
    entity_category=EntityCategory.CONFIG,
    native_unit_of_measurement=RATE_UNIT,
    native_min_value=RATE_C_PER_MIN.low,
    native_max_value=RATE_C_PER_MIN.high,
    native_step=1,
    mode=NumberMode.BOX,
    available_fn=always,
    get_fn=lambda hub, battery: hub.options.limits(battery.key).rate_c_per_min,
    set_fn=lambda hub, battery, value: hub.options.set_rate_limit(battery, value),
)

BATTERY_SETTINGS: tuple[SettingNumberDescription, ...] = (
    RISK_THRESHOLD,
    TEMPERATURE_LIMIT,
    RATE_LIMIT,
    REMINDER_INTERVAL,
)
BATH_SETTINGS: tuple[SettingNumberDescription, ...] = (REMINDER_INTERVAL, HEATER_POWER)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the numbers of every device."""
    tables = {DeviceKind.BATTERY: BATTERY_SETTINGS, DeviceKind.BATH: BATH_SETTINGS}
    add_entities(hass, entry, async_add_entities, Platform.NUMBER, tables, SettingNumber)
    add_entities(hass, entry, async_add_entities, Platform.NUMBER, {DeviceKind.BATH: BATH_NUMBERS}, BathNumber)


class BtrNumber[StateT: DeviceState](BtrEntity[StateT], NumberEntity):
    """One number of one device."""

    @property
    def native_value(self) -> float | None:
        """What was last written; None when it is not known."""
        value: float | None = self._value
        return value


class SettingNumber[StateT: DeviceState](BtrNumber[StateT]):
    """A setting of ours, which no state of the device holds."""

    entity_description: SettingNumberDescription

    async def async_set_native_value(self, value: float) -> None:
        """Change the setting; it survives a restart."""
        row = self.entity_description
        if not isfinite(value):
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="refused_not_number",
                translation_placeholders={"device": self.device.name, "key": row.key, "value": str(value)},
            )
        row.set_fn(self.hub, self.device, value)

    def _source(self) -> float | None:
        return self.entity_description.get_fn(self.hub, self.device)


class BathNumber(BtrNumber[BathState]):
    """A setting of a bath, changed at the device."""

    device: BathDevice
    entity_description: BathNumberDescription

    async def async_set_native_value(self, value: float) -> None:
        """Ask for a change; together with others of the same second it is one message."""
        row = self.entity_description
        change = {row.setting: round(value * row.factor, _DIGITS)}
        await self.hub.commands.async_change_config(self.device, change)
