"""Numbers: every numeric setting of a bath, and settings of ours for one device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfPower, UnitOfTemperature, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.bath_config import SETTINGS, BathSetting, SettingKind, lookup
from .core.messages import DeviceKey, DeviceKind
from .core.state import BathState
from .device import BathDevice, DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, always
from .hub import BtrConfigEntry, BtrHub

PARALLEL_UPDATES = 1

HIGHEST_POWER_W: Final = 20_000
# Enough for every step of the table, and too few for the noise of 32-bit floats and of °F
_DIGITS: Final = 4


@dataclass(frozen=True, kw_only=True)
class SettingNumberDescription(NumberEntityDescription, BtrDescription[float]):
    """A row of a table of settings that are kept here: how one is read, and how it is set."""

    value_fn: Callable[[float], float] = lambda value: value
    get_fn: Callable[[BtrHub, DeviceKey], float]
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
    get_fn=lambda hub, key: hub.options.reminder_min(key),
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
    get_fn=lambda hub, key: hub.options.heater_power_w(key),
    set_fn=lambda hub, bath, value: hub.options.set_heater_power(bath, value),
)

BATTERY_SETTINGS: tuple[SettingNumberDescription, ...] = (REMINDER_INTERVAL,)
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
        self.entity_description.set_fn(self.hub, self.device, value)

    def _source(self) -> float:
        return self.entity_description.get_fn(self.hub, self.device.key)


class BathNumber(BtrNumber[BathState]):
    """A setting of a bath, changed at the device."""

    entity_description: BathNumberDescription

    def __init__(self, hub: BtrHub, device: BathDevice, description: BathNumberDescription) -> None:
        """Keep the bath under its own type, for its commands."""
        super().__init__(hub, device, description)
        self._bath = device

    async def async_set_native_value(self, value: float) -> None:
        """Ask for a change; together with others of the same second it is one message."""
        row = self.entity_description
        change = {row.setting: round(value * row.factor, _DIGITS)}
        await self.hub.commands.async_run(self._bath, lambda now_s: self._bath.controller.change_config(change, now_s))
