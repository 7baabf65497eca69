"""Buttons: acknowledge or snooze an alarm, save a recording, give a bath back to its automatic control, end a stop."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.alarm_life import SNOOZE_S
from .core.messages import DeviceKind, Output
from .core.state import BathState, BatteryState
from .device import AnyDevice, BathDevice, BatteryDevice, DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, always
from .hub import BtrConfigEntry, BtrHub

# A stop must not wait behind a command whose answer the broker owes: commands may overtake each other here
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BtrButtonDescription[StateT, DeviceT](ButtonEntityDescription, BtrDescription[StateT]):
    """A row of a button table."""

    press_fn: Callable[[BtrHub, DeviceT], Awaitable[None]]


async def _acknowledge(hub: BtrHub, device: AnyDevice) -> None:
    await hub.commands.async_acknowledge(device)


async def _snooze(hub: BtrHub, device: AnyDevice) -> None:
    await hub.commands.async_snooze(device, timedelta(seconds=SNOOZE_S))


async def _save_recording(hub: BtrHub, battery: BatteryDevice) -> None:
    await hub.recordings.async_save(battery)


async def _resume_automatic(hub: BtrHub, bath: BathDevice) -> None:
    await hub.commands.async_resume_automatic(bath, *Output)


async def _release_emergency(hub: BtrHub, bath: BathDevice) -> None:
    await hub.commands.async_set_emergency(bath, engaged=False)


ALARM_BUTTONS: tuple[BtrButtonDescription[DeviceState, AnyDevice], ...] = (
    BtrButtonDescription(
        key="acknowledge",
        translation_key="acknowledge",
        value_fn=lambda _: None,
        available_fn=always,
        press_fn=_acknowledge,
    ),
    BtrButtonDescription(
        key="snooze",
        translation_key="snooze",
        value_fn=lambda _: None,
        available_fn=always,
        press_fn=_snooze,
    ),
)

BATTERY_BUTTONS: tuple[BtrButtonDescription[BatteryState, BatteryDevice], ...] = (
    BtrButtonDescription(
        key="save_recording",
        translation_key="save_recording",
        value_fn=lambda _: None,
        available_fn=always,
        press_fn=_save_recording,
    ),
)

BATH_BUTTONS: tuple[BtrButtonDescription[BathState, BathDevice], ...] = (
    BtrButtonDescription(
        key="resume_automatic",
        translation_key="resume_automatic",
        value_fn=lambda _: None,
        press_fn=_resume_automatic,
    ),
    BtrButtonDescription(
        key="release_emergency",
        translation_key="release_emergency",
        value_fn=lambda _: None,
        available_fn=always,
        press_fn=_release_emergency,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of every device."""
    tables = {DeviceKind.BATTERY: (*ALARM_BUTTONS, *BATTERY_BUTTONS), DeviceKind.BATH: (*ALARM_BUTTONS, *BATH_BUTTONS)}
    add_entities(hass, entry, async_add_entities, Platform.BUTTON, tables, BtrButton)


class BtrButton[StateT: DeviceState](BtrEntity[StateT], ButtonEntity):
    """One deliberate act on one device."""

    entity_description: BtrButtonDescription[Any, Any]

    async def async_press(self) -> None:
        """Do it."""
        await self.entity_description.press_fn(self.hub, self.device)
