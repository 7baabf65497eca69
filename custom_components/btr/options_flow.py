"""The options of an entry: how it behaves, not what it is connected to."""

from typing import Any

import probatio
from homeassistant.config_entries import ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfTime
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
)

from .const import (
    CONF_BLACK_BOX_LENGTH,
    CONF_ENGINE,
    CONF_NEW_DEVICES,
    CONF_UPDATE_INTERVAL,
    DEFAULT_NEW_DEVICES,
    DEFAULT_UPDATE_INTERVAL_S,
)
from .core.black_box import DEFAULT_MINUTES, LEAST_MINUTES, MOST_MINUTES
from .settings import EngineChoice

OPTIONS_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_UPDATE_INTERVAL, default=DEFAULT_UPDATE_INTERVAL_S): NumberSelector(
            NumberSelectorConfig(
                min=1, max=60, step=1, unit_of_measurement=UnitOfTime.SECONDS, mode=NumberSelectorMode.BOX
            )
        ),
        probatio.Required(CONF_NEW_DEVICES, default=DEFAULT_NEW_DEVICES): BooleanSelector(),
        probatio.Required(CONF_ENGINE, default=EngineChoice.AUTOMATIC.value): SelectSelector(
            SelectSelectorConfig(
                options=[choice.value for choice in EngineChoice],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_ENGINE,
            )
        ),
        probatio.Required(CONF_BLACK_BOX_LENGTH, default=DEFAULT_MINUTES): NumberSelector(
            NumberSelectorConfig(
                min=LEAST_MINUTES,
                max=MOST_MINUTES,
                step=1,
                unit_of_measurement=UnitOfTime.MINUTES,
                mode=NumberSelectorMode.BOX,
            )
        ),
    }
)


class BtrOptionsFlow(OptionsFlowWithReload):
    """Changes how the entry behaves, not what it is connected to."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options and store them."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, self.config_entry.options)
        )
