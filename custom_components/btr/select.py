"""Selects: the model that judges a battery, and the one that is watched in its shadow."""

from dataclasses import dataclass
from typing import Any

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.errors import EngineError, ModelCardError
from .core.messages import DeviceKind
from .core.state import BatteryState
from .entity import BtrDescription, BtrEntity, add_entities, always
from .hub import BtrConfigEntry
from .risk_monitor import ModelMenu, Role

PARALLEL_UPDATES = 1


@dataclass(frozen=True, kw_only=True)
class ModelSelectDescription(SelectEntityDescription, BtrDescription[ModelMenu]):
    """A row of a table of models; ``role`` is what the chosen model does."""

    role: Role


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


BATTERY_SELECTS: tuple[ModelSelectDescription, ...] = (
    _model(Role.ACTIVE, enabled=True),
    _model(Role.SHADOW, enabled=False),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the selects of every battery."""
    tables = {DeviceKind.BATTERY: BATTERY_SELECTS}
    add_entities(hass, entry, async_add_entities, Platform.SELECT, tables, ModelSelect)


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
