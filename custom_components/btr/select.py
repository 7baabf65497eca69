"""Selects: who controls an output of a bath; how a battery node is corrected, and which models judge and watch it."""

from dataclasses import dataclass
from typing import Any

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.correction import CorrectionMode
from .core.errors import EngineError, ModelCardError
from .core.messages import DeviceKind, Output
from .core.state import BathState, BatteryState, Control
from .device import BathDevice, BatteryDevice
from .entity import BtrDescription, BtrEntity, add_entities, always
from .hub import BtrConfigEntry
from .risk_monitor import ModelMenu, Role

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class ModelSelectDescription(SelectEntityDescription, BtrDescription[ModelMenu]):
    """A row of a table of models; ``role`` is what the chosen model does."""

    role: Role


@dataclass(frozen=True, kw_only=True)
class PolicySelectDescription(SelectEntityDescription, BtrDescription[CorrectionMode]):
    """The row of the correction policy."""


@dataclass(frozen=True, kw_only=True)
class ControlSelectDescription(SelectEntityDescription, BtrDescription[BathState]):
    """The row of an output of a bath."""

    output: Output


def _control(output: Output) -> ControlSelectDescription:
    return ControlSelectDescription(
        key=f"{output}_control",
        translation_key=f"{output}_control",
        options=[control.value for control in Control],
        value_fn=lambda state: state.control.get(output),
        output=output,
    )


BATH_SELECTS: tuple[ControlSelectDescription, ...] = tuple(_control(output) for output in Output)


def _model(role: Role, *, enabled: bool) -> ModelSelectDescription:
    return ModelSelectDescription(
        key=role.value,
        translation_key=role.value,
        entity_category=EntityCategory.CONFIG,
        entity_registry_enabled_default=enabled,
        value_fn=lambda menu: menu,
        available_fn=always,
        role=role,
    )


CORRECTION_POLICY = PolicySelectDescription(
    key="correction_policy",
    translation_key="correction_policy",
    entity_category=EntityCategory.CONFIG,
    options=[mode.value for mode in CorrectionMode],
    value_fn=lambda mode: mode.value,
    available_fn=always,
)
BATTERY_SELECTS: tuple[ModelSelectDescription, ...] = (
    _model(Role.ACTIVE, enabled=True),
    _model(Role.SHADOW, enabled=False),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the selects of every device."""
    add_entities(hass, entry, async_add_entities, Platform.SELECT, {DeviceKind.BATTERY: BATTERY_SELECTS}, ModelSelect)
    policy = {DeviceKind.BATTERY: (CORRECTION_POLICY,)}
    add_entities(hass, entry, async_add_entities, Platform.SELECT, policy, PolicySelect)
    add_entities(hass, entry, async_add_entities, Platform.SELECT, {DeviceKind.BATH: BATH_SELECTS}, ControlSelect)


class ControlSelect(BtrEntity[BathState], SelectEntity):
    """Who controls one output of a bath: its device, or a person who holds it on or off."""

    device: BathDevice
    entity_description: ControlSelectDescription

    async def async_added_to_hass(self) -> None:
        """Wait for nobody: what is to be off must not stand behind a model that is loaded."""
        await super().async_added_to_hass()
        self.parallel_updates = None

    @property
    def current_option(self) -> str | None:
        """By the locks that the device reports, else by what we hold; None while nothing is known."""
        value: str | None = self._value
        return value

    async def async_select_option(self, option: str) -> None:
        """Give the output back to the device, or hold it on or off as the switch does."""
        commands, output, control = self.hub.commands, self.entity_description.output, Control(option)
        if control is Control.AUTOMATIC:
            await commands.async_resume_automatic(self.device, output)
        else:
            await commands.async_set_output(self.device, output, control is Control.ON)


class PolicySelect(BtrEntity[BatteryState], SelectEntity):
    """What BTR may send to a battery node: nothing, only more than it shows, or less as well."""

    device: BatteryDevice

    @property
    def current_option(self) -> str | None:
        """What was chosen."""
        value: str | None = self._value
        return value

    async def async_select_option(self, option: str) -> None:
        """Choose; survives a restart."""
        self.hub.options.set_correction_mode(self.device, CorrectionMode(option))

    def _source(self) -> CorrectionMode:
        return self.hub.options.correction_mode(self.device.key)


class ModelSelect(BtrEntity[BatteryState], SelectEntity):
    """The model that one battery has in one role: the shipped one, or a file of the user's by its name."""

    entity_description: ModelSelectDescription

    async def async_update(self) -> None:
        """Look for new files at once; the action `homeassistant.update_entity` ends here."""
        await self.hub.risk.async_rescan()

    async def async_select_option(self, option: str) -> None:
        """Choose a model; one that cannot be used changes nothing and the user learns why."""
        try:
            await self.hub.risk.async_choose(self.device.key, self.entity_description.role, option)
        except (ModelCardError, EngineError) as error:
            raise HomeAssistantError(
                translation_domain=DOMAIN,
                translation_key="model_unusable",
                translation_placeholders={"device": self.device.name, "model": option, "reason": str(error)},
            ) from error

    def _source(self) -> ModelMenu:
        return self.hub.risk.menu(self.device.key, self.entity_description.role)

    def _update(self) -> bool:
        changed = super()._update()
        menu: Any = self._value
        self._attr_current_option, self._attr_options = menu.chosen, list(menu.offered)
        return changed
