"""Numbers: settings of ours for one device."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.components.number import NumberDeviceClass, NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import EntityCategory, Platform, UnitOfTime
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.messages import DeviceKey, DeviceKind
from .device import AnyDevice, DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, always
from .hub import BtrConfigEntry, BtrHub

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class SettingNumberDescription(NumberEntityDescription, BtrDescription[float]):
    """A row of a table of settings that are kept here: how one is read, and how it is set."""

    value_fn: Callable[[float], float] = lambda value: value
    get_fn: Callable[[BtrHub, DeviceKey], float]
    set_fn: Callable[[BtrHub, AnyDevice, float], None]


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
    get_fn=lambda hub, key: hub.reminder_min(key),
    set_fn=lambda hub, device, value: hub.set_reminder(device, round(value)),
)

SETTINGS: tuple[SettingNumberDescription, ...] = (REMINDER_INTERVAL,)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the numbers of every device."""
    tables = {DeviceKind.BATTERY: SETTINGS, DeviceKind.BATH: SETTINGS}
    add_entities(hass, entry, async_add_entities, Platform.NUMBER, tables, SettingNumber)


class SettingNumber[StateT: DeviceState](BtrEntity[StateT], NumberEntity):
    """A setting of ours, which no state of the device holds."""

    entity_description: SettingNumberDescription

    @property
    def native_value(self) -> float | None:
        """The setting."""
        value: float | None = self._value
        return value

    async def async_set_native_value(self, value: float) -> None:
        """Change the setting; it survives a restart."""
        device: Any = self.device
        self.entity_description.set_fn(self.hub, device, value)

    def _source(self) -> float:
        return self.entity_description.get_fn(self.hub, self.device.key)
