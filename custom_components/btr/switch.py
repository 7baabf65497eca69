"""Switches: the outputs of a bath, its emergency stop and modes, the correction of a battery node, drills.

No switch here is optimistic: an output is what the device reports, and stays so until it reports something else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.bath_config import lookup
from .core.messages import DeviceKind, Output
from .core.state import BathState, BatteryState
from .device import AnyDevice, BathDevice, BatteryDevice, DeviceState
from .entity import BtrDescription, BtrEntity, add_entities, always
from .hub import BtrConfigEntry, BtrHub

# A stop must not wait behind a command whose answer the broker owes: commands may overtake each other here
PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class BtrSwitchDescription[StateT, DeviceT](SwitchEntityDescription, BtrDescription[StateT]):
    """A row of a switch table; ``set_fn`` turns it on or off and raises what the user is to see."""

    set_fn: Callable[[BtrHub, DeviceT, bool], Awaitable[None]]


type _BathRow = BtrSwitchDescription[BathState, BathDevice]


def _output(output: Output) -> _BathRow:
    async def switch(hub: BtrHub, bath: BathDevice, on: bool) -> None:
        await hub.commands.async_set_output(bath, output, on)

    return BtrSwitchDescription(
        key=output.value,
        translation_key=output.value,
        value_fn=lambda state: state.outputs.get(output),
        set_fn=switch,
    )


async def _set_emergency(hub: BtrHub, bath: BathDevice, on: bool) -> None:
    """Engage only. A scene, a group or "turn everything off" ends here as well, and none of them may release a stop."""
    if not on:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="release_with_button",
            translation_placeholders={"device": bath.name},
        )
    await hub.commands.async_set_emergency(bath, engaged=True)


def _is_stopped(state: BathState) -> bool | None:
    return True if state.emergency_wanted else state.emergency


async def _set_setpoint_mode(hub: BtrHub, bath: BathDevice, on: bool) -> None:
    await hub.commands.async_change_config(bath, {"bath_setpoint": {"enabled": on}})


async def _set_aeration_timer(hub: BtrHub, bath: BathDevice, on: bool) -> None:
    await hub.commands.async_change_config(bath, {"aeration_timer": {"enabled": on}})


def _has_aeration_timer(state: BathState) -> bool:
    return _aeration_timer(state) is not None


def _aeration_timer(state: BathState) -> bool | None:
    enabled = lookup(state.config, "aeration_timer.enabled")
    return enabled if isinstance(enabled, bool) else None


BATH_SWITCHES: tuple[_BathRow, ...] = (
    *(_output(output) for output in Output),
    BtrSwitchDescription(
        key="emergency",
        translation_key="emergency",
        value_fn=_is_stopped,
        available_fn=always,
        set_fn=_set_emergency,
    ),
    BtrSwitchDescription(
        key="setpoint_mode",
        translation_key="setpoint_mode",
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda state: state.setpoint_mode,
        set_fn=_set_setpoint_mode,
    ),
    BtrSwitchDescription(
        key="aeration_timer",
        translation_key="aeration_timer",
        entity_category=EntityCategory.CONFIG,
        value_fn=_aeration_timer,
        has_fn=_has_aeration_timer,
        set_fn=_set_aeration_timer,
    ),
)


async def _set_correction(hub: BtrHub, battery: BatteryDevice, on: bool) -> None:
    hub.options.set_correction(battery, on)


async def _set_drill(hub: BtrHub, device: AnyDevice, on: bool) -> None:
    await hub.commands.async_drill(device, on)


DRILL_SWITCHES: tuple[BtrSwitchDescription[DeviceState, AnyDevice], ...] = (
    BtrSwitchDescription(
        key="drill",
        translation_key="drill",
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda state: state.alarm.drill,
        available_fn=always,
        set_fn=_set_drill,
    ),
)

BATTERY_SWITCHES: tuple[BtrSwitchDescription[bool, BatteryDevice], ...] = (
    BtrSwitchDescription(
        key="correction",
        translation_key="correction",
        entity_category=EntityCategory.CONFIG,
        value_fn=lambda enabled: enabled,
        available_fn=always,
        set_fn=_set_correction,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the switches of every device."""
    tables = {DeviceKind.BATTERY: DRILL_SWITCHES, DeviceKind.BATH: (*BATH_SWITCHES, *DRILL_SWITCHES)}
    add_entities(hass, entry, async_add_entities, Platform.SWITCH, tables, BtrSwitch)
    correction = {DeviceKind.BATTERY: BATTERY_SWITCHES}
    add_entities(hass, entry, async_add_entities, Platform.SWITCH, correction, CorrectionSwitch)


class BtrSwitch[StateT: DeviceState](BtrEntity[StateT], SwitchEntity):
    """One switch of one device."""

    entity_description: BtrSwitchDescription[Any, Any]

    @property
    def is_on(self) -> bool | None:
        """What was last written; None when it is not known."""
        value: bool | None = self._value
        return value

    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn it on."""
        await self.entity_description.set_fn(self.hub, self.device, True)

    async def async_turn_off(self, **kwargs: Any) -> None:
        """Turn it off."""
        await self.entity_description.set_fn(self.hub, self.device, False)


class CorrectionSwitch(BtrSwitch[BatteryState]):
    """Whether BTR may correct the node's status: a setting of ours, which no state of the device holds."""

    def _source(self) -> bool:
        return self.hub.options.is_correcting(self.device.key)
