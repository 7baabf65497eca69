"""Which of our entities a target of an automation means.

A target may be a device, an area or a floor, where there are many entities, and most are somebody else's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import probatio
from homeassistant.const import ATTR_ENTITY_ID, CONF_TARGET
from homeassistant.core import HomeAssistant, callback, split_entity_id
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.automation import DomainSpec
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN


@dataclass(frozen=True, slots=True)
class Selection:
    """Entities of ours of one platform, by their translation keys."""

    platform: str
    keys: frozenset[str]

    def specs(self, attribute: str | None = None) -> Mapping[str, DomainSpec]:
        """Tell Home Assistant the platform, and the attribute that holds the value if it is not the state."""
        return {str(self.platform): DomainSpec(value_source=attribute)}

    @callback
    def of(self, hass: HomeAssistant, entity_ids: Iterable[str]) -> set[str]:
        """Return those of the entities that are meant."""
        registry = er.async_get(hass)
        return {entity_id for entity_id in entity_ids if self._means(registry.async_get(entity_id))}

    @callback
    def check(self, hass: HomeAssistant, config: Mapping[str, Any]) -> None:
        """Refuse a target that names an entity which can never be meant: the automation would wait for ever.

        An entity that is not there is no error, as it may only not be there yet.
        """
        registry = er.async_get(hass)
        for entity_id in sorted(TargetSelection(config[CONF_TARGET]).entity_ids):
            entry = registry.async_get(entity_id)
            is_wrong = split_entity_id(entity_id)[0] != self.platform if entry is None else not self._means(entry)
            if is_wrong:
                raise probatio.Invalid(
                    f"{entity_id} cannot be used here; choose a device, or an entity of BTR in {self.platform} for"
                    f" {', '.join(sorted(self.keys))}",
                    path=[CONF_TARGET, ATTR_ENTITY_ID],
                )

    def _means(self, entry: er.RegistryEntry | None) -> bool:
        if entry is None or entry.platform != DOMAIN:
            return False
        return entry.domain == self.platform and entry.translation_key in self.keys


class Selecting:
    """What the triggers and conditions have in common: they look only at the entities that are meant."""

    _selection: ClassVar[Selection]
    _schema: probatio.Schema
    _hass: HomeAssistant

    @classmethod
    async def async_validate_config(cls, hass: HomeAssistant, config: ConfigType) -> ConfigType:
        """Validate the options, and that the target can be meant."""
        validated: ConfigType = cls._schema(config)
        cls._selection.check(hass, validated)
        return validated

    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out what is not meant."""
        return self._selection.of(self._hass, entities)
